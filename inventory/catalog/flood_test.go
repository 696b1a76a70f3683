package catalog

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// flood makes calls in which all that a sender chooses is random: every bound is met.
func flood(r *rand.Rand, n int) []*schemas.Call {
	text := func(kinds int) string { return fmt.Sprintf("%c%x", 'a'+r.IntN(26), r.IntN(kinds)) }
	calls := make([]*schemas.Call, 0, n)
	scan := shape.NewScanner(nil)
	for i := range n {
		c := &schemas.Call{ID: fmt.Sprint(i), Time: schemas.Time(r.Int64N(1e6)) - 3, Method: "GET", Scheme: "http", Host: "s.example", Port: 80, RequestSeen: true,
			Client: fmt.Sprintf("10.0.%d.%d", r.IntN(2), r.IntN(90)), UserAgent: text(9), Status: 200 + r.IntN(60), Peer: text(9)}
		switch r.IntN(12) {
		case 0, 6:
			c.Method = text(9)
		case 1:
			c.Status = r.IntN(700) - 20
		case 2:
			c.Host, c.Port = [...]string{"::1", "[::1]", "s.example", "t.example"}[r.IntN(4)], uint16(r.IntN(3)+79)
		case 3:
			c.Host = text(30)
		case 4, 7:
			c.Scheme = text(20)
		case 5:
			c.Path = fmt.Sprintf("/%%%d/%%%%34%d", r.IntN(90), r.IntN(9))
		}
		for range r.IntN(9) * r.IntN(2) {
			c.Path += [...]string{"/" + text(3), "/" + text(200), fmt.Sprint("/", r.IntN(90)), fmt.Sprintf("/%x-%d", r.Uint32(), r.IntN(9)), "/v1", "/a.b"}[r.IntN(6)]
		}
		if r.IntN(20) == 0 {
			for range 30 {
				c.Path += "/x"
			}
		}
		if i%5 == 0 {
			for range r.IntN(40) {
				c.Query = append(c.Query, schemas.Param{Name: text(20)[r.IntN(2):], Style: text(9), Class: text(2), Shape: wide(r, scan, 3)})
				c.Sensitive = append(c.Sensitive, schemas.Sensitive{Class: text(9), In: text(2), At: text(9), Count: r.IntN(3)})
			}
			for range r.IntN(9) {
				c.Auth = append(c.Auth, schemas.Auth{Scheme: text(9), In: text(2), Name: text(9), Alg: text(9), Principal: uint64(r.IntN(500))})
			}
			c.Request = schemas.Content{MediaType: text(3), Shape: wide(r, scan, 30), Unread: text(9), Print: uint64(r.IntN(300)), Parts: []schemas.Part{{Name: text(40), MediaType: text(9), File: r.IntN(2) == 0}}}
		}
		c.Response = schemas.Content{MediaType: text(1), Shape: wide(r, scan, 12)}
		c.IDs = []schemas.Ident{{In: "path", Pos: r.IntN(3), Digest: r.Uint64N(900)}, {In: "response", At: "id", Digest: r.Uint64()}}
		calls = append(calls, c)
	}
	return calls
}

// wide is an object of random names.
func wide(r *rand.Rand, scan *shape.Scanner, names int) *shape.Node {
	doc := []byte{'{'}
	for i := range r.IntN(names) {
		if i > 0 {
			doc = append(doc, ',')
		}
		doc = fmt.Appendf(doc, `"n_%c%c%c":[{"k_%c":%d},"word"]`, 'a'+r.IntN(26), 'a'+r.IntN(26), 'a'+r.IntN(26), 'a'+r.IntN(26), r.IntN(9))
	}
	return scan.Scan(append(doc, '}'))
}

// TestFloodIsExact: with every bound exceeded the catalog is still a function of
// the set of calls.
func TestFloodIsExact(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 99))
		calls := flood(r, 3000)
		cfg := Config{MaxServices: 6, Words: 16, Values: 3, MaxPaths: 60 << (2 * seed), Seed: seed}
		whole := New(cfg)
		for _, c := range calls {
			whole.Apply(c)
		}
		var words []schemas.Word
		for range 3000 {
			words = append(words, schemas.Word{Digest: r.Uint64(), Text: "w"})
		}
		whole.AddWords(words)
		got := split(t, r, calls, cfg)
		got.AddWords(words)
		if d := compareParts(parts(t, whole), parts(t, got)); d != "" {
			t.Fatalf("seed %d: %s", seed, d)
		}
		if whole.Overflow() != 0 {
			t.Errorf("seed %d: %d calls met the hard bound", seed, whole.Overflow())
		}
		if bounds := boundsMet(whole); bounds != "" {
			t.Errorf("seed %d: no %s was too many", seed, bounds)
		}
		if n, _ := whole.Dropped(); n == 0 {
			t.Errorf("seed %d: no service was dropped", seed)
		}
		for _, m := range []map[string]*service{whole.good, whole.bad} {
			for _, s := range m {
				if s.tree.nodes != countNodes(s.tree.root) || s.tree.nodes > hardLimit*s.tree.limits.paths {
					t.Errorf("seed %d: %s has %d places, counted %d, level %d", seed, s.name, countNodes(s.tree.root), s.tree.nodes, s.tree.level)
				}
			}
		}
	}
}

// boundsMet names a kind of which nothing fell out.
func boundsMet(c *Catalog) string {
	var methods, statuses, types, names, styles, schemes, callers uint64
	for _, m := range []map[string]*service{c.good, c.bad} {
		for _, s := range m {
			schemes += s.more
			visitNodes(s.tree.root, func(n *node) {
				methods += n.more
				for _, p := range n.ops {
					if len(p.callers) == maxCallers {
						callers++
					}
					if len(p.Statuses) == maxStatuses {
						statuses++
					}
					if len(p.Query) == maxNames {
						names++
					}
					for _, q := range p.Query {
						styles += q.more
					}
					for _, r := range p.Responses {
						types += r.more
					}
				}
			})
		}
	}
	for name, n := range map[string]uint64{"method": methods, "status": statuses, "type": types, "name": names, "style": styles, "scheme": schemes, "caller": callers} {
		if n == 0 {
			return name
		}
	}
	return ""
}

func visitNodes(n *node, visit func(n *node)) {
	visit(n)
	n.sorted(func(c *node, _ *group) { visitNodes(c, visit) })
}
