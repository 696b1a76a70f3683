package catalog

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wirecensus/schemas"
)

// bigAPI makes calls to a service of 10,000 endpoints: 1,250 collections with
// eight each.
func bigAPI(c *Catalog, each int) {
	one := func(at int, method, path, own string) {
		c.Apply(data(call(at, fmt.Sprintf("10.0.0.%d", at%50), method, path, 200), own+"a", own+"b", "id"))
	}
	for k := range 1250 {
		noun := collection(k)
		for i := range each {
			item := fmt.Sprintf("%s/%d", noun, 1000+i)
			own := fmt.Sprintf("f%x", mix(uint64(k)))
			one(i, "GET", noun, own+"l")
			one(i, "POST", noun, own+"c")
			one(i, "GET", item, own+"i")
			one(i, "PUT", item, own+"p")
			one(i, "DELETE", item, own+"d")
			one(i, "GET", item+"/notes", own+"n")
			one(i, "POST", item+"/notes", own+"m")
			one(i, "GET", item+"/log", own+"g")
		}
	}
}

// collection is the path of one of 1,250 collections in 50 areas.
func collection(k int) string {
	return fmt.Sprintf("/api/v2/area%c%c/kind%c%cs", 'a'+k%5, 'a'+k/5%10, 'a'+k/50, 'a'+k%7)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestSummarySize: what a service of 10,000 endpoints and a million distinct
// paths takes, in bytes. WIRECENSUS_LONG=1 runs the whole, else a tenth.
func TestSummarySize(t *testing.T) {
	each := 20
	if os.Getenv("WIRECENSUS_LONG") != "" {
		each = 267
	}
	before := heap()
	c := New(Config{})
	bigAPI(c, each)
	used := heap() - before
	tree := c.good["api.example"].tree
	t.Logf("%d distinct paths: %d MiB, %d places, level %d of %.0f places, crowd %d", 1250*(1+each*3), used>>20, tree.nodes, tree.level, tree.census.places(tree.level), tree.crowd)
	if used > 64<<20 {
		t.Errorf("the summary takes %d MiB", used>>20)
	}
	if n := len(c.Services(Options{})[0].Endpoints); n != 10_000 {
		t.Errorf("%d endpoints", n)
	}
}

// hostile is a random path, of which half begin as those of a real endpoint do:
// random words, numbers and tokens at every level.
func hostile(r *rand.Rand, b []byte) []byte {
	b = b[:0]
	if r.IntN(2) == 0 {
		b = append(b, []string{"/api", "/api/v1", "/api/v1/users", "/api/v1/orders", "/api/v1/users/7", "/api/v1/users/70/orders"}[r.IntN(6)]...)
	}
	for range 1 + r.IntN(6) {
		b = append(b, '/')
		switch r.IntN(4) {
		case 0:
			b = fmt.Appendf(b, "%d", r.Uint64())
		case 1:
			b = fmt.Appendf(b, "%x", r.Uint64())
		case 2:
			b = append(b, []string{"api", "v1", "users", "orders"}[r.IntN(4)]...)
		default:
			for range 3 + r.IntN(8) {
				b = append(b, byte('a'+r.IntN(26)))
			}
		}
	}
	return b
}

// realForms are the paths of the real service, # for an integer.
var realForms = []string{"/api/v1/users/#", "/api/v1/users/#/orders", "/api/v1/orders/#", "/api/v1/orders"}

// realForm is the real form that a path has, "" for none.
func realForm(path string) string {
	form := numbers.ReplaceAllString(path, "/#$1")
	if slices.Contains(realForms, form) {
		return form
	}
	return ""
}

var numbers = regexp.MustCompile(`/[0-9]+(/|$)`)

func realAnswer(c *schemas.Call, form string) *schemas.Call {
	own := fmt.Sprintf("f%x", digest(0, form)%997)
	return data(c, own+"a", own+"b", "id")
}

// TestHostilePaths: random segments at every level, refused or answered with a page
// or with data that is the same for all, stay in the bound and leave the templates of
// real endpoints alone. WIRECENSUS_LONG=1 sends two hundred thousand of each, else
// twenty thousand; HOSTILE=n sends n.
func TestHostilePaths(t *testing.T) {
	n := 20_000
	if os.Getenv("WIRECENSUS_LONG") != "" {
		n = 200_000
	}
	if s := os.Getenv("HOSTILE"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	answers := []struct {
		name   string
		status int
		answer func(c *schemas.Call) *schemas.Call
	}{
		{"refused", 403, func(c *schemas.Call) *schemas.Call { return page(c, 7) }},
		{"not found", 404, func(c *schemas.Call) *schemas.Call { return page(c, 7) }},
		{"page", 200, func(c *schemas.Call) *schemas.Call { return page(c, 7) }},
		{"data", 200, func(c *schemas.Call) *schemas.Call { return data(c, "ok", "message") }},
	}
	for i, a := range answers {
		t.Run(a.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(i)))
			hostileFlood(t, n, func(i int, b []byte) *schemas.Call {
				path := string(hostile(r, b))
				if form := realForm(path); form != "" {
					return realAnswer(call(1000+i, "192.0.2.66", "GET", path, 200), form)
				}
				return a.answer(call(1000+i, "192.0.2.66", "GET", path, a.status))
			})
		})
	}
}

// hostileFlood folds n calls into a catalog of a real service and compares what it
// takes and how the service's endpoints are written.
func hostileFlood(t *testing.T, n int, next func(i int, b []byte) *schemas.Call) {
	c := New(Config{})
	for i := range 200 {
		for _, p := range realForms {
			path := strings.ReplaceAll(p, "#", strconv.Itoa(7*i))
			c.Apply(realAnswer(call(i, fmt.Sprintf("10.0.0.%d", i%20), "GET", path, 200), p))
		}
	}
	var real []string
	for _, e := range c.Services(Options{})[0].Endpoints {
		real = append(real, e.Template)
	}
	before := heap()
	var b []byte
	for i := range n {
		c.Apply(next(i, b))
	}
	used := int64(heap()) - int64(before)
	found := map[string]bool{}
	for _, e := range c.Services(Options{})[0].Endpoints {
		found[e.Template] = true
	}
	tree := c.good["api.example"].tree
	t.Logf("%d paths: %d MiB more, %d places at level %d, %d templates of endpoints, %d calls beyond the hard bound", n, used>>20, tree.nodes, tree.level, len(found), c.Overflow())
	for _, s := range []*service{c.good["api.example"], c.bad["api.example"]} {
		if s != nil && s.tree.nodes > hardLimit*s.tree.limits.paths {
			t.Errorf("%d places", s.tree.nodes)
		}
	}
	if used > 64<<20 {
		t.Errorf("%d MiB", used>>20)
	}
	for _, tpl := range real {
		if !found[tpl] {
			t.Errorf("%s is gone", tpl)
		}
	}
	if t.Failed() {
		t.Log(slices.Sorted(maps.Keys(found)))
	}
}
