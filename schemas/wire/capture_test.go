package wire

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
)

// captures holds the calls of the generated captures, made once.
var captures = map[string]func() ([]schemas.Call, error){
	"demo": sync.OnceValues(func() ([]schemas.Call, error) { return read1(synth.Company(synth.Options{Seed: 1})) }),
	"mix": sync.OnceValues(func() ([]schemas.Call, error) {
		return read1(synth.Load("mix", synth.LoadOptions{Seed: 1, Bytes: 24 << 20}))
	}),
	"tiny": sync.OnceValues(func() ([]schemas.Call, error) {
		return read1(synth.Load("tiny", synth.LoadOptions{Seed: 3, Bytes: 8 << 20}))
	}),
}

func read1(c *synth.Capture) (calls []schemas.Call, err error) {
	dir, err := os.MkdirTemp("", "wire")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	f := synth.Files{Path: filepath.Join(dir, "x.pcap")}
	if _, _, err := f.Write(c); err != nil {
		return nil, err
	}
	src, err := capture.OpenFiles([]string{f.Path}, os.Stdin)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	_, err = sensor.Run(context.Background(), sensor.Config{Source: src, Sink: func(int) publish.Sink {
		return publish.Func(func(c *schemas.Call) { calls = append(calls, *c) })
	}})
	return calls, err
}

func captured(t testing.TB, name string) []schemas.Call {
	t.Helper()
	calls, err := captures[name]()
	if err != nil || len(calls) == 0 {
		t.Fatal(len(calls), err)
	}
	return calls
}

// record is a record and the calls that it was made of.
type record struct {
	value []byte
	calls []schemas.Call
	defs  []Definition
}

// pack makes records of at most most calls, one open batch for each service.
func pack(e *Encoder, calls []schemas.Call, most int) (out []record) {
	type open struct {
		batch Batch
		calls []schemas.Call
		next  uint64
	}
	services, names := map[string]*open{}, []string{}
	var defs []Definition
	seal := func(o *open) {
		if o.batch.Count() > 0 {
			defs = append(defs, e.Definitions()...)
			out = append(out, record{o.batch.Seal(nil, Origin{"lab", 5, 1}, o.next), o.calls, defs})
			o.next += uint64(len(o.calls))
			o.calls, defs = nil, nil
		}
	}
	for i := range calls {
		name := calls[i].Service()
		o := services[name]
		if o == nil {
			o = &open{}
			services[name], names = o, append(names, name)
		}
		e.Add(&o.batch, &calls[i])
		if o.calls = append(o.calls, calls[i]); o.batch.Count() == most || o.batch.Size() > 256<<10 {
			seal(o)
		}
	}
	for _, name := range names {
		seal(services[name])
	}
	return out
}

var exact = cmp.Exporter(func(reflect.Type) bool { return true })

// check compares what the record gives with what went in.
func check(t *testing.T, d *Decoder, r *record) {
	t.Helper()
	for _, def := range r.defs {
		if err := d.Define(def); err != nil {
			t.Fatal(err)
		}
	}
	i := 0
	h, err := d.Decode(r.value, func(c *schemas.Call) {
		if !reflect.DeepEqual(c, &r.calls[i]) {
			t.Fatal(cmp.Diff(&r.calls[i], c, exact))
		}
		i++
	})
	if err != nil || h.Count != len(r.calls) || i != h.Count {
		t.Fatal(h, i, err)
	}
	if p, err := Peek(r.value); err != nil || p != h {
		t.Fatal(p, err)
	}
}

// TestCaptures: calls of every capture come out as they went in, in both encodings, with both ways of visiting.
// The demo whole, of the loads three records' calls; WIRECENSUS_LONG=1 takes more.
func TestCaptures(t *testing.T) {
	for name := range captures {
		for _, most := range []int{1, 7, 256, 4096} {
			t.Run(fmt.Sprint(name, most), func(t *testing.T) {
				calls := captured(t, name)
				few := 2000 * most
				if name != "demo" && os.Getenv("WIRECENSUS_LONG") == "" {
					few = max(2000, 3*most)
				}
				calls = calls[:min(len(calls), few)]
				for _, reuse := range []bool{false, true} {
					d := NewDecoder()
					d.Reuse = reuse
					for _, r := range pack(NewEncoder(), calls, most) {
						check(t, d, &r)
					}
				}
			})
		}
	}
}
