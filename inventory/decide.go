package inventory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
)

// decided is one decision with what documents and explanations are made from.
type decided struct {
	inv      *Inventory
	state    *api.State
	services map[string]*catalog.Service
	lineages map[string]history // by service
}

// decideAgain decides whenever something changed, but not all the time.
func (s *Service) decideAgain(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.changed:
		}
		start := time.Now()
		if err := s.decide(); err != nil {
			s.cfg.Log.Error().Err(err).Msg("decide")
		}
		rest := time.NewTimer(time.Duration(s.cfg.Pace) * time.Since(start))
		select {
		case <-ctx.Done():
			rest.Stop()
			return
		case <-rest.C:
		}
	}
}

// decide decides anew from everything that was followed.
func (s *Service) decide() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	s.mu.Lock()
	in := Input{Catalog: s.seen.catalog, Overrides: s.seen.overrides, Coverage: s.seen.coverage()}
	in.Declared = append(in.Declared, s.cfg.Declared...)
	for _, sp := range s.seen.sorted() {
		in.Declared = append(in.Declared, sp.doc)
	}
	services, kept := in.services(), s.seen.lineages // share nothing with the catalog
	s.mu.Unlock()
	d := &decided{inv: in.judge(services), services: map[string]*catalog.Service{}}
	for _, svc := range services {
		d.services[svc.Name] = svc
	}
	d.descend(kept)
	text, err := json.Marshal(&d.inv.Result)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	d.state = &api.State{Result: d.inv.Result, Version: hex.EncodeToString(sum[:12]), Through: d.inv.Through}
	if s.current.Swap(d) == nil {
		close(s.first)
	}
	return nil
}

// coverage adds the newest reports.
func (f *followed) coverage() *schemas.Coverage {
	sum := new(schemas.Coverage)
	sum.Add(new(schemas.Coverage))
	for _, r := range f.reports {
		sum.Add(&r.Coverage)
	}
	return sum
}

// decision returns the newest decision; it waits for the first.
func (s *Service) decision(ctx context.Context) (*decided, error) {
	if d := s.current.Load(); d != nil {
		return d, nil
	}
	select {
	case <-s.first:
		return s.current.Load(), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// State returns the decided state of everything observed so far.
func (s *Service) State(ctx context.Context) (*api.State, error) {
	d, err := s.decision(ctx)
	if err != nil {
		return nil, err
	}
	return d.state, nil
}

// Ready returns what stands in the way of answering.
func (s *Service) Ready(context.Context) error {
	if p := s.trouble.Load(); p != nil {
		return *p
	}
	if s.current.Load() == nil {
		return errors.New("nothing was decided yet")
	}
	s.seen.lists.Lock()
	defer s.seen.lists.Unlock()
	for _, err := range s.seen.broken {
		if err != nil {
			return fmt.Errorf("the store holds what cannot be read: %w", err)
		}
	}
	return nil
}
