package ingest

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// Counters counts what this process did since it started. The zero Counters is ready.
type Counters struct {
	records, bytes, calls, duplicates atomic.Uint64
	commits, fenced, restarts         atomic.Uint64
	deadUnpublished, generations      atomic.Uint64
	badDefinitions                    atomic.Uint64

	mu        sync.Mutex
	dead      map[string]uint64
	positions map[place]Position
}

type place struct {
	topic     string
	partition int
}

// Position is where a partition that this process owns stands.
type Position struct {
	Topic     string
	Partition int
	Next, End int64 // Next is committed; End is what the broker last said
}

// Snapshot is what was counted up to a moment.
type Snapshot struct {
	Records, Bytes    uint64
	Calls, Duplicates uint64
	Commits           uint64
	Fenced            uint64 // commits refused because another process was first
	Restarts          uint64 // times a partition began again from the store
	Generations       uint64 // times the group dealt out its partitions
	Dead              map[string]uint64
	DeadUnpublished   uint64
	BadDefinitions    uint64
	Positions         []Position // in order of topic and partition
}

// Snapshot returns what was counted so far.
func (c *Counters) Snapshot() Snapshot {
	s := Snapshot{
		Records: c.records.Load(), Bytes: c.bytes.Load(), Calls: c.calls.Load(), Duplicates: c.duplicates.Load(),
		Commits: c.commits.Load(), Fenced: c.fenced.Load(), Restarts: c.restarts.Load(), Generations: c.generations.Load(),
		DeadUnpublished: c.deadUnpublished.Load(), BadDefinitions: c.badDefinitions.Load(),
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Dead = maps.Clone(c.dead)
	for _, p := range c.positions {
		s.Positions = append(s.Positions, p)
	}
	slices.SortFunc(s.Positions, func(a, b Position) int { return cmp.Or(cmp.Compare(a.Topic, b.Topic), a.Partition-b.Partition) })
	return s
}

func (c *Counters) countDead(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead == nil {
		c.dead = map[string]uint64{}
	}
	c.dead[reason]++
}

func (c *Counters) position(p Position) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.positions == nil {
		c.positions = map[place]Position{}
	}
	c.positions[place{p.Topic, p.Partition}] = p
}

func (c *Counters) leave(topic string, partition int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.positions, place{topic, partition})
}
