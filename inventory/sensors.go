package inventory

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"wirecensus/inventory/api"
	"wirecensus/inventory/ingest"
	"wirecensus/schemas"
	"wirecensus/schemas/wire"
)

// Sensors lists the sensors that have reported, from the books of all partitions
// and the newest reports of coverage.
func (s *Service) Sensors(ctx context.Context) ([]api.Sensor, error) {
	cursors, err := s.st.Cursors(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	reports := s.seen.reports
	s.mu.Unlock()
	all := sensors{}
	for _, c := range cursors {
		book, err := ingest.ParseBook(c.Book)
		if err != nil {
			return nil, err
		}
		for _, q := range book.Sequences {
			all.tally(q.Origin, q.Tally)
		}
		for name, t := range book.Retired {
			all.of(name).add(*t)
		}
	}
	for _, r := range reports {
		all.report(r)
	}
	return all.list(), nil
}

// sensing is what is known of one sensor.
type sensing struct {
	api.Sensor
	epochs map[uint64]schemas.Time // with the latest packet time of each
}

type sensors map[string]*sensing

func (all sensors) of(name string) *sensing {
	if all[name] == nil {
		all[name] = &sensing{api.Sensor{Name: name, Shed: map[string]uint64{}}, map[uint64]schemas.Time{}}
	}
	return all[name]
}

func (all sensors) tally(o wire.Origin, t ingest.Tally) {
	s := all.of(o.Sensor)
	s.add(t)
	s.epochs[o.Epoch] = max(s.epochs[o.Epoch], t.Last)
}

func (s *sensing) add(t ingest.Tally) {
	sum := ingest.Tally{Calls: s.Calls, Lost: s.Lost, Duplicates: s.Duplicates, First: s.First, Last: s.Last}
	sum.Add(t)
	s.Calls, s.Lost, s.Duplicates, s.First, s.Last = sum.Calls, sum.Lost, sum.Duplicates, sum.First, sum.Last
}

func (all sensors) report(r *wire.CoverageReport) {
	s := all.of(r.Sensor)
	s.add(ingest.Tally{First: r.Coverage.First, Last: r.Coverage.Last})
	s.epochs[r.Epoch] = max(s.epochs[r.Epoch], r.Coverage.Last)
	for cause, n := range r.Shed {
		s.Shed[cause] += n
	}
	if s.Coverage == nil {
		s.Coverage = new(schemas.Coverage)
	}
	s.Coverage.Add(&r.Coverage)
}

// list returns the sensors in order of name, each with its newest run.
func (all sensors) list() []api.Sensor {
	out := []api.Sensor{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s := all[name]
		s.Runs = len(s.epochs)
		newest := schemas.Time(-1)
		for _, epoch := range slices.SortedFunc(maps.Keys(s.epochs), cmp.Compare[uint64]) {
			if s.epochs[epoch] >= newest {
				s.Epoch, newest = epoch, s.epochs[epoch]
			}
		}
		out = append(out, s.Sensor)
	}
	return out
}
