package batch_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"testing"

	"wirecensus/schemas"
	"wirecensus/schemas/wire"
	"wirecensus/sensor/publish/batch"
)

func call(n int) *schemas.Call {
	return &schemas.Call{ID: fmt.Sprintf("%032x", n), Time: schemas.Time(n), Method: "GET", Scheme: "http", Host: fmt.Sprint("s", n*n%31), Port: 80, Path: fmt.Sprint("/", n), RequestSeen: true}
}

func partition(service string) int { return int(service[len(service)-1]) % 3 }

// TestLimits: whatever the limits, no call is lost or out of order within its service, numbers have no
// holes, no batch is beyond its limits, and the same calls give the same records.
func TestLimits(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 4))
		limits := batch.Limits{Calls: 1 + rng.IntN(20), Bytes: 100 + rng.IntN(3000), Open: 1 + rng.IntN(40), Held: 500 + rng.IntN(5000)}
		form := batch.Form{Encoding: wire.Encoding(rng.IntN(2)), Inline: rng.IntN(2) == 0}
		origin := wire.Origin{Sensor: "s", Epoch: seed, Lane: 2}
		run := func() (records []batch.Record, definitions []wire.Definition) {
			b := batch.NewBatcher(origin, form, limits, partition)
			for n := range 700 {
				records = b.Add(records, call(n))
				definitions = append(definitions, b.Definitions()...)
			}
			return b.Flush(records), append(definitions, b.Definitions()...)
		}
		records, definitions := run()
		again, _ := run()
		if !reflect.DeepEqual(records, again) {
			t.Fatalf("seed %d: other records for the same calls", seed)
		}
		d := wire.NewDecoder()
		for _, def := range definitions {
			if err := d.Define(def); err != nil {
				t.Fatal(err)
			}
		}
		if form.Inline && len(definitions) > 0 {
			t.Fatalf("seed %d: definitions of records that are complete in themselves", seed)
		}
		next, last, total := map[int]uint64{}, map[string]schemas.Time{}, 0
		for _, r := range records {
			h, err := d.Decode(r.Value, func(c *schemas.Call) {
				total++
				if c.Service() != r.Service || c.Time < last[r.Service] {
					t.Fatalf("seed %d: a call to %s at %d in a record of %s behind %d", seed, c.Service(), c.Time, r.Service, last[r.Service])
				}
				last[r.Service] = c.Time
			})
			if err != nil || h.Origin != origin || h.First != next[r.Partition] || h.First != r.First || h.Count != r.Count || r.Partition != partition(r.Service) || r.Count > limits.Calls || len(r.Headers) == 0 {
				t.Fatalf("seed %d: %+v, want number %d of %+v, %v", seed, h, next[r.Partition], r, err)
			}
			next[r.Partition] += uint64(r.Count)
		}
		if total != 700 {
			t.Fatalf("seed %d: %d calls", seed, total)
		}
	}
}

// TestTick: a batch is closed by the second tick after its first call.
func TestTick(t *testing.T) {
	b := batch.NewBatcher(wire.Origin{}, batch.Form{}, batch.DefaultLimits(), partition)
	var out []batch.Record
	out = b.Add(out, call(1))
	out = b.Tick(out)
	out = b.Add(out, call(2))
	if len(out) != 0 {
		t.Fatal("too early")
	}
	if out = b.Tick(out); len(out) != 1 || b.Idle() {
		t.Fatalf("%d records", len(out))
	}
	if out = b.Tick(out); len(out) != 2 || !b.Idle() {
		t.Fatalf("%d records", len(out))
	}
}

// TestRenew: after it, definitions come again.
func TestRenew(t *testing.T) {
	b := batch.NewBatcher(wire.Origin{}, batch.Form{}, batch.Limits{Calls: 1, Bytes: 1, Open: 1, Held: 1}, partition)
	count := func() (n int) {
		for range 5 {
			b.Add(nil, call(1))
			n += len(b.Definitions())
		}
		return n
	}
	first, none := count(), count()
	b.Renew()
	if second := count(); first == 0 || none != 0 || second != first {
		t.Fatalf("%d definitions, then %d, %d after Renew", first, none, second)
	}
	if len(b.Known()) != first {
		t.Fatalf("%d known", len(b.Known()))
	}
}

type broken struct{ room int }

func (b *broken) Write(p []byte) (int, error) {
	if b.room -= len(p); b.room < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

// TestFile: lanes of a file share it; what cannot be written is counted.
func TestFile(t *testing.T) {
	var out bytes.Buffer
	f := batch.NewFile(&out)
	lanes := []*batch.FileLane{f.Lane(wire.Origin{Sensor: "s"}), f.Lane(wire.Origin{Sensor: "s", Lane: 1})}
	for n := range 2000 {
		lanes[n%2].Send(call(n))
	}
	for _, l := range lanes {
		l.Flush()
	}
	if err := f.Flush(); err != nil || f.Lost() != 0 {
		t.Fatal(err, f.Lost())
	}
	r, d, next := wire.NewDelimitedReader(&out), wire.NewDecoder(), map[wire.Origin]uint64{}
	for {
		value, err := r.Next()
		if err == io.EOF {
			break
		}
		h, err2 := d.Decode(value, func(*schemas.Call) {})
		if err != nil || err2 != nil || h.First != next[h.Origin] {
			t.Fatal(err, err2, h)
		}
		next[h.Origin] += uint64(h.Count)
	}
	if next[wire.Origin{Sensor: "s"}] != 1000 || len(next) != 2 {
		t.Fatal(next)
	}
	f = batch.NewFile(&broken{1 << 16})
	l := f.Lane(wire.Origin{})
	for n := range 20000 {
		l.Send(call(n))
	}
	l.Flush()
	if err := f.Flush(); err == nil || f.Lost() == 0 {
		t.Fatal(err, f.Lost())
	}
}
