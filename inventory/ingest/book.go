package ingest

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"wirecensus/schemas"
	"wirecensus/schemas/wire"
)

// Limits of a Book.
const (
	MaxSequences = 1024
	MaxHoles     = 256
	maxSensors   = 1024
	maxName      = 256 // bytes of a sensor's name
	others       = "*" // stands for the sensors beyond maxSensors
	// maxNumber is the greatest number of a call that is believed.
	maxNumber = 1 << 62
)

// Span are the numbers [From, To).
type Span struct{ From, To uint64 }

// Tally counts the calls of a sensor in a partition.
type Tally struct {
	Calls      uint64       `json:"calls"` // received, each once
	Lost       uint64       `json:"lost"`  // sent and not received
	Duplicates uint64       `json:"duplicates"`
	First      schemas.Time `json:"first"` // packet times
	Last       schemas.Time `json:"last"`
}

// Add adds the counts of another partition or run.
func (t *Tally) Add(o Tally) {
	t.Calls += o.Calls
	t.Lost += o.Lost
	t.Duplicates += o.Duplicates
	t.see(o.First)
	t.see(o.Last)
}

// see widens the span of packet times.
func (t *Tally) see(at schemas.Time) {
	if at == 0 {
		return
	}
	if t.First == 0 || at < t.First {
		t.First = at
	}
	t.Last = max(t.Last, at)
}

// Sequence is what is known of the calls of one origin in a partition.
type Sequence struct {
	wire.Origin
	Next  uint64 `json:"next"`            // the number that is expected
	Holes []Span `json:"holes,omitempty"` // below Next and not received, in order
	Tally
}

// Book says which calls of a partition were received. The zero Book is empty.
type Book struct {
	// Sequences in order of their last record, the newest last.
	Sequences []*Sequence `json:"sequences,omitempty"`
	// Retired are the counts of the runs that were forgotten, by sensor.
	Retired map[string]*Tally `json:"retired,omitempty"`
	// Dead counts the records that became dead letters, by reason.
	Dead map[string]uint64 `json:"dead,omitempty"`
}

// ParseBook reads what Bytes wrote; nothing is an empty book.
func ParseBook(text []byte) (*Book, error) {
	b := new(Book)
	if len(text) == 0 {
		return b, nil
	}
	if err := json.Unmarshal(text, b); err != nil {
		return nil, fmt.Errorf("read book of sequences: %w", err)
	}
	b.Sequences = slices.DeleteFunc(b.Sequences, func(r *Sequence) bool { return r == nil })
	return b, nil
}

// Bytes writes the book. The same records in the same order make the same bytes.
func (b *Book) Bytes() []byte {
	text, err := json.Marshal(b)
	if err != nil {
		panic(err) // a Book has no type that does not marshal
	}
	return text
}

// run finds or makes the run of an origin and makes it the newest.
func (b *Book) run(o wire.Origin) *Sequence {
	for i := len(b.Sequences) - 1; i >= 0; i-- {
		if r := b.Sequences[i]; r.Origin == o {
			b.Sequences = append(slices.Delete(b.Sequences, i, i+1), r)
			return r
		}
	}
	if len(b.Sequences) >= MaxSequences {
		b.retire(b.Sequences[0])
		b.Sequences = slices.Delete(b.Sequences, 0, 1)
	}
	r := &Sequence{Origin: o}
	b.Sequences = append(b.Sequences, r)
	return r
}

func (b *Book) retire(r *Sequence) {
	if b.Retired == nil {
		b.Retired = map[string]*Tally{}
	}
	name := r.Sensor
	if b.Retired[name] == nil && len(b.Retired) >= maxSensors {
		name = others
	}
	if b.Retired[name] == nil {
		b.Retired[name] = new(Tally)
	}
	b.Retired[name].Add(r.Tally)
}

// Accept enters a record and returns which of its calls, counted from 0, were not
// had before, as spans in order. It fails for a record that no sensor numbers so.
func (b *Book) Accept(h wire.Header) (fresh []Span, r *Sequence, err error) {
	if !credible(h) {
		return nil, nil, wire.ErrCorrupt
	}
	r = b.run(h.Origin)
	lo, hi := h.First, h.First+uint64(h.Count)
	if lo < r.Next {
		fresh = r.fill(lo, min(hi, r.Next))
	}
	if hi > r.Next {
		if lo > r.Next {
			r.hole(Span{r.Next, lo})
		}
		fresh = append(fresh, Span{max(lo, r.Next), hi})
		r.Next = hi
	}
	had := uint64(0)
	for i := range fresh {
		had += fresh[i].To - fresh[i].From
		fresh[i].From -= lo
		fresh[i].To -= lo
	}
	r.Calls += had
	r.Duplicates += uint64(h.Count) - had
	return fresh, r, nil
}

// credible says whether a sensor can have written the header. A name that is no
// UTF-8 would be another one when the book is read again.
func credible(h wire.Header) bool {
	return h.Count >= 1 && h.First <= maxNumber && len(h.Sensor) <= maxName && utf8.ValidString(h.Sensor)
}

// Miss enters a record of which only the header could be read: its calls are lost
// unless they were had before.
func (b *Book) Miss(h wire.Header) {
	if !credible(h) {
		return
	}
	r := b.run(h.Origin)
	if hi := h.First + uint64(h.Count); hi > r.Next {
		r.hole(Span{r.Next, hi})
		r.Next = hi
	}
}

// hole enters numbers above all others as not received.
func (r *Sequence) hole(s Span) {
	r.Lost += s.To - s.From
	if n := len(r.Holes); n > 0 && r.Holes[n-1].To == s.From {
		r.Holes[n-1].To = s.To
		return
	}
	r.Holes = append(r.Holes, s)
	if len(r.Holes) > MaxHoles {
		r.Holes = slices.Delete(r.Holes, 0, 1)
	}
}

// fill takes [lo, hi) out of the holes and returns what it took.
func (r *Sequence) fill(lo, hi uint64) (taken []Span) {
	var left []Span
	for _, h := range r.Holes {
		from, to := max(h.From, lo), min(h.To, hi)
		if from >= to {
			left = append(left, h)
			continue
		}
		taken = append(taken, Span{from, to})
		r.Lost -= to - from
		if h.From < from {
			left = append(left, Span{h.From, from})
		}
		if to < h.To {
			left = append(left, Span{to, h.To})
		}
	}
	if n := len(left); n > MaxHoles {
		left = left[n-MaxHoles:]
	}
	r.Holes = left
	return taken
}

// dead counts a dead letter.
func (b *Book) dead(reason string) {
	if b.Dead == nil {
		b.Dead = map[string]uint64{}
	}
	b.Dead[reason]++
}
