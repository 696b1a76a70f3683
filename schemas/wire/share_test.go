package wire

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
)

// BenchmarkShare runs the sensor over a capture with a null sink, with an encoder and with an encoder and
// decoder behind it, in turn, and reports the CPU time that each adds, as a share of the sensor's. Shares hold on a busy machine.
func BenchmarkShare(b *testing.B) {
	for _, kind := range []string{"mix", "tiny"} {
		b.Run(kind, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "x.pcap")
			if _, _, err := (synth.Files{Path: path}).Write(synth.Load(kind, synth.LoadOptions{Seed: 1, Bytes: 24 << 20})); err != nil {
				b.Fatal(err)
			}
			enc, dec, cat := NewEncoder(), NewDecoder(), catalog.New(catalog.Config{})
			dec.Reuse = true
			var add, applied []float64
			var calls int
			var alone []time.Duration
			for b.Loop() {
				null := sense(b, path, func(*schemas.Call) {})
				records := [][]byte{}
				batches := map[string]*Batch{}
				with := sense(b, path, func(c *schemas.Call) {
					o := batches[c.Host]
					if o == nil {
						o = new(Batch)
						batches[c.Host] = o
					}
					if enc.Add(o, c); o.Count() == 512 {
						records = append(records, o.Seal(nil, Origin{"lab", 1, 0}, 0))
					}
				})
				for _, d := range enc.Definitions() {
					if err := dec.Define(d); err != nil {
						b.Fatal(err)
					}
				}
				calls = 0
				start := cpu()
				for _, r := range records {
					h, err := dec.Decode(r, cat.Apply)
					if err != nil {
						b.Fatal(err)
					}
					calls += h.Count
				}
				alone = append(alone, cpu()-start)
				add = append(add, float64(with-null)/float64(null))
				applied = append(applied, float64(cpu()-start)/float64(null))
			}
			slices.Sort(add)
			slices.Sort(applied)
			slices.Sort(alone)
			b.ReportMetric(100*add[len(add)/2], "%encode")
			b.ReportMetric(100*applied[len(applied)/2], "%decode+apply")
			b.ReportMetric(float64(calls)/alone[0].Seconds(), "best-decode+apply-calls/cpu-s")
		})
	}
}

// sense returns the CPU time of reading a capture.
func sense(b *testing.B, path string, sink func(*schemas.Call)) time.Duration {
	src, err := capture.OpenFiles([]string{path}, os.Stdin)
	if err != nil {
		b.Fatal(err)
	}
	defer src.Close()
	start := cpu()
	if _, err := sensor.Run(b.Context(), sensor.Config{Source: src, Sink: func(int) publish.Sink { return publish.Func(sink) }}); err != nil {
		b.Fatal(err)
	}
	return cpu() - start
}
