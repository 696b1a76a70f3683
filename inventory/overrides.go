package inventory

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"wirecensus/inventory/api"
	"wirecensus/inventory/store"
)

const maxOverrides = 10_000

// readOverrides takes the overrides, in order of creation. It says which cannot be read.
func (f *followed) readOverrides(list []store.Object) (bad error) {
	f.overrides = nil
	for _, o := range list {
		var v api.Override
		if err := json.Unmarshal(o.Blob, &v); err != nil {
			bad = fmt.Errorf("override %q: %w", o.Name, err)
			continue
		}
		v.ETag = o.ETag
		f.overrides = append(f.overrides, v)
	}
	slices.SortStableFunc(f.overrides, func(a, b api.Override) int {
		return cmp.Or(cmp.Compare(a.Created, b.Created), cmp.Compare(a.ID, b.ID))
	})
	return bad
}

// Overrides lists the overrides in order of creation.
func (s *Service) Overrides(context.Context) ([]api.Override, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]api.Override{}, s.seen.overrides...), nil
}

// PutOverride adds an override, or replaces the one with its ID.
func (s *Service) PutOverride(ctx context.Context, o api.Override, cond api.Condition) (api.Override, error) {
	if err := checkOverride(&o); err != nil {
		return o, err
	}
	d, err := s.decision(ctx)
	if err != nil {
		return o, err
	}
	if o.ID == "" {
		sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q", o.Kind, o.Service, o.Method, o.Template, o.Literal))
		o.ID = hex.EncodeToString(sum[:12])
	}
	o.ETag, o.Created = "", d.inv.Through
	old, err := s.st.Object(ctx, kindOverride, o.ID)
	switch {
	case err == nil:
		var was api.Override
		if json.Unmarshal(old.Blob, &was) == nil {
			o.Created = was.Created
		}
	case !errors.Is(err, store.ErrNotFound):
		return o, err
	default:
		s.mu.Lock()
		full := len(s.seen.overrides) >= maxOverrides
		s.mu.Unlock()
		if full {
			return o, &api.InputError{Msg: fmt.Sprintf("there are %d overrides already", maxOverrides), Hint: "delete some"}
		}
	}
	text, err := json.Marshal(o)
	if err != nil {
		return o, err
	}
	if err := s.put(ctx, store.Object{Kind: kindOverride, Name: o.ID, Blob: text}, cond); err != nil {
		return o, err
	}
	o.ETag = store.ETag(text)
	return o, nil
}

// checkOverride says what is wrong with an override, if anything.
func checkOverride(o *api.Override) error {
	bad := func(format string, args ...any) error {
		return &api.InputError{Msg: fmt.Sprintf(format, args...), Hint: "an override has kind, service, template and what its kind needs: literal for split, names for name"}
	}
	kinds := []string{api.OverridePin, api.OverrideSplit, api.OverrideMerge, api.OverrideName, api.OverrideAccept, api.OverrideIgnore}
	switch {
	case !slices.Contains(kinds, o.Kind):
		return bad("an override is one of %s", strings.Join(kinds, ", "))
	case o.Service == "" || !strings.HasPrefix(o.Template, "/"):
		return bad("service or template is missing")
	case len(o.ID)+len(o.Service)+len(o.Method)+len(o.Template)+len(o.Literal)+len(o.Status)+len(o.Reason)+len(o.Owner) > 16<<10 || len(o.Names) > 64:
		return bad("the override is too long")
	case o.Kind == api.OverrideSplit && !strings.HasPrefix(o.Literal, "/"):
		return bad("split needs literal: the path with the word in the parameter's place")
	case o.Kind == api.OverrideName && len(o.Names) == 0:
		return bad("name needs names")
	}
	return nil
}

// DeleteOverride removes an override.
func (s *Service) DeleteOverride(ctx context.Context, id string, cond api.Condition) error {
	return s.remove(ctx, kindOverride, id, cond)
}
