package rest

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
	"wirecensus/specgen/diff"
)

func isNotFound(err error) bool { return errors.Is(err, api.ErrNotFound) }

func (s *Server) document(r *request) (*answer, error) {
	_, v, err := s.named(r)
	if err != nil {
		return nil, err
	}
	asJSON := strings.HasSuffix(r.route.path, ".json")
	b, err := s.cfg.Backend.Document(r.Context(), v.Name, api.DocumentOptions{OpenAPI: r.text("openapi"), JSON: asJSON, At: r.instant("at")})
	if isNotFound(err) {
		return nil, problem(http.StatusNotFound, "its documents that are kept: /api/v1/services/{service}/versions", "there is no document of %s at that time", quoted(v.Name))
	}
	if err != nil {
		return nil, err
	}
	return &answer{media: r.route.gives[0], body: b}, nil
}

func (s *Server) versions(r *request) (*answer, error) {
	_, v, err := s.named(r)
	if err != nil {
		return nil, err
	}
	list, err := s.cfg.Backend.Versions(r.Context(), v.Name)
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	return listing[api.Version]{id: func(v *api.Version) string { return count(^uint64(v.From)) + v.Operations }}.page(r, list, "")
}

func (s *Server) explain(r *request) (*answer, error) {
	st, v, err := s.named(r)
	if err != nil {
		return nil, err
	}
	list, err := s.cfg.Backend.Explain(r.Context(), v.Name)
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	methods, template := r.list("method"), r.text("template")
	found := keep(list, func(e *api.Explanation) bool {
		return (e.Method == "" || oneOf(methods, e.Method)) && (template == "" || e.Template == template)
	})
	return listing[api.Explanation]{id: func(e *api.Explanation) string { return e.Template + "\x00" + e.Method }}.page(r, found, st.Version)
}

func (s *Server) diff(r *request) (*answer, error) {
	_, v, err := s.named(r)
	if err != nil {
		return nil, err
	}
	base, err := s.side(r, v, r.text("base"))
	if err != nil {
		return nil, err
	}
	revision, err := s.side(r, v, r.text("revision"))
	if err != nil {
		return nil, err
	}
	if err := s.slot(r); err != nil {
		return nil, err
	}
	defer s.free()
	out, err := diff.Compare(base, revision)
	if err != nil {
		return nil, &api.InputError{Msg: err.Error(), Hint: "both sides must be documents that can be read whole"}
	}
	return jsonAnswer(*out)
}

// side reads the document that one side of a comparison names.
func (s *Server) side(r *request, v *api.Service, name string) (diff.Side, error) {
	kind, rest, _ := strings.Cut(name, ":")
	at, isAt := strings.CutPrefix(name, "observed@")
	switch {
	case name == "observed" || isAt:
		o := api.DocumentOptions{JSON: true}
		if isAt {
			t, err := time.Parse(time.RFC3339Nano, at)
			if err != nil || t.Year() < 1970 || t.Year() > 2261 {
				return diff.Side{}, problem(http.StatusBadRequest, "a time as RFC 3339 has it: observed@2026-06-01T00:00:00Z", "%s names no time", quoted(name))
			}
			o.At = schemas.Time(t.UnixNano())
		}
		b, err := s.cfg.Backend.Document(r.Context(), v.Name, o)
		if isNotFound(err) {
			return diff.Side{}, problem(http.StatusNotFound, "its documents that are kept: /api/v1/services/{service}/versions", "%s has no document %s", quoted(v.Name), quoted(name))
		}
		return diff.Side{Name: name, Text: b, Observed: true}, err
	case name == "declared" && len(v.Declared) == 1:
		rest = v.Declared[0]
	case name == "declared" && len(v.Declared) == 0:
		return diff.Side{}, problem(http.StatusNotFound, "upload one: PUT /api/v1/specs/{name}", "no declared document covers %s", quoted(v.Name))
	case name == "declared":
		return diff.Side{}, problem(http.StatusBadRequest, "choose one: declared:"+api.Visible(strings.Join(v.Declared, ", declared:")), "several declared documents cover %s", quoted(v.Name))
	case kind != "declared" || rest == "":
		return diff.Side{}, problem(http.StatusBadRequest, "write "+side, "%s is no side of a comparison", quoted(name))
	}
	_, b, err := s.cfg.Backend.Spec(r.Context(), rest)
	if isNotFound(err) {
		return diff.Side{}, problem(http.StatusNotFound, "list them: /api/v1/specs", "there is no declared document %s", quoted(rest))
	}
	return diff.Side{Name: rest, Text: b}, err
}

// slot waits for the right to read a declared document.
func (s *Server) slot(r *request) error {
	select {
	case s.reading <- struct{}{}:
		return nil
	case <-r.Context().Done():
		return r.Context().Err()
	}
}

func (s *Server) free() { <-s.reading }

func (s *Server) specs(r *request) (*answer, error) {
	list, err := s.cfg.Backend.Specs(r.Context())
	if err != nil {
		return nil, err
	}
	return listing[api.Spec]{id: func(v *api.Spec) string { return v.Name }}.page(r, list, "")
}

func (s *Server) spec(r *request) (*answer, error) {
	v, b, err := s.cfg.Backend.Spec(r.Context(), r.path["name"])
	if err != nil {
		return nil, err
	}
	media := mediaYAML
	if json.Valid(b) {
		media = mediaJSON
	}
	if !accepts(r.Header.Values("Accept"), media, true) {
		return nil, problem(http.StatusNotAcceptable, "it is "+media, "the document is kept as it was given")
	}
	return &answer{media: media, body: b, etag: v.ETag}, nil
}

func (s *Server) putSpec(r *request) (*answer, error) {
	name := r.path["name"]
	if len(name) > 255 || strings.ContainsFunc(name, func(c rune) bool { return c < 0x20 || c == 0x7f }) {
		return nil, &api.InputError{Msg: "the name is too long or holds control characters", Hint: "a name has at most 255 bytes, as in shop-v2.yaml"}
	}
	cond, err := s.condition(r, func() (string, bool, error) {
		v, _, err := s.cfg.Backend.Spec(r.Context(), name)
		return v.ETag, err == nil, notMissing(err)
	})
	if err != nil {
		return nil, err
	}
	if err := s.slot(r); err != nil {
		return nil, err
	}
	defer s.free()
	b, err := r.content()
	if err != nil {
		return nil, err
	}
	v, created, err := s.cfg.Backend.PutSpec(r.Context(), name, b, cond)
	if err != nil {
		return nil, err
	}
	return changed(v, v.ETag, created, "/api/v1/specs/", name)
}

func (s *Server) deleteSpec(r *request) (*answer, error) {
	name := r.path["name"]
	cond, err := s.condition(r, func() (string, bool, error) {
		v, _, err := s.cfg.Backend.Spec(r.Context(), name)
		return v.ETag, err == nil, notMissing(err)
	})
	if err != nil {
		return nil, err
	}
	if err := s.cfg.Backend.DeleteSpec(r.Context(), name, cond); err != nil {
		return nil, err
	}
	return &answer{status: http.StatusNoContent}, nil
}
