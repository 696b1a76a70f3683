package rest

import (
	"bytes"
	"net/http"
	"net/url"

	"wirecensus/inventory/web"
)

// page shows the decided state to people.
func (s *Server) page(r *request) (*answer, error) {
	st, err := s.cfg.Backend.State(r.Context())
	if err != nil {
		return nil, err
	}
	documents := map[string]string{}
	for i := range st.Services {
		if v := &st.Services[i]; v.Calls > 0 && v.Endpoints > 0 {
			documents[v.Name] = "./api/v1/services/" + url.PathEscape(v.Name) + "/openapi.yaml"
		}
	}
	var b bytes.Buffer
	err = web.Report(&b, &st.Result, web.Meta{Version: s.cfg.Version, Documents: documents, Assets: "./assets/", Files: []web.File{
		{Path: "./api/v1/endpoints?limit=1000", What: "every endpoint: status, counts, callers, drift, and why"},
		{Path: "./api/v1/findings?limit=1000", What: "what somebody should look at, with evidence"},
		{Path: "./api/v1/coverage", What: "what was seen and what could not be seen"},
		{Path: "./api/v1/sensors", What: "the sensors that have reported"},
		{Path: "./api/v1/specs", What: "the declared documents"},
		{Path: "./api/v1/openapi.json", What: "everything that can be asked, as an OpenAPI document"},
	}})
	if err != nil {
		return nil, err
	}
	return &answer{media: mediaHTML + "; charset=utf-8", body: b.Bytes()}, nil
}

func (s *Server) asset(r *request) (*answer, error) {
	a, ok := s.assets[r.path["file"]]
	if !ok {
		return nil, problem(http.StatusNotFound, "", "there is no such file")
	}
	return &answer{media: a.Media, body: []byte(a.Text)}, nil
}

func (s *Server) healthz(*request) (*answer, error) {
	return &answer{media: mediaText, body: []byte("ok\n")}, nil
}

func (s *Server) readyz(r *request) (*answer, error) {
	if s.draining.Load() {
		return nil, problem(http.StatusServiceUnavailable, "ask another instance", "shutting down")
	}
	if err := s.cfg.Backend.Ready(r.Context()); err != nil {
		return nil, problem(http.StatusServiceUnavailable, "the server's log says more", "not ready").with("Retry-After", "5")
	}
	return &answer{media: mediaText, body: []byte("ready\n")}, nil
}

func (s *Server) ownJSON(*request) (*answer, error) {
	return &answer{media: mediaJSON, body: s.docJSON}, nil
}

func (s *Server) ownYAML(*request) (*answer, error) {
	return &answer{media: mediaYAML, body: s.docYAML}, nil
}
