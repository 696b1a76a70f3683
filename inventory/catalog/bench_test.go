package catalog

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"wirecensus/schemas"
)

// cpu returns the CPU time of the process, which other work on the machine changes least.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchForms are the paths of an API: eight to each collection, as people write them.
// # is an identifier of the collection's make.
func benchForms(r *rand.Rand, endpoints int) (forms []string, ids []func() string) {
	words := []string{"accounts", "orders", "invoices", "devices", "reports", "sessions", "messages", "projects", "tickets", "payments", "regions", "catalogs", "images", "teams", "domains", "rules"}
	makes := []func() string{
		func() string { return fmt.Sprint(r.Uint32N(1 << 20)) },
		func() string { return fmt.Sprint(1000 + r.Uint32N(300)) },
		func() string {
			return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", r.Uint32(), r.Uint32N(1<<16), r.Uint32N(1<<12), r.Uint32N(1<<12), r.Uint64N(1<<48))
		},
		func() string { return fmt.Sprintf("%024x", r.Uint64()) },
		func() string {
			return fmt.Sprintf("cus_%c%x%c%d", 'A'+r.IntN(26), r.Uint32(), 'a'+r.IntN(26), r.IntN(99))
		},
		func() string {
			return fmt.Sprintf("%s-%c%c-%d", words[r.IntN(16)], 'a'+r.IntN(26), 'a'+r.IntN(26), r.IntN(40))
		},
	}
	for k := 0; len(forms) < endpoints; k++ {
		noun := fmt.Sprintf("/api/v%d/%s/%s%c%c", 1+k%3, words[k/16%16], words[k%16], 'a'+k/256%26, 'a'+k/6656)
		id := makes[k%len(makes)]
		for _, f := range []string{"", "/#", "/#/history", "/#/" + words[(k+3)%16], "/#/" + words[(k+3)%16] + "/#", "/search", "/#/lock", "/#/attachments/#"} {
			forms, ids = append(forms, noun+f), append(ids, id)
		}
	}
	return forms[:endpoints], ids
}

// benchCalls are n calls without anything but a path to a service of so many endpoints, of
// which few are called often; half of the calls repeat a path of the last thousand.
func benchCalls(r *rand.Rand, host string, endpoints, n int) []*schemas.Call {
	forms, ids := benchForms(r, endpoints)
	calls := make([]*schemas.Call, n)
	for i := range calls {
		at := int(float64(endpoints) * r.Float64() * r.Float64())
		path := forms[at]
		for strings.Contains(path, "#") {
			path = strings.Replace(path, "#", ids[at](), 1)
		}
		if i > 0 && r.IntN(2) == 0 {
			path = calls[max(0, i-1-r.IntN(1000))].Path
		}
		calls[i] = call(i, fmt.Sprintf("10.0.0.%d", r.IntN(100)), "GET", path, 200)
		calls[i].Host = host
	}
	return calls
}

// benchCall is what differs from call to call: as behind a decoder, the rest of it is in the
// processor's cache.
type benchCall struct {
	host, path, client string
	time               schemas.Time
}

var benchSizes = []struct {
	name      string
	endpoints []int
}{
	{"100", []int{100}}, {"1000", []int{1000}}, {"10000", []int{10_000}}, {"several", []int{100, 300, 1000, 3000, 10_000}},
}

// benchFold calls run with each size's catalog, warm, and calls to it.
func benchFold(b *testing.B, fold func(c *Catalog) func(*schemas.Call)) {
	for _, size := range benchSizes {
		b.Run(size.name, func(b *testing.B) {
			r := rand.New(rand.NewPCG(7, 7))
			var calls []*schemas.Call
			for i, n := range size.endpoints {
				calls = append(calls, benchCalls(r, fmt.Sprintf("s%d.example", i), n, (1<<17)/len(size.endpoints))...)
			}
			r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
			c := New(Config{})
			for _, x := range calls {
				c.Apply(x)
			}
			one, x, next := fold(c), *calls[0], make([]benchCall, len(calls))
			for i, c := range calls {
				next[i] = benchCall{c.Host, c.Path, c.Client, c.Time}
			}
			calls = nil
			b.ReportAllocs()
			b.ResetTimer()
			n, start := 0, cpu()
			for b.Loop() {
				at := &next[n%len(next)]
				x.Host, x.Path, x.Client, x.Time = at.host, at.path, at.client, at.time
				one(&x)
				n++
			}
			spent := cpu() - start
			b.ReportMetric(float64(spent)/float64(n), "cpu-ns/path")
			b.ReportMetric(float64(n)/spent.Seconds(), "paths/cpu-s")
		})
	}
}

// BenchmarkPaths finds the place of each path and counts it in the estimates of places: the
// part of Apply that paths cost.
func BenchmarkPaths(b *testing.B) {
	benchFold(b, func(c *Catalog) func(*schemas.Call) {
		return func(x *schemas.Call) { c.good[x.Host].tree.walk(x.Path, nil, 0) }
	})
}

// BenchmarkFold folds whole calls that hold a path, a client and a status.
func BenchmarkFold(b *testing.B) {
	benchFold(b, func(c *Catalog) func(*schemas.Call) { return c.Apply })
}
