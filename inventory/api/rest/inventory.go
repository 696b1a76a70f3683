package rest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

func (s *Server) summary(r *request) (*answer, error) {
	st, err := s.cfg.Backend.State(r.Context())
	if err != nil {
		return nil, err
	}
	out := Summary{Version: st.Version, Through: st.Through, Services: len(st.Services), Endpoints: len(st.Endpoints), ByStatus: map[string]int{}, Findings: map[string]int{},
		First: st.Coverage.First, Last: st.Coverage.Last}
	for i := range st.Endpoints {
		out.ByStatus[st.Endpoints[i].Status]++
	}
	for i := range st.Findings {
		out.Findings[st.Findings[i].Severity]++
	}
	for i := range st.Services {
		out.Calls += st.Services[i].Calls
	}
	for i := range s.routes {
		if rt := &s.routes[i]; rt.method == http.MethodGet && !rt.hidden && !strings.Contains(rt.path, "{") {
			out.Links = append(out.Links, rt.path)
		}
	}
	return jsonAnswer(out)
}

func (s *Server) services(r *request) (*answer, error) {
	st, err := s.cfg.Backend.State(r.Context())
	if err != nil {
		return nil, err
	}
	declared := r.text("declared")
	found := keep(st.Services, func(v *api.Service) bool {
		return words(r.text("text"), v.Name) && (declared == "" || (declared == "true") == (len(v.Declared) > 0))
	})
	return listing[api.Service]{
		id: func(v *api.Service) string { return v.Name },
		keys: map[string]func(*api.Service) string{
			"calls":     func(v *api.Service) string { return count(v.Calls) },
			"endpoints": func(v *api.Service) string { return count(v.Endpoints) },
			"last_seen": func(v *api.Service) string { return moment(v.LastSeen) },
		},
	}.page(r, found, st.Version)
}

func (s *Server) encrypted(r *request) (*answer, error) {
	st, err := s.cfg.Backend.State(r.Context())
	if err != nil {
		return nil, err
	}
	declared := r.text("declared")
	found := keep(api.Encrypted(&st.Result), func(v *api.EncryptedService) bool {
		names := append(slices.Sorted(maps.Keys(v.Certificates)), v.Name)
		return words(r.text("text"), names...) && oneOf(r.list("kind"), v.Kind) && (declared == "" || (declared == "true") == (len(v.Declared) > 0))
	})
	return listing[api.EncryptedService]{
		id: func(v *api.EncryptedService) string { return v.Name + "\x00" + v.Kind },
		keys: map[string]func(*api.EncryptedService) string{
			"bytes":       func(v *api.EncryptedService) string { return count(v.Bytes) },
			"connections": func(v *api.EncryptedService) string { return count(v.Connections) },
			"last_seen":   func(v *api.EncryptedService) string { return moment(v.LastSeen) },
			"first_seen":  func(v *api.EncryptedService) string { return moment(v.FirstSeen) },
		},
	}.page(r, found, st.Version)
}

// named finds the service that a path names.
func (s *Server) named(r *request) (*api.State, *api.Service, error) {
	st, err := s.cfg.Backend.State(r.Context())
	if err != nil {
		return nil, nil, err
	}
	name := r.path["service"]
	for i := range st.Services {
		// JSON shows a name that is no UTF-8 with replacement characters.
		if v := &st.Services[i]; v.Name == name || strings.ToValidUTF8(v.Name, "\ufffd") == name {
			return st, v, nil
		}
	}
	return nil, nil, problem(http.StatusNotFound, "list the services: /api/v1/services", "there is no service %s", quoted(name))
}

func (s *Server) service(r *request) (*answer, error) {
	_, v, err := s.named(r)
	if err != nil {
		return nil, err
	}
	return jsonAnswer(*v)
}

func (s *Server) endpoints(r *request) (*answer, error) {
	st, err := s.cfg.Backend.State(r.Context())
	if err != nil {
		return nil, err
	}
	pass := endpointFilter(r)
	var found []api.Endpoint
	classes := r.list("class")
	lists := [][]api.Endpoint{st.Endpoints}
	if len(classes) > 0 {
		lists = append(lists, st.Others)
	}
	for _, list := range lists {
		for i := range list {
			if e := &list[i]; oneOf(classes, e.Class) && pass(e) {
				found = append(found, *e)
			}
		}
	}
	return listing[api.Endpoint]{
		id: func(e *api.Endpoint) string { return e.Service + "\x00" + e.Template + "\x00" + e.Method },
		keys: map[string]func(*api.Endpoint) string{
			"place":      func(e *api.Endpoint) string { return e.Service + "\x00" + e.Template + "\x00" + e.Method },
			"calls":      func(e *api.Endpoint) string { return count(e.Calls) },
			"last_seen":  func(e *api.Endpoint) string { return moment(e.LastSeen) },
			"first_seen": func(e *api.Endpoint) string { return moment(e.FirstSeen) },
			"clients":    func(e *api.Endpoint) string { return count(e.Clients) },
			"confidence": func(e *api.Endpoint) string { return fmt.Sprintf("%.4f", e.Confidence) },
		},
	}.page(r, found, st.Version)
}

func endpointFilter(r *request) func(*api.Endpoint) bool {
	services, methods, status, auth, sensitive := r.list("service"), r.list("method"), r.list("status"), r.list("auth"), r.list("sensitive")
	drift, text, protocols := r.text("drift"), r.text("text"), r.list("protocol")
	return func(e *api.Endpoint) bool {
		return oneOf(services, e.Service) && oneOf(methods, e.Method) && oneOf(status, e.Status) &&
			(len(auth) == 0 || slices.ContainsFunc(e.Auth, func(a api.Auth) bool { return slices.Contains(auth, a.Scheme) })) &&
			(len(sensitive) == 0 || slices.ContainsFunc(e.Sensitive, func(v api.Sensitive) bool {
				return slices.Contains(sensitive, v.Class) || slices.Contains(sensitive, "any")
			})) &&
			(drift == "" || (drift == "true") == (len(e.Drift) > 0)) && words(text, append(operationNames(e), e.Method, e.Template, e.Service)...) &&
			(oneOf(protocols, e.Protocol) || e.Protocol != "" && slices.Contains(protocols, "any"))
	}
}

// operationNames are the names of an endpoint's operations and what kinds they are.
func operationNames(e *api.Endpoint) []string {
	var out []string
	for i := range e.Operations {
		out = append(out, e.Operations[i].Kind+" "+e.Operations[i].Name)
	}
	return out
}

func (s *Server) endpoint(r *request) (*answer, error) {
	st, err := s.cfg.Backend.State(r.Context())
	if err != nil {
		return nil, err
	}
	id := r.path["id"]
	for _, list := range [][]api.Endpoint{st.Endpoints, st.Others} {
		for i := range list {
			if e := &list[i]; e.ID == id {
				return s.detail(r, st, e)
			}
		}
	}
	return nil, problem(http.StatusNotFound, "list the endpoints: /api/v1/endpoints", "there is no endpoint %s", quoted(id))
}

func (s *Server) detail(r *request, st *api.State, e *api.Endpoint) (*answer, error) {
	out := Detail{Endpoint: *e}
	out.Findings = keep(st.Findings, func(f *schemas.Finding) bool {
		return f.Service == e.Service && f.Method == e.Method && f.Template == e.Template
	})
	why, err := s.cfg.Backend.Explain(r.Context(), e.Service)
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	for i := range why {
		if why[i].Template == e.Template && (why[i].Method == e.Method || why[i].Method == "") {
			out.Explanation = &why[i]
			break
		}
	}
	base := "/api/v1/services/" + url.PathEscape(e.Service)
	out.Documents = []string{base + "/openapi.yaml", base + "/openapi.json"}
	return jsonAnswer(out)
}

func (s *Server) findings(r *request) (*answer, error) {
	st, err := s.cfg.Backend.State(r.Context())
	if err != nil {
		return nil, err
	}
	services, rules, severities, methods := r.list("service"), r.list("rule"), r.list("severity"), r.list("method")
	rank := map[string]string{} // findings are decided worst first
	var found []schemas.Finding
	for i := range st.Findings {
		f := &st.Findings[i]
		rank[f.ID] = count(i)
		if oneOf(services, f.Service) && oneOf(rules, f.Rule) && oneOf(severities, f.Severity) && oneOf(methods, f.Method) &&
			words(r.text("text"), f.Title, f.Template, f.Service, f.Actor) {
			found = append(found, *f)
		}
	}
	return listing[schemas.Finding]{
		id: func(f *schemas.Finding) string { return f.ID },
		keys: map[string]func(*schemas.Finding) string{
			"rank":       func(f *schemas.Finding) string { return rank[f.ID] },
			"last_seen":  func(f *schemas.Finding) string { return moment(f.Last) },
			"count":      func(f *schemas.Finding) string { return count(f.Count) },
			"confidence": func(f *schemas.Finding) string { return fmt.Sprintf("%.4f", f.Confidence) },
		},
	}.page(r, found, st.Version)
}

func (s *Server) finding(r *request) (*answer, error) {
	st, err := s.cfg.Backend.State(r.Context())
	if err != nil {
		return nil, err
	}
	for i := range st.Findings {
		if st.Findings[i].ID == r.path["id"] {
			return jsonAnswer(st.Findings[i])
		}
	}
	return nil, problem(http.StatusNotFound, "list the findings: /api/v1/findings", "there is no finding %s", quoted(r.path["id"]))
}

func (s *Server) coverage(r *request) (*answer, error) {
	st, err := s.cfg.Backend.State(r.Context())
	if err != nil {
		return nil, err
	}
	return jsonAnswer(st.Coverage)
}

func (s *Server) sensors(r *request) (*answer, error) {
	list, err := s.cfg.Backend.Sensors(r.Context())
	if err != nil {
		return nil, err
	}
	return listing[api.Sensor]{
		id:   func(v *api.Sensor) string { return v.Name },
		keys: map[string]func(*api.Sensor) string{"last": func(v *api.Sensor) string { return moment(v.Last) }},
	}.page(r, list, "")
}
