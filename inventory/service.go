package inventory

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/inventory/ingest"
	"wirecensus/inventory/store"
	"wirecensus/schemas/wire"
)

// Service keeps an inventory in a store and answers from it. Several services,
// in one process or many, may share a store: each of them follows what all of
// them count, and answers any query. It is safe for concurrent use.
type Service struct {
	cfg      Config
	st       store.Store
	counters ingest.Counters
	stop     context.CancelFunc
	work     sync.WaitGroup
	changed  chan struct{} // of size 1: there is something to decide

	feeding sync.Mutex
	feeds   []*ingest.Feed

	mu   sync.Mutex // held to follow, and to read the catalog: for seconds when that is large
	seen followed

	first   chan struct{} // closed with the first decision
	current atomic.Pointer[decided]
	trouble atomic.Pointer[error] // why the store cannot be followed, nil when it can
}

// followed is what was read of the store.
type followed struct {
	heads    store.Heads
	at       int64 // position in the log
	catalog  *catalog.Catalog
	lineages map[string]history // by service

	lists     sync.Mutex       // protects what is below, for moments; changed only under Service.mu
	specs     map[string]*spec // by name
	overrides []api.Override
	reports   []*wire.CoverageReport
	broken    map[string]error // what cannot be read, by kind
}

var _ api.Backend = (*Service)(nil)

// Open opens the store, reads all of it, and follows it until Close.
func Open(ctx context.Context, cfg Config) (*Service, error) {
	cfg.defaults()
	st, err := openStore(ctx, cfg.Store)
	if err != nil {
		return nil, err
	}
	s := &Service{cfg: cfg, st: st, changed: make(chan struct{}, 1), first: make(chan struct{})}
	s.seen.catalog, s.seen.heads.Log = catalog.New(cfg.Catalog), -1
	s.seen.specs, s.seen.broken = map[string]*spec{}, map[string]error{}
	if err := s.follow(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.work.Go(func() { s.decideAgain(run) })
	s.every(run, cfg.FollowEvery, s.follow)
	s.every(run, cfg.FlushEvery, s.flush)
	s.every(run, cfg.CompactEvery, s.compactor())
	s.every(run, cfg.KeepEvery, s.keepDocuments)
	s.every(run, cfg.KeepEvery, s.keepLineages)
	return s, nil
}

// every runs a job at an interval until ctx is done. What fails is logged and tried again.
func (s *Service) every(ctx context.Context, interval time.Duration, job func(context.Context) error) {
	s.work.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if err := job(ctx); err != nil && ctx.Err() == nil {
					s.cfg.Log.Error().Err(err).Msg("store")
				}
			}
		}
	})
}

// Close writes what was fed, stops and closes the store. Consume must have returned.
func (s *Service) Close() error {
	s.stop()
	s.work.Wait()
	last, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return errors.Join(s.flush(last), s.st.Close())
}

// Consume reads calls from Kafka until ctx is done; what cfg says of store and summaries is
// the service's own.
func (s *Service) Consume(ctx context.Context, cfg ingest.Config) error {
	cfg.Store, cfg.Summary, cfg.Counters = s.st, s.summary, &s.counters
	cfg.Trouble = func(err error) { s.cfg.Log.Warn().Err(err).Msg("ingest") }
	return ingest.Run(ctx, cfg)
}

// Feed returns a way in for calls of this process, which are written every
// Config.FlushEvery. A sensor has one feed at a time.
func (s *Service) Feed(ctx context.Context, origin wire.Origin) (*ingest.Feed, error) {
	f, err := ingest.NewFeed(ctx, s.st, origin, s.summary)
	if err != nil {
		return nil, err
	}
	s.feeding.Lock()
	defer s.feeding.Unlock()
	s.feeds = append(s.feeds, f)
	return f, nil
}

func (s *Service) summary() ingest.Summary { return catalog.New(s.cfg.Catalog) }

// flush writes what was fed.
func (s *Service) flush(ctx context.Context) error {
	s.feeding.Lock()
	feeds := s.feeds[:len(s.feeds):len(s.feeds)]
	s.feeding.Unlock()
	var err error
	for _, f := range feeds {
		err = errors.Join(err, f.Flush(ctx))
	}
	return err
}

// Sync writes what was fed, reads what the store has and decides: State then
// returns all of it.
func (s *Service) Sync(ctx context.Context) error {
	if err := errors.Join(s.flush(ctx), s.follow(ctx)); err != nil {
		return err
	}
	return s.decide()
}
