package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"wirecensus/schemas"
	"wirecensus/schemas/pb"
)

// FuzzDecode: what is read as a record is one to a Protobuf library too, its calls are
// the same when the library writes it again, and when the encoder writes them again.
func FuzzDecode(f *testing.F) {
	for seed := range uint64(8) {
		d := dice{rand.New(rand.NewPCG(seed, 2))}
		var b Batch
		e := NewEncoder()
		e.Inline = true
		for range 1 + seed%3 {
			c := d.call()
			e.Add(&b, &c)
		}
		f.Add(b.Seal(nil, Origin{"s", 1, 2}, 3))
	}
	for _, c := range sampleCalls(f) {
		var b Batch
		NewEncoder().Add(&b, &c)
		f.Add(b.Seal(nil, Origin{"s", 1, 2}, 3))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		if isJSON(value) {
			return // FuzzJSON
		}
		h, calls, err := decodeAll(value)
		if err != nil {
			if len(calls) != 0 {
				t.Fatal("visited calls of a bad record")
			}
			return
		}
		if p, err := Peek(value); err != nil || p != h {
			t.Fatalf("Peek %+v %v, Decode %+v", p, err, h)
		}
		var m pb.CallBatch
		if err := proto.Unmarshal(value, &m); err != nil {
			t.Fatal(err)
		}
		if want := (Header{Origin{m.Sensor, m.Epoch, m.Lane}, m.First, len(m.Calls)}); h != want {
			t.Fatalf("header %+v, want %+v", h, want)
		}
		written, err := proto.Marshal(&m)
		if err != nil {
			t.Fatal(err)
		}
		again(t, written, calls)
		var b Batch
		e := NewEncoder()
		e.Inline = true
		for i := range calls {
			e.Add(&b, &calls[i])
		}
		again(t, b.Seal(nil, h.Origin, h.First), calls)
	})
}

// sampleCalls returns the calls of the samples.
func sampleCalls(f *testing.F) (calls []schemas.Call) {
	text, err := os.ReadFile(samplesNow + "/calls.ndjson")
	if err != nil {
		f.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var c schemas.Call
		if err := json.Unmarshal(line, &c); err != nil {
			f.Fatal(err)
		}
		calls = append(calls, c)
	}
	return calls
}

func decodeAll(value []byte) (h Header, calls []schemas.Call, err error) {
	h, err = NewDecoder().Decode(value, func(c *schemas.Call) { calls = append(calls, *c) })
	return h, calls, err
}

func again(t *testing.T, value []byte, want []schemas.Call) {
	t.Helper()
	_, got, err := decodeAll(value)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%v %s", err, cmp.Diff(want, got, exact))
	}
}

// FuzzJSON: what is read as a record in JSON gives the same calls when it is written again.
func FuzzJSON(f *testing.F) {
	for _, c := range sampleCalls(f) {
		var b Batch
		e := NewEncoder()
		e.Encoding = JSON
		e.Add(&b, &c)
		f.Add(b.Seal(nil, Origin{"s", 1, 2}, 3))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		if !isJSON(value) {
			return
		}
		h, calls, err := decodeAll(value)
		if err != nil {
			return
		}
		for i := range calls {
			if y := calls[i].Time.Time().Year(); y < 1700 || y > 2200 {
				return // beyond what nanoseconds since 1970 can say
			}
		}
		var b Batch
		e := NewEncoder()
		e.Encoding = JSON
		for i := range calls {
			e.Add(&b, &calls[i])
		}
		p, got, err := decodeAll(b.Seal(nil, h.Origin, h.First))
		if err != nil || len(got) != len(calls) || p.First != h.First {
			t.Fatal(err, p, h)
		}
	})
}

// FuzzDefinition: a structure that is taken is one to a Protobuf library.
func FuzzDefinition(f *testing.F) {
	e := NewEncoder()
	for _, r := range append(pack(e, sampleCalls(f), 8), pack(e, sampleCalls(f), 8)...) {
		for _, d := range r.defs {
			f.Add(d.Value)
		}
	}
	f.Add(WordDefinition(sampleWord).Value)
	f.Fuzz(func(t *testing.T, value []byte) {
		if NewDecoder().Define(Definition{idOf(value), value}) != nil {
			return
		}
		if err := proto.Unmarshal(value, new(pb.Definition)); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzCoverage: a report that is read is the same when it was written again.
func FuzzCoverage(f *testing.F) {
	f.Add(AppendCoverage(nil, sampleReport()))
	f.Fuzz(func(t *testing.T, value []byte) {
		r, err := ParseCoverage(value)
		if err != nil {
			return
		}
		back, err := ParseCoverage(AppendCoverage(nil, r))
		if err != nil || !cmp.Equal(r, back, same0) {
			t.Fatal(err, cmp.Diff(r, back, same0))
		}
	})
}

// FuzzDelimited: the records of a file are those that it was made of, however it ends.
func FuzzDelimited(f *testing.F) {
	f.Add(AppendDelimited(AppendDelimited(nil, []byte("ab")), nil))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, file []byte) {
		r, back := NewDelimitedReader(bytes.NewReader(file)), []byte(nil)
		for {
			value, err := r.Next()
			if err != nil {
				if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, ErrCorrupt) {
					t.Fatal(err)
				}
				break
			}
			back = AppendDelimited(back, value)
		}
		if len(back) > len(file) {
			t.Fatal("more than there was")
		}
	})
}
