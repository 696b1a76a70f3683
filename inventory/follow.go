package inventory

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"wirecensus/inventory/catalog"
	"wirecensus/inventory/ingest"
	"wirecensus/inventory/store"
	"wirecensus/schemas/wire"
)

// Kinds of objects, beside those of ingest.
const (
	kindSpec     = "spec"
	kindOverride = "override"
	kindDocument = "document"
	kindLineage  = "lineage"
	kindPart     = "part" // no kind of object: what stands for the log in followed.broken
)

// follow reads what is new in the store.
func (s *Service) follow(ctx context.Context) error {
	err := s.followOnce(ctx)
	if err != nil {
		err = fmt.Errorf("follow the store: %w", err)
		s.trouble.Store(&err)
		return err
	}
	s.trouble.Store(nil)
	return nil
}

func (s *Service) followOnce(ctx context.Context) error {
	heads, err := s.st.Heads(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &s.seen
	if heads.Log == f.heads.Log {
		return nil
	}
	if err := f.readParts(ctx, s.st, s.cfg.Catalog); err != nil {
		return err
	}
	for kind, read := range map[string]func([]store.Object) error{
		kindSpec: f.readSpecs, kindOverride: f.readOverrides, ingest.KindCoverage: f.readReports, kindLineage: f.readLineages,
	} {
		if heads.Kinds[kind] == f.heads.Kinds[kind] {
			continue
		}
		list, err := s.st.Objects(ctx, kind)
		if err != nil {
			return err
		}
		f.note(kind, read(list))
	}
	f.heads = heads
	select {
	case s.changed <- struct{}{}:
	default: // somebody will decide anyway
	}
	return nil
}

// readParts merges the parts that are new; all of them where the log was
// compacted across the position.
func (f *followed) readParts(ctx context.Context, st store.Store, cfg catalog.Config) error {
	err := st.Parts(ctx, f.at, f.merge)
	if !errors.Is(err, store.ErrCompacted) {
		return err
	}
	again := &followed{catalog: catalog.New(cfg), broken: map[string]error{}}
	if err := st.Parts(ctx, 0, again.merge); err != nil {
		return err
	}
	f.catalog, f.at = again.catalog, again.at
	f.note(kindPart, again.broken[kindPart])
	return nil
}

// note remembers what of a kind cannot be read, nil when all of it can.
func (f *followed) note(kind string, err error) {
	f.lists.Lock()
	defer f.lists.Unlock()
	f.broken[kind] = err
}

// merge merges one part. One that cannot be read is passed over and remembered: the
// others are still good for answers.
func (f *followed) merge(p store.Part) error {
	if err := f.catalog.Import(p.Key, p.Blob); err != nil {
		f.note(kindPart, fmt.Errorf("position %d: %w", p.Seq, err))
	}
	f.at = p.Seq
	return nil
}

// readReports takes the reports of coverage that can be read, and says which cannot.
func (f *followed) readReports(list []store.Object) (bad error) {
	var reports []*wire.CoverageReport
	for _, o := range list {
		r, err := wire.ParseCoverage(o.Blob)
		if err != nil {
			bad = fmt.Errorf("coverage %q: %w", o.Name, err)
			continue
		}
		reports = append(reports, r)
	}
	f.lists.Lock()
	defer f.lists.Unlock()
	f.reports = reports
	return bad
}

// Young parts are left alone, so that whoever follows the log does not have to begin again.
const (
	fewParts  = 8 // of a key, which need no compaction
	perMinute = 200
)

// compactor returns a job that merges the parts that were there when it ran before.
func (s *Service) compactor() func(context.Context) error {
	upto := int64(0)
	return func(ctx context.Context) error {
		heads, err := s.st.Heads(ctx)
		if err != nil {
			return err
		}
		defer func() { upto = heads.Log }()
		return s.compact(ctx, upto)
	}
}

// compact merges the parts of each key that has many, up to a position.
func (s *Service) compact(ctx context.Context, upto int64) error {
	keys, err := s.st.Backlog(ctx, upto, fewParts)
	if err != nil {
		return err
	}
	for _, key := range keys[:min(len(keys), perMinute)] {
		err := s.st.Compact(ctx, key, upto, func(blobs [][]byte) ([]byte, error) { return join(s.cfg.Catalog, key, blobs) })
		if err != nil && !errors.Is(err, store.ErrFenced) { // then another process did it
			return fmt.Errorf("compact %q: %w", key, err)
		}
	}
	return nil
}

// join merges the parts of one key.
func join(cfg catalog.Config, key string, blobs [][]byte) (joined []byte, err error) {
	c := catalog.New(cfg)
	for _, b := range blobs {
		if err := c.Import(key, b); err != nil {
			return nil, err
		}
	}
	err = c.Export(func(k string, part []byte) error {
		if k == key {
			joined = slices.Clone(part)
		}
		return nil
	})
	if err == nil && joined == nil {
		err = errors.New("nothing came out")
	}
	return joined, err
}
