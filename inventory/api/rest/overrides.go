package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"wirecensus/inventory/api"
)

func overrideKinds() []string {
	return []string{api.OverridePin, api.OverrideSplit, api.OverrideMerge, api.OverrideName, api.OverrideAccept, api.OverrideIgnore}
}

func (s *Server) overrides(r *request) (*answer, error) {
	list, err := s.cfg.Backend.Overrides(r.Context())
	if err != nil {
		return nil, err
	}
	services, kinds := r.list("service"), r.list("kind")
	found := keep(list, func(o *api.Override) bool { return oneOf(services, o.Service) && oneOf(kinds, o.Kind) })
	return listing[api.Override]{
		id: func(o *api.Override) string { return o.ID },
		keys: map[string]func(*api.Override) string{
			"place":   func(o *api.Override) string { return o.Service + "\x00" + o.Template + "\x00" + o.Method },
			"created": func(o *api.Override) string { return moment(o.Created) },
		},
	}.page(r, found, "")
}

// one finds an override by its ID.
func (s *Server) one(r *request, id string) (*api.Override, error) {
	list, err := s.cfg.Backend.Overrides(r.Context())
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(list, func(o api.Override) bool { return o.ID == id }); i >= 0 {
		return &list[i], nil
	}
	return nil, problem(http.StatusNotFound, "list them: /api/v1/overrides", "there is no override %s", quoted(id))
}

func (s *Server) override(r *request) (*answer, error) {
	o, err := s.one(r, r.path["id"])
	if err != nil {
		return nil, err
	}
	a, err := jsonAnswer(*o)
	if err == nil {
		a.etag = o.ETag
	}
	return a, err
}

// overrideID is what an override may be called.
var overrideID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func (s *Server) addOverride(r *request) (*answer, error) {
	o, err := readOverride(r)
	if err != nil {
		return nil, err
	}
	o.ID = api.OverrideID(o)
	out, err := s.cfg.Backend.PutOverride(r.Context(), *o, api.Condition{None: true})
	if errors.Is(err, api.ErrChanged) {
		return nil, problem(http.StatusConflict, "replace it: PUT /api/v1/overrides/"+o.ID, "there is such an override already")
	}
	if err != nil {
		return nil, err
	}
	return changed(out, out.ETag, true, "/api/v1/overrides/", out.ID)
}

func (s *Server) putOverride(r *request) (*answer, error) {
	id := r.path["id"]
	if !overrideID.MatchString(id) {
		return nil, &api.InputError{Msg: "an override cannot be called that", Hint: "letters, digits, -, . and _, at most 64; or POST /api/v1/overrides"}
	}
	o, err := readOverride(r)
	if err != nil {
		return nil, err
	}
	o.ID = id
	old, err := s.one(r, id)
	if notMissing(err) != nil {
		return nil, err
	}
	cond, err := s.condition(r, func() (string, bool, error) {
		if old == nil {
			return "", false, nil
		}
		return old.ETag, true, nil
	})
	if err != nil {
		return nil, err
	}
	out, err := s.cfg.Backend.PutOverride(r.Context(), *o, cond)
	if err != nil {
		return nil, err
	}
	return changed(out, out.ETag, old == nil, "/api/v1/overrides/", id)
}

func (s *Server) deleteOverride(r *request) (*answer, error) {
	id := r.path["id"]
	old, err := s.one(r, id)
	if err != nil {
		return nil, err
	}
	cond, err := s.condition(r, func() (string, bool, error) { return old.ETag, true, nil })
	if err != nil {
		return nil, err
	}
	if err := s.cfg.Backend.DeleteOverride(r.Context(), id, cond); err != nil {
		return nil, err
	}
	return &answer{status: http.StatusNoContent}, nil
}

func readOverride(r *request) (*api.Override, error) {
	b, err := r.content()
	if err != nil {
		return nil, err
	}
	var in OverrideInput
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil || d.More() {
		return nil, problem(http.StatusBadRequest, "the fields are in /api/v1/openapi.json: OverrideInput", "the body is no override")
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	return &api.Override{Kind: in.Kind, Service: in.Service, Method: in.Method, Template: in.Template, Literal: in.Literal, Names: in.Names,
		Status: in.Status, Reason: in.Reason, Owner: in.Owner, Expires: in.Expires}, nil
}

// check finds what is wrong with an override in itself.
func (in *OverrideInput) check() error {
	bad := func(msg, hint string) error { return &api.InputError{Msg: msg, Hint: hint} }
	switch {
	case !slices.Contains(overrideKinds(), in.Kind):
		return bad("kind is none that there is", "one of "+strings.Join(overrideKinds(), ", "))
	case in.Service == "":
		return bad("service is missing", "name it as /api/v1/services does")
	case !strings.HasPrefix(in.Template, "/"):
		return bad("template does not begin with /", "write it as /users/{id}")
	case in.Kind == api.OverrideSplit && !strings.HasPrefix(in.Literal, "/"):
		return bad("a split needs literal", "the path with the word in the parameter's place: /users/me")
	case in.Kind == api.OverrideName && len(in.Names) == 0:
		return bad("a naming needs names", "one for each parameter of the template, in order")
	case in.Status != "" && !slices.Contains(statusWords(), in.Status):
		return bad("status is no verdict", "one of "+strings.Join(statusWords(), ", "))
	case strings.TrimSpace(in.Reason) == "":
		return bad("reason is missing", "say why in a few words: somebody will want to know")
	}
	return nil
}

// condition reads If-Match and If-None-Match: * (RFC 9110, Section 13). What is
// there is asked only when a condition was given.
func (s *Server) condition(r *request, there func() (etag string, ok bool, err error)) (api.Condition, error) {
	match, none := r.Header.Values("If-Match"), r.Header.Values("If-None-Match")
	if len(match) == 0 && len(none) == 0 {
		return api.Condition{}, nil
	}
	etag, ok, err := there()
	switch {
	case err != nil:
		return api.Condition{}, err
	case len(match) > 0 && (!ok || !hasTag(match, etag, false)), len(none) > 0 && ok && hasTag(none, etag, true):
		return api.Condition{}, api.ErrChanged
	case len(match) > 0:
		return api.Condition{ETag: etag}, nil
	case !ok:
		return api.Condition{None: true}, nil
	}
	return api.Condition{}, nil
}

// notMissing returns err unless it says that there is no such object.
func notMissing(err error) error {
	var p *Problem
	if isNotFound(err) || errors.As(err, &p) && p.Status == http.StatusNotFound {
		return nil
	}
	return err
}

// changed answers a change with the object as it now is.
func changed(v any, etag string, created bool, base, name string) (*answer, error) {
	a, err := jsonAnswer(v)
	if err != nil {
		return nil, err
	}
	a.etag, a.status = etag, http.StatusOK
	if created {
		a.status = http.StatusCreated
		a.header = http.Header{"Location": {base + url.PathEscape(name)}}
	}
	return a, nil
}
