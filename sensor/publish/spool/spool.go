package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const (
	maxSegment = 4 << 20
	suffix     = ".spool"
	// firstNumber is that of a queue's first segment; those put before it count down.
	firstNumber = 1 << 40
)

// ErrFull says that an entry does not fit.
var ErrFull = errors.New("spool: full")

// ErrLocked says that another process uses the folder.
var ErrLocked = errors.New("spool: another process uses the folder")

// Stats are the counters of a spool.
type Stats struct {
	Entries   uint64 // waiting now
	Weight    uint64 // of them
	Bytes     int64  // of all segments
	Found     uint64 // entries that were there when it was opened
	Torn      uint64 // segments that ended in a torn entry when it was opened
	TornBytes int64
	Lost      uint64 // entries that could not be read back
	LostSum   uint64 // weight of them
}

// Spool is a folder of queues.
type Spool struct {
	dir     string // constant after Open, like the next three
	max     int64
	segment int64
	lock    *os.File

	mu     sync.Mutex
	queues map[string]*Queue // protected by mu, like stats and the insides of the queues
	stats  Stats
}

// Open opens the folder dir, which it makes if it is missing, for at most limit bytes.
// It fails with ErrLocked, or an error of the file system.
func Open(dir string, limit int64) (*Spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockFolder(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	s := &Spool{dir: dir, max: limit, segment: min(maxSegment, max(limit/16, 1)), lock: lock, queues: map[string]*Queue{}}
	if err := s.load(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return s, nil
}

// load finds the segments that are there.
func (s *Spool) load() error {
	names, err := filepath.Glob(filepath.Join(s.dir, "*"+suffix))
	if err != nil {
		return err
	}
	for _, path := range names {
		queue, hex, ok := strings.Cut(strings.TrimSuffix(filepath.Base(path), suffix), "-")
		number, err := strconv.ParseUint(hex, 16, 64)
		if !ok || err != nil {
			continue
		}
		seg := &segment{number: number, path: path}
		torn, err := seg.scan()
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		if torn > 0 {
			s.stats.Torn++
			s.stats.TornBytes += torn
		}
		if seg.entries == 0 {
			if err := os.Remove(path); err != nil {
				return err
			}
			continue
		}
		q := s.queue(queue)
		q.segments = append(q.segments, seg)
		q.entries += seg.entries
		s.stats.Found += uint64(seg.entries)
		s.stats.Entries += uint64(seg.entries)
		s.stats.Weight += seg.weight
		s.stats.Bytes += seg.size
	}
	for _, q := range s.queues {
		slices.SortFunc(q.segments, func(a, b *segment) int {
			if a.number < b.number {
				return -1
			}
			return 1
		})
	}
	return nil
}

// Queue returns the queue of a name of small letters and digits.
func (s *Spool) Queue(name string) *Queue {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queue(name)
}

func (s *Spool) queue(name string) *Queue {
	q := s.queues[name]
	if q == nil {
		q = &Queue{s: s, name: name}
		s.queues[name] = q
	}
	return q
}

// Names returns the names of the queues that hold something, in order.
func (s *Spool) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for name, q := range s.queues {
		if q.entries > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Stats returns the counters.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Close writes everything to the disk and closes all files. Entries that are not done stay.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for _, q := range s.queues {
		if q.writer != nil {
			err = errors.Join(err, q.writer.Sync())
		}
		err = errors.Join(err, q.endSegment(), q.closeReader())
	}
	return errors.Join(err, s.lock.Close())
}
