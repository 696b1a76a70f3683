package inventory

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/inventory/store"
)

// maxTaken is how many of the endpoints that one took in are shown.
const maxTaken = 16

// history is the kept history of one service's endpoints.
type history struct {
	lineage catalog.Lineage
	etag    string // "" when none is kept
}

// readLineages takes the histories that can be read, and says which cannot.
func (f *followed) readLineages(list []store.Object) (bad error) {
	f.lineages = map[string]history{}
	for _, o := range list {
		h := history{etag: o.ETag}
		if err := json.Unmarshal(o.Blob, &h.lineage); err != nil {
			bad = fmt.Errorf("lineage %q: %w", o.Name, err)
		}
		f.lineages[o.Name] = h
	}
	return bad
}

// descend sets the history of each service and shows it with its endpoints.
func (d *decided) descend(kept map[string]history) {
	d.lineages = make(map[string]history, len(d.services))
	by := map[string]*api.Endpoint{}
	for i := range d.inv.Result.Endpoints {
		e := &d.inv.Result.Endpoints[i]
		by[e.ID] = e
	}
	for name, svc := range d.services {
		h := kept[name]
		h.lineage = h.lineage.Next([]*catalog.Service{svc})
		d.lineages[name] = h
		for _, x := range h.lineage {
			switch e, heir := by[x.ID], by[x.Into]; {
			case e != nil:
				for _, f := range x.Former {
					e.Former = append(e.Former, api.Former{Template: f.Template, Until: f.Until})
				}
			case heir != nil && len(heir.Taken) < maxTaken:
				heir.Taken = append(heir.Taken, api.Taken{ID: x.ID, Template: x.Template, Since: x.Since})
			}
		}
	}
}

// keepLineages keeps the history of each service that has another one now. What another
// process kept meanwhile is followed first, and compared the next time.
func (s *Service) keepLineages(ctx context.Context) error {
	d := s.current.Load()
	if d == nil {
		return nil
	}
	s.mu.Lock()
	kept := s.seen.lineages
	s.mu.Unlock()
	names := make([]string, 0, len(d.lineages))
	for name := range d.lineages {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		h, have := d.lineages[name], kept[name]
		if h.etag != have.etag || len(h.lineage) == 0 || slices.EqualFunc(h.lineage, have.lineage, same) {
			continue
		}
		blob, err := json.Marshal(h.lineage)
		if err != nil {
			return err
		}
		c := store.Change{Object: store.Object{Kind: kindLineage, Name: name, Blob: blob}, Is: h.etag, Absent: h.etag == ""}
		if err := s.st.Commit(ctx, &store.Batch{Changes: []store.Change{c}}); err != nil && !errors.Is(err, store.ErrChanged) {
			return fmt.Errorf("keep the history of %q: %w", name, err)
		}
	}
	return nil
}

func same(a, b catalog.Descent) bool {
	return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Template, b.Template), cmp.Compare(a.Into, b.Into), cmp.Compare(len(a.Former), len(b.Former))) == 0
}
