package ingest

import (
	"strconv"

	"github.com/segmentio/kafka-go"

	"wirecensus/inventory/store"
	"wirecensus/schemas/wire"
)

// KindCoverage is the kind of the objects that hold reports of coverage, as records of the topic.
const KindCoverage = "coverage"

// change puts a report in the place of the earlier ones of its origin.
func change(r *wire.CoverageReport) store.Change {
	name := r.Sensor + "/" + strconv.FormatUint(r.Epoch, 10) + "/" + strconv.FormatUint(uint64(r.Lane), 10)
	return store.Change{Object: store.Object{Kind: KindCoverage, Name: name, Blob: wire.AppendCoverage(nil, r)}}
}

// reports folds records of coverage: of each origin the newest report counts.
type reports struct {
	book   *Book // Next of a sequence is the number of the next report
	newest map[wire.Origin]*wire.CoverageReport
}

func newReports(book []byte) (*reports, error) {
	b, err := ParseBook(book)
	return &reports{book: b, newest: map[wire.Origin]*wire.CoverageReport{}}, err
}

func (f *reports) fold(m *kafka.Message) error {
	r, err := wire.ParseCoverage(m.Value)
	if err != nil {
		return err
	}
	if !credible(wire.Header{Origin: r.Origin, First: r.Sequence, Count: 1}) {
		return wire.ErrCorrupt
	}
	if s := f.book.run(r.Origin); r.Sequence >= s.Next {
		s.Next = r.Sequence + 1
		f.newest[r.Origin] = r
	}
	return nil
}

func (f *reports) dead(_ *kafka.Message, reason string) { f.book.dead(reason) }

func (f *reports) full() bool { return len(f.newest) >= 256 }

func (f *reports) batch(b *store.Batch) ([]byte, error) {
	for _, r := range f.newest {
		b.Changes = append(b.Changes, change(r))
	}
	clear(f.newest)
	return f.book.Bytes(), nil
}
