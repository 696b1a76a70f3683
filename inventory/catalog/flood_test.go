package catalog

import (
	"fmt"
	"math/rand/v2"
	"strings"
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
			Client: fmt.Sprintf("10.0.%d.%d", r.IntN(2), r.IntN(90)), UserAgent: text(9), Status: 200 + r.IntN(60)*r.IntN(2), Peer: text(9)}
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
			c.Path += [...]string{"/" + text(3), "/" + text(200), fmt.Sprint("/", r.IntN(90)), fmt.Sprintf("/%x-%d", r.Uint32(), r.IntN(9)), "/v1", "/a.b",
				fmt.Sprintf("/%s(%d)", text(3), r.IntN(90)), fmt.Sprintf("/%s;v=%d", text(3), r.IntN(90))}[r.IntN(8)]
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
			c.Request = schemas.Content{MediaType: [...]string{"a", text(3)}[r.IntN(2)], Shape: wide(r, scan, 30), Unread: text(9), Print: uint64(r.IntN(300))}
			for range 9 {
				c.Request.Parts = append(c.Request.Parts, schemas.Part{Name: text(40), MediaType: text(9), File: r.IntN(2) == 0})
			}
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
	met := map[string]uint64{}
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 99))
		calls := flood(r, 2000)
		cfg := Config{MaxServices: 6, Words: 16, Values: 3, MaxPaths: 60 << (4 * seed), Seed: seed}
		for digest(cfg.Seed, "s.example") > 1<<57 {
			cfg.Seed++ // so that the service that is called most stays
		}
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
		boundsMet(whole, met)
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
	for _, kind := range strings.Fields("schemes levels methods callers statuses names auth sensitive agents styles types parts reasons") {
		if met[kind] == 0 {
			t.Errorf("%s never met their bound", kind)
		}
	}
	if met["param shapes"] == 0 {
		t.Error("no shape met its bound")
	}
}

// boundsMet counts what met its bound, by kind.
func boundsMet(c *Catalog, met map[string]uint64) {
	full := func(kind string, n, limit int) {
		if n == limit {
			met[kind]++
		}
	}
	for _, m := range []map[string]*service{c.good, c.bad} {
		for _, s := range m {
			met["schemes"] += s.more
			met["levels"] += uint64(s.tree.level)
			visitNodes(s.tree.root, func(n *node) {
				met["methods"] += n.more
				for _, p := range n.ops {
					full("callers", len(p.callers), maxCallers)
					full("statuses", len(p.Statuses), maxStatuses)
					full("names", len(p.Query), maxNames)
					full("auth", len(p.Auth), maxNames)
					full("sensitive", len(p.Sensitive), maxNames)
					full("agents", len(p.agents), maxFew)
					for _, q := range p.Query {
						met["styles"] += q.more
						full("param shapes", q.acc.Positions(), paramShape)
					}
					for _, r := range p.Responses {
						met["types"] += r.more
					}
					for _, b := range p.Requests {
						full("parts", len(b.Parts), maxNames)
						met["reasons"] += b.more
					}
				}
			})
		}
	}
}

func visitNodes(n *node, visit func(n *node)) {
	visit(n)
	n.sorted(func(c *node, _ *group) { visitNodes(c, visit) })
}
