package inventory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"wirecensus/inventory/api"
	"wirecensus/inventory/store"
	"wirecensus/specgen/openapi"
)

// Limits of declared documents.
const (
	maxSpecs    = 1000
	maxSpecName = 255 // bytes
)

// spec is a declared document in the store.
type spec struct {
	doc  *openapi.Document
	info api.Spec
}

// sorted are the documents in order of their names.
func (f *followed) sorted() []*spec {
	var out []*spec
	for _, name := range slices.Sorted(maps.Keys(f.specs)) {
		out = append(out, f.specs[name])
	}
	return out
}

// readSpecs takes the documents; those that did not change are not read again. It
// says which cannot be read.
func (f *followed) readSpecs(list []store.Object) (bad error) {
	now := map[string]*spec{}
	for _, o := range list {
		if old := f.specs[o.Name]; old != nil && old.info.ETag == o.ETag {
			now[o.Name] = old
			continue
		}
		sp, err := readSpec(o.Name, o.Blob)
		if err != nil {
			bad = fmt.Errorf("declared document %q: %w", o.Name, err)
			continue
		}
		now[o.Name] = sp
	}
	f.lists.Lock()
	defer f.lists.Unlock()
	f.specs = now
	return bad
}

// readSpec reads a document from memory. It follows no reference out of it.
func readSpec(name string, text []byte) (sp *spec, err error) {
	defer func() {
		// A document of a stranger that brings the reader down is an error like any other.
		if p := recover(); p != nil {
			err = &api.InputError{Msg: "the document is malformed", Hint: "check the document with an OpenAPI validator"}
		}
	}()
	if len(text) > openapi.MaxBytes {
		return nil, &api.InputError{Msg: fmt.Sprintf("the document has more than %d MiB", openapi.MaxBytes>>20), Hint: "split it, or remove generated examples"}
	}
	doc, err := openapi.Parse(text, name)
	if err != nil {
		var bad *openapi.Error
		if errors.As(err, &bad) {
			return nil, &api.InputError{Msg: bad.Error(), Hint: bad.Hint}
		}
		return nil, &api.InputError{Msg: err.Error()}
	}
	info := api.Spec{
		Name: name, ETag: store.ETag(text), Title: doc.Title, Version: doc.Version, Format: "openapi-" + doc.Spec, Size: len(text), Operations: len(doc.Operations), Servers: []string{},
	}
	if doc.ByExample() {
		info.Format = doc.Spec
	}
	if doc.Spec == "2.0" {
		info.Format = "swagger-2.0"
	}
	for _, s := range doc.Servers {
		info.Servers = append(info.Servers, s.URL)
	}
	return &spec{doc, info}, nil
}

// Specs lists the declared documents.
func (s *Service) Specs(context.Context) ([]api.Spec, error) {
	s.seen.lists.Lock()
	defer s.seen.lists.Unlock()
	out := []api.Spec{}
	for _, sp := range s.seen.sorted() {
		out = append(out, sp.info)
	}
	return out, nil
}

// Spec returns a declared document as it was given.
func (s *Service) Spec(ctx context.Context, name string) (api.Spec, []byte, error) {
	o, err := s.st.Object(ctx, kindSpec, name)
	if err != nil {
		return api.Spec{}, nil, backendError(err)
	}
	sp, err := readSpec(name, o.Blob)
	if err != nil {
		return api.Spec{}, nil, err
	}
	return sp.info, o.Blob, nil
}

// PutSpec adds or replaces a declared document.
func (s *Service) PutSpec(ctx context.Context, name string, text []byte, cond api.Condition) (api.Spec, bool, error) {
	if name == "" || len(name) > maxSpecName || !utf8.ValidString(name) || api.Visible(name) != name {
		return api.Spec{}, false, &api.InputError{Msg: "the name is empty, too long or not plain text", Hint: fmt.Sprintf("a name has 1 to %d bytes, like payments.yaml", maxSpecName)}
	}
	sp, err := readSpec(name, text)
	if err != nil {
		return api.Spec{}, false, err
	}
	_, err = s.st.Object(ctx, kindSpec, name)
	created := errors.Is(err, store.ErrNotFound)
	if err != nil && !created {
		return api.Spec{}, false, err
	}
	s.seen.lists.Lock()
	full := len(s.seen.specs) >= maxSpecs
	s.seen.lists.Unlock()
	if created && full {
		return api.Spec{}, false, &api.InputError{Msg: fmt.Sprintf("there are %d documents already", maxSpecs), Hint: "delete some"}
	}
	if err := s.put(ctx, store.Object{Kind: kindSpec, Name: name, Blob: text}, cond); err != nil {
		return api.Spec{}, false, err
	}
	return sp.info, created, nil
}

// DeleteSpec removes a declared document.
func (s *Service) DeleteSpec(ctx context.Context, name string, cond api.Condition) error {
	return s.remove(ctx, kindSpec, name, cond)
}

// put writes an object and follows, so that the next answer knows it.
func (s *Service) put(ctx context.Context, o store.Object, cond api.Condition) error {
	return s.change(ctx, store.Change{Object: o, Is: cond.ETag, Absent: cond.None})
}

func (s *Service) remove(ctx context.Context, kind, name string, cond api.Condition) error {
	if cond.None {
		return api.ErrChanged
	}
	return s.change(ctx, store.Change{Object: store.Object{Kind: kind, Name: name}, Delete: true, Is: cond.ETag})
}

func (s *Service) change(ctx context.Context, c store.Change) error {
	if err := s.st.Commit(ctx, &store.Batch{Changes: []store.Change{c}}); err != nil {
		return backendError(err)
	}
	return s.follow(ctx)
}

// backendError puts an error of the store in the words of the backend.
func backendError(err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return api.ErrNotFound
	case errors.Is(err, store.ErrChanged):
		return api.ErrChanged
	}
	return err
}
