package catalog

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"wirecensus/schemas"
)

// forest makes calls to services with random trees of routes: words beside parameters, parameters
// below parameters, files, keys, escapes, several methods and statuses, and in some a flood
// that fills the bounds.
func forest(r *rand.Rand, n int) []*schemas.Call {
	words := strings.Fields("users orders items search me export v1 v2 reports notes teams status admin api login")
	type route struct{ host, method, path string }
	var routes []route
	for h := range 1 + r.IntN(3) {
		for range 4 + r.IntN(12) {
			path := ""
			for range 1 + r.IntN(5) {
				path += "/" + []string{words[r.IntN(len(words))], words[r.IntN(len(words))], "#", "@", "#", "Rows(#)", "map;v=#", "%41b" + words[r.IntN(4)], "a.b-" + words[r.IntN(4)]}[r.IntN(9)]
			}
			for range 1 + r.IntN(2) {
				routes = append(routes, route{fmt.Sprintf("h%d.example", h), []string{"GET", "POST", "PUT", "DELETE", "HEAD"}[r.IntN(5)], path})
			}
		}
	}
	floods := r.IntN(3) == 0
	calls := make([]*schemas.Call, n)
	for i := range calls {
		x := routes[r.IntN(len(routes))]
		path := x.path
		for strings.Contains(path, "#") {
			path = strings.Replace(path, "#", fmt.Sprint(r.IntN(60)), 1)
		}
		for strings.Contains(path, "@") {
			path = strings.Replace(path, "@", fmt.Sprintf("%c%c-%s", 'a'+r.IntN(9), 'a'+r.IntN(9), words[r.IntN(3)]), 1)
		}
		if floods && r.IntN(2) == 0 {
			path = string(hostile(r, nil))
		}
		if r.IntN(9) == 0 {
			path += "/"
		}
		own := fmt.Sprintf("f%x", digest(0, x.path)%997)
		status := []int{200, 200, 200, 201, 401, 404, 500}[r.IntN(7)]
		calls[i] = data(call(r.IntN(5000), fmt.Sprintf("10.0.0.%d", r.IntN(40)), x.method, path, status), own+"a", own+"b", "id")
		calls[i].Host = x.host
		if ids := strings.Count(path, "/"); r.IntN(2) == 0 {
			d := r.Uint64N(50) + 1
			calls[i].IDs = []schemas.Ident{{In: "path", Pos: r.IntN(ids + 1), Digest: d}, {In: "response", At: "order_id", Digest: d}, {In: "path", Pos: -1}, {In: "path", Pos: 99}}
		}
	}
	return calls
}

// TestForests: with random trees of routes, the parts are the same for any order, dealing out
// and grouping of merges, and so are the decisions; floods at the bound included.
func TestForests(t *testing.T) {
	levels, rests := 0, 0
	for seed := range uint64(24) {
		r := rand.New(rand.NewPCG(seed, 31))
		calls := forest(r, 300+r.IntN(900))
		cfg := []Config{{}, {Words: 16, Values: 2, MaxPaths: 120}, {MaxPaths: 600}}[seed%3]
		cfg.Seed = seed * 0x9e3779b97f4a7c15
		whole := fold(r, calls, 1, cfg)
		want, decided := parts(t, whole), dump(whole.Services(Options{}))
		for round := range 3 {
			r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
			got := fold(r, calls, 1+r.IntN(7), cfg)
			if round == 2 {
				got = split(t, r, calls, cfg)
			}
			if d := compareParts(want, parts(t, got)); d != "" {
				t.Fatalf("seed %d, round %d: %s", seed, round, d)
			}
			if d := differ(decided, dump(got.Services(Options{}))); d != "" {
				t.Fatalf("seed %d, round %d: %.2000s", seed, round, d)
			}
		}
		if whole.Overflow() != 0 {
			t.Errorf("seed %d: %d calls met the hard bound", seed, whole.Overflow())
		}
		for _, s := range whole.good {
			levels, rests = levels+s.tree.level, rests+countRests(s.tree.root)
		}
	}
	if levels < 10 || rests < 10 {
		t.Errorf("levels %d, rests %d: the bounds were not driven", levels, rests)
	}
}

// TestOriginWithoutTime: a call whose time is not known names no operation that has others,
// in whatever order they come.
func TestOriginWithoutTime(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var calls []*schemas.Call
	for i := range 5 {
		c := call(i, "10.0.0.1", "GET", fmt.Sprint("/orders/", 70+i), 200)
		c.Time = []schemas.Time{0, 30, 0, 20, 20}[i]
		calls = append(calls, c)
	}
	cfg := Config{Values: 1, MaxPaths: 1}
	want := min(pathDigest("/orders/73"), pathDigest("/orders/74"))
	for range 50 {
		r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
		var o *Operation
		visitNodes(fold(r, calls, 1+r.IntN(3), cfg).good["api.example"].tree.root, func(n *node) {
			if len(n.ops) > 0 {
				o = &n.ops[0].Operation
			}
		})
		if o.Calls != 5 || o.Origin != want || o.First != 20 {
			t.Fatalf("%d calls from %d, origin %x, want %x", o.Calls, o.First, o.Origin, want)
		}
	}
}

// TestDuplicatedPaths: which places there are, and what the census counts, is a function of the set of paths:
// a batch that is folded in twice changes numbers of calls only. (Whole batches never are: ingest
// drops what it had, by number.)
func TestDuplicatedPaths(t *testing.T) {
	for seed := range uint64(24) {
		r := rand.New(rand.NewPCG(seed, 32))
		calls := forest(r, 300+r.IntN(900))
		cfg := []Config{{}, {Words: 16, Values: 2, MaxPaths: 120}}[seed%2]
		once := fold(r, calls, 3, cfg)
		again := append(slices.Clone(calls), calls[:len(calls)/2]...)
		r.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
		twice := fold(r, again, 1+r.IntN(5), cfg)
		if a, b := skeleton(once), skeleton(twice); a != b {
			t.Fatalf("seed %d: %s", seed, differ(a, b))
		}
	}
}

// skeleton writes the trees of a catalog without what counts calls.
func skeleton(c *Catalog) string {
	var b strings.Builder
	for i, m := range []map[string]*service{c.good, c.bad} {
		for _, name := range names(m) {
			s := m[name]
			fmt.Fprintln(&b, i, name, s.tree.level, s.tree.crowd, s.tree.nodes)
			s.tree.census.sketches(func(x *small) { x.all(func(at, r uint8) { fmt.Fprint(&b, at, ":", r, " ") }) })
			var walk func(n *node, way string)
			walk = func(n *node, way string) {
				fmt.Fprintln(&b, way, n.class, n.rest, n.depth, n.ids, n.cost, n.id)
				for _, p := range n.methods() {
					fmt.Fprint(&b, p.method, " ", p.Clients.Count(), " ", p.Origin, " ", p.First, " ", p.Last, "\n")
				}
				n.sorted(func(c *node, g *group) { walk(c, fmt.Sprint(way, "/", c.text, g.distinct.Count())) })
			}
			walk(s.tree.root, "")
		}
	}
	return b.String()
}

// TestOtherTemplatesStay: calls of one template of a random service, with new identifiers, change no
// other template.
func TestOtherTemplatesStay(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 33))
		calls := api(r, 400+r.IntN(300))
		before := decide(calls, 1, r)
		x := calls[r.IntN(len(calls))]
		more := slices.Clone(calls)
		for i := range 1 + r.IntN(200) {
			y := *x
			y.Time += schemas.Time(i)
			y.Client = fmt.Sprintf("10.0.0.%d", r.IntN(9))
			segs := strings.Split(y.Path, "/")
			for j, s := range segs {
				if len(s) > 0 && s[0] >= '0' && s[0] <= '9' {
					segs[j] = fmt.Sprint(100 + r.IntN(9000))
				}
			}
			y.Path = strings.Join(segs, "/")
			more = append(more, &y)
		}
		if a, b := apart(decide(more, 1+r.IntN(4), r), x), apart(before, x); a != b {
			t.Errorf("seed %d: more of %s %s:\n%s\nwas:\n%s", seed, x.Method, x.Path, a, b)
		}
	}
}

// TestWalkRemembers: what a tree remembers for speed (marks, judgements, paths seen) shows nowhere:
// a catalog read back from parts, which remembers nothing, goes on as the one that wrote them.
func TestWalkRemembers(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 34))
		calls := forest(r, 1200)
		cfg := Config{Words: 16, Values: 3, MaxPaths: 80 << (seed % 4)}
		warm := New(cfg)
		cold := map[string][]byte{}
		for len(calls) > 0 {
			n := min(len(calls), 1+r.IntN(100))
			c := New(cfg)
			imported(t, c, cold)
			for _, x := range calls[:n] {
				warm.Apply(x)
				c.Apply(x)
			}
			cold, calls = parts(t, c), calls[n:]
			if d := compareParts(parts(t, warm), cold); d != "" {
				t.Fatalf("seed %d, %d calls before the end: %s", seed, len(calls), d)
			}
		}
	}
}
