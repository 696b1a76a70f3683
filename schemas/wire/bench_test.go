package wire

import (
	"syscall"
	"testing"
	"time"

	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
)

// cpu returns the CPU time of the process, which other work on the machine does not change.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkEncode adds calls to records of 256, definitions taken.
func BenchmarkEncode(b *testing.B) {
	for _, name := range []string{"mix", "tiny"} {
		b.Run(name, func(b *testing.B) {
			calls := sorted(captured(b, name))
			e, batch := NewEncoder(), new(Batch)
			var dst []byte
			i, n, bytes := 0, 0, 0
			b.ReportAllocs()
			start := cpu()
			for b.Loop() {
				if i == len(calls) || batch.Count() == 256 || batch.Count() > 0 && calls[i].Host != calls[i-1].Host {
					dst = batch.Seal(dst[:0], Origin{"lab", 1, 0}, 0)
					bytes += len(dst)
					e.Definitions()
					i %= len(calls)
				}
				e.Add(batch, &calls[i])
				i++
				n++
			}
			b.ReportMetric(float64(cpu()-start)/float64(n), "cpu-ns/call")
			b.ReportMetric(float64(bytes)/float64(n), "B/call")
		})
	}
}

// sorted brings calls of one service together.
func sorted(calls []schemas.Call) (out []schemas.Call) {
	by, names := map[string][]schemas.Call{}, []string{}
	for _, c := range calls {
		s := c.Service()
		if by[s] == nil {
			names = append(names, s)
		}
		by[s] = append(by[s], c)
	}
	for _, s := range names {
		out = append(out, by[s]...)
	}
	return out
}

// BenchmarkDecode reads records of 256 calls; one operation is one call.
func BenchmarkDecode(b *testing.B) {
	for _, name := range []string{"mix", "tiny"} {
		calls := captured(b, name)
		e := NewEncoder()
		records := pack(e, calls, 256)
		first := len(records)
		records = append(records, pack(e, calls, 256)...)
		run := func(reuse bool, make func() func(*schemas.Call)) func(*testing.B) {
			return func(b *testing.B) {
				d := NewDecoder()
				d.Reuse = reuse
				for _, r := range records {
					for _, def := range r.defs {
						if err := d.Define(def); err != nil {
							b.Fatal(err)
						}
					}
				}
				records := records[first:] // whose structures are all defined
				visit := make()
				b.ReportAllocs()
				i, n, total := 0, 0, 0
				start := cpu()
				for b.Loop() {
					if n++; n < 256 {
						continue // a call of the record decoded with the first
					}
					n = 0
					h, err := d.Decode(records[i%len(records)].value, visit)
					if err != nil {
						b.Fatal(err)
					}
					i++
					total += h.Count
				}
				b.ReportMetric(float64(cpu()-start)/float64(total), "cpu-ns/call")
			}
		}
		none := func() func(*schemas.Call) { return func(*schemas.Call) {} }
		apply := func() func(*schemas.Call) { return catalog.New(catalog.Config{}).Apply }
		b.Run(name+"/keep", run(false, none))
		b.Run(name+"/reuse", run(true, none))
		b.Run(name+"/reuse+apply", run(true, apply))
	}
}
