package main

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
)

// callsOf are the calls of a capture, as they leave a sensor.
func callsOf(t testing.TB, c *synth.Capture) []*schemas.Call {
	t.Helper()
	r := runReplay(t, nil, "--calls", writeCapture(t, c, "a.pcap"))
	if r.status != 0 {
		t.Fatal(r.stderr)
	}
	var calls []*schemas.Call
	for dec := json.NewDecoder(bytes.NewReader(r.files["calls.ndjson"])); dec.More(); {
		c := new(schemas.Call)
		if err := dec.Decode(c); err != nil {
			t.Fatal(err)
		}
		calls = append(calls, c)
	}
	return calls
}

// exported are the parts of a catalog.
func exported(t testing.TB, c *catalog.Catalog) (keys []string, parts map[string][]byte) {
	t.Helper()
	parts = map[string][]byte{}
	if err := c.Export(func(key string, part []byte) error {
		keys, parts[key] = append(keys, key), bytes.Clone(part)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return keys, parts
}

func catalogOf(calls []*schemas.Call) *catalog.Catalog {
	c := catalog.New(catalog.Config{})
	for _, call := range calls {
		c.Apply(call)
	}
	return c
}

// TestPartsOfCompany: the calls of a company, applied in batches whose catalogs
// went through parts, decide the same as all in one.
func TestPartsOfCompany(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	calls := callsOf(t, synth.Company(synth.Options{Seed: 8, Days: 2}))
	whole, total := catalogOf(calls), catalog.New(catalog.Config{})
	r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
	for len(calls) > 0 {
		n := min(len(calls), 1+r.IntN(900))
		keys, parts := exported(t, catalogOf(calls[:n]))
		r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		for _, k := range keys {
			if err := total.Import(k, parts[k]); err != nil {
				t.Fatal(err)
			}
		}
		calls = calls[n:]
	}
	_, want := exported(t, whole)
	_, got := exported(t, total)
	for k := range want {
		if !bytes.Equal(want[k], got[k]) {
			t.Errorf("%s differs: %d bytes, want %d", k, len(got[k]), len(want[k]))
		}
	}
	if len(got) != len(want) || len(want) < 5 {
		t.Errorf("%d parts, want %d", len(got), len(want))
	}
	a, b := whole.Services(catalog.Options{}), total.Services(catalog.Options{})
	for i := range a {
		for j, e := range a[i].Endpoints {
			if o := b[i].Endpoints[j]; !reflect.DeepEqual(e.Why, o.Why) || e.Template != o.Template || e.Op.Calls != o.Op.Calls || !reflect.DeepEqual(e.Callers, o.Callers) {
				t.Errorf("%s %s: %v, want %v", e.Method, e.Template, o, e)
			}
		}
	}
}

// loadCalls are the captures that the catalog is measured with.
var loadCalls = []struct {
	name    string
	capture func() *synth.Capture
}{
	{"mix", func() *synth.Capture { return synth.Load("mix", synth.LoadOptions{Seed: 1, Bytes: 60 << 20}) }},
	{"tiny", func() *synth.Capture { return synth.Load("tiny", synth.LoadOptions{Seed: 3, Bytes: 40 << 20}) }},
	{"company", func() *synth.Capture { return synth.Company(synth.Options{Seed: 8, Days: 7}) }},
}

// BenchmarkCatalog measures one call, and the parts of the catalog of all calls
// for each of its endpoints.
func BenchmarkCatalog(b *testing.B) {
	for _, l := range loadCalls {
		calls := callsOf(b, l.capture())
		b.Run(l.name+"/apply", func(b *testing.B) {
			c := catalogOf(calls)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				c.Apply(calls[i%len(calls)])
			}
		})
		b.Run(l.name+"/first", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				catalogOf(calls[:2000])
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2000, "ns/call")
		})
		c := catalogOf(calls)
		places, size := 0, 0
		for _, s := range c.Services(catalog.Options{}) {
			places += len(s.Endpoints) + len(s.Others)
		}
		for _, n := range c.Names() {
			size += c.Size(n)
		}
		keys, parts := exported(b, c)
		bytes := 0
		for _, p := range parts {
			bytes += len(p)
		}
		perEndpoint := func(b *testing.B) {
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(places), "ns/endpoint")
		}
		b.Run(l.name+"/export", func(b *testing.B) {
			for b.Loop() {
				c.Export(func(string, []byte) error { return nil })
			}
			perEndpoint(b)
			b.ReportMetric(float64(bytes)/float64(places), "B/endpoint")
			b.ReportMetric(float64(bytes)/float64(len(keys)), "B/part")
		})
		b.Run(l.name+"/import", func(b *testing.B) {
			for b.Loop() {
				o := catalog.New(catalog.Config{})
				for k, p := range parts {
					if err := o.Import(k, p); err != nil {
						b.Fatal(err)
					}
				}
			}
			perEndpoint(b)
		})
		b.Run(l.name+"/merge", func(b *testing.B) {
			total := catalogOf(calls)
			for b.Loop() {
				b.StopTimer()
				o := catalogOf(calls[:2000])
				b.StartTimer()
				total.Merge(o)
			}
		})
		b.Run(l.name+"/memory", func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			held := catalogOf(calls)
			runtime.GC()
			runtime.ReadMemStats(&after)
			for b.Loop() {
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(places), "heap-B/endpoint")
			b.ReportMetric(float64(size)/float64(places), "size-B/endpoint")
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(len(held.Names())), "heap-B/service")
			b.ReportMetric(float64(places), "endpoints")
			b.ReportMetric(float64(len(calls)), "calls")
		})
	}
}
