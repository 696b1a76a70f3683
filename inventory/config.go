package inventory

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"wirecensus/inventory/catalog"
	"wirecensus/inventory/store"
	"wirecensus/inventory/store/postgres"
	"wirecensus/inventory/store/sqlite"
	"wirecensus/specgen/openapi"
)

// Config says what a Service keeps and how soon it does things. Zero durations take the defaults.
type Config struct {
	// Store is sqlite:FILE, postgres://…, or memory: for what is gone when the service is closed.
	Store string
	// Catalog bounds the summaries; all processes of a store have the same.
	Catalog catalog.Config
	// Declared are documents beside those in the store: they cannot be changed by requests.
	Declared []*openapi.Document

	FollowEvery  time.Duration // the store is looked at; default 500 ms
	FlushEvery   time.Duration // feeds are written; default 1 s
	CompactEvery time.Duration // the log is compacted, as far as it is that old; default 1 min
	KeepEvery    time.Duration // documents are compared with the kept ones; default 1 min
	// Pace is how many times as long as the last decision took nobody decides again; default 4.
	Pace int

	Log zerolog.Logger
}

func (c *Config) defaults() {
	c.FollowEvery = cmp.Or(c.FollowEvery, 500*time.Millisecond)
	c.FlushEvery = cmp.Or(c.FlushEvery, time.Second)
	c.CompactEvery = cmp.Or(c.CompactEvery, time.Minute)
	c.KeepEvery = cmp.Or(c.KeepEvery, time.Minute)
	c.Pace = cmp.Or(c.Pace, 4)
}

// openStore opens the store that an address names.
func openStore(ctx context.Context, address string) (store.Store, error) {
	if file, ok := strings.CutPrefix(address, "sqlite:"); ok {
		return sqlite.Open(ctx, file)
	}
	switch {
	case strings.HasPrefix(address, "postgres://"), strings.HasPrefix(address, "postgresql://"):
		return postgres.Open(ctx, address)
	case address == "memory:":
		return sqlite.Open(ctx, sqlite.Memory)
	}
	scheme, _, _ := strings.Cut(address, ":") // the rest may hold a password
	return nil, fmt.Errorf("a store is sqlite:FILE or postgres://…, not %q", scheme+":")
}
