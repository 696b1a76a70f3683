package shape

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

type lengths struct{}

func (lengths) Key([]byte) (uint32, string) { return 0, "" }
func (lengths) Value(_ Ref, _ uint32, _ Kind, f Format, _ []byte) string {
	if f == Email {
		return "email"
	}
	return ""
}
func (lengths) Token(_ uint32, raw []byte) uint64 { return uint64(len(raw))<<8 | uint64(raw[0]) }

func randomNodes(r *rand.Rand, s *Scanner, k int) []*Node {
	out := make([]*Node, k)
	for i := range out {
		out[i] = s.Scan([]byte(randomText(r)))
	}
	return out
}

func text1(n *Node) string { return string(n.AppendJSON(nil)) }

// TestMergeLaws: order and grouping do not matter, inputs stay as they are, the
// accumulator agrees, and the shape of an array's elements is their merge.
func TestMergeLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	s := NewScanner(lengths{})
	for range 500 {
		ns := randomNodes(r, s, 6)
		before := make([]string, len(ns))
		for i, n := range ns {
			before[i] = text1(n)
		}
		left := Merge(Merge(ns[0], ns[1]), ns[2])
		right := Merge(ns[0], Merge(ns[1], ns[2]))
		if text1(left) != text1(right) {
			t.Fatalf("not associative:\n%s\n%s\n%s", before[0], before[1], before[2])
		}
		if text1(Merge(ns[0], ns[1])) != text1(Merge(ns[1], ns[0])) {
			t.Fatalf("not commutative:\n%s\n%s", before[0], before[1])
		}
		var all *Node
		var acc Acc
		for _, i := range r.Perm(len(ns)) {
			all = Merge(all, ns[i])
		}
		for _, i := range r.Perm(len(ns)) {
			acc.Add(ns[i])
		}
		if text1(all) != text1(acc.Node()) || acc.count != all.positions() {
			t.Fatalf("accumulator differs:\n%s\n%s", text1(acc.Node()), text1(all))
		}
		for i, n := range ns {
			if text1(n) != before[i] {
				t.Fatalf("input changed:\n%s\n%s", before[i], text1(n))
			}
		}
		twice := structure(Merge(all, all))
		if twice != structure(all) {
			t.Fatalf("structure changed by repetition:\n%s\n%s", structure(all), twice)
		}
	}
}

// structure is the text of n without counts.
func structure(n *Node) string {
	n = n.Clone()
	flatten(n)
	return text1(n)
}

func flatten(n *Node) {
	if n == nil {
		return
	}
	one := func(c *uint64) { *c = min(*c, 1) }
	for i := range n.Kinds {
		one(&n.Kinds[i])
	}
	if n.Str != nil {
		var fs Formats
		for f := range n.Str.Formats.All() {
			fs.Add(f, 1)
		}
		n.Str.Formats = fs
	}
	if n.Num != nil {
		one(&n.Num.Negative)
		one(&n.Num.Zero)
	}
	flatten(n.Items)
	flatten(n.Extra)
	for i := range n.Props {
		one(&n.Props[i].Seen)
		flatten(n.Props[i].Node)
	}
}

func TestMergeEqualsScanOfArray(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	s := NewScanner(lengths{})
	for range 500 {
		a, b, c := randomText(r), randomText(r), randomText(r)
		whole := s.Scan([]byte("[" + a + "," + b + "," + c + "]"))
		parts := Merge(Merge(s.Scan([]byte(a)), s.Scan([]byte(b))), s.Scan([]byte(c)))
		if text1(whole.Items) != text1(parts) {
			t.Fatalf("[%s,%s,%s]\n got %s\nwant %s", a, b, c, text1(whole.Items), text1(parts))
		}
	}
}

// TestMergeManyNames: with more than MaxProps names the same ones stay in any order.
func TestMergeManyNames(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	s := NewScanner(nil)
	var docs []*Node
	for range 30 {
		m := map[string]any{}
		for range 40 {
			m[fmt.Sprintf("user_%c%c%c", 'a'+r.IntN(26), 'a'+r.IntN(26), 'a'+r.IntN(26))] = map[string]any{"n": r.IntN(9), "s": "word"}
		}
		b, _ := json.Marshal(m)
		docs = append(docs, s.Scan(b))
	}
	want := ""
	for round := range 10 {
		var all *Node
		var acc, half Acc
		for i, k := range r.Perm(len(docs)) {
			all = Merge(all, docs[k])
			if i%2 == 0 {
				acc.Add(docs[k])
			} else {
				half.Add(docs[k])
			}
		}
		acc.Add(half.View())
		if round == 0 {
			want = text1(all)
			if len(all.Props) != MaxProps || all.Extra == nil || all.Extra.Prop("n") == nil {
				t.Fatalf("props %d", len(all.Props))
			}
		}
		if text1(all) != want || text1(acc.View()) != want {
			t.Fatal("order matters")
		}
	}
}

func TestMergeIsBounded(t *testing.T) {
	s := NewScanner(nil)
	var acc Acc
	var all *Node
	for i := range 400 {
		m := map[string]any{}
		for j := range 50 {
			m[fmt.Sprintf("k%c%c_x", 'a'+i%20, 'a'+j%26)] = map[string]any{fmt.Sprintf("p%c%c%c_x", 'a'+i/20, 'a'+j%26, 'a'+i%26): 1}
		}
		b, _ := json.Marshal(m)
		n := s.Scan(b)
		acc.Add(n)
		all = Merge(all, n)
		if acc.count > 2*AccLimit || acc.count != acc.root.positions() || all.Nodes() > MaxMerged {
			t.Fatalf("%d nodes, counted %d; merged %d", acc.root.positions(), acc.count, all.Nodes())
		}
	}
	if n := acc.Whole().positions(); n != AccLimit {
		t.Errorf("%d positions kept", n)
	}
}

// TestAccBeyondItsLimit: what stays beyond the limit is a function of the shapes
// added, whatever their order and grouping.
func TestAccBeyondItsLimit(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	s := NewScanner(lengths{})
	var docs []*Node
	for range 120 {
		m := map[string]any{}
		for range 40 {
			m[fmt.Sprintf("user_%c%c%c", 'a'+r.IntN(26), 'a'+r.IntN(26), 'a'+r.IntN(26))] = map[string]any{"n": r.IntN(9), fmt.Sprintf("p_%c", 'a'+r.IntN(26)): []any{"word", r.IntN(3), map[string]any{"z": nil}}}
		}
		b, _ := json.Marshal(m)
		docs = append(docs, s.Scan(b))
	}
	for _, limit := range []int{1, 2, 8, 100, 700, 3000} {
		want := ""
		for round := range 8 {
			accs := make([]Acc, 1+r.IntN(5))
			for _, k := range r.Perm(len(docs)) {
				accs[r.IntN(len(accs))].AddUpTo(docs[k], limit)
			}
			for len(accs) > 1 {
				last := len(accs) - 1
				if r.IntN(2) == 0 {
					accs[last].View()
				}
				accs[r.IntN(last)].Merge(&accs[last])
				accs = accs[:last]
			}
			got := text1(accs[0].Whole())
			if n := accs[0].root.positions(); n > limit || n != accs[0].count {
				t.Fatalf("%d positions, counted %d, limit %d", n, accs[0].count, limit)
			}
			if round == 0 {
				want = got
			} else if got != want {
				t.Fatalf("limit %d: order matters:\n%.600s\n%.600s", limit, want, got)
			}
		}
	}
}

func TestAccAllocatesNothingWhenSettled(t *testing.T) {
	n := NewScanner(lengths{}).Scan(sample())
	var acc Acc
	acc.Add(n)
	acc.Add(n)
	if a := testing.AllocsPerRun(100, func() { acc.Add(n) }); a != 0 {
		t.Errorf("%v allocations per Add", a)
	}
}

func TestTokensOverflow(t *testing.T) {
	s := NewScanner(lengths{})
	doc := func(from, to int) *Node {
		var words []string
		for i := from; i < to; i++ {
			words = append(words, fmt.Sprintf("%c%s", 'a'+i%26, "xyzxyzxyzxyz"[:1+i/26*3]))
		}
		b, _ := json.Marshal(words)
		return s.Scan(b)
	}
	a, b := doc(0, 20), doc(20, 32)
	m := Merge(a, b).Items.Str
	if len(m.Tokens) != 32 || m.TokensFull || !slices.IsSorted(m.Tokens) {
		t.Fatalf("%d tokens, full %v", len(m.Tokens), m.TokensFull)
	}
	for _, n := range []*Node{Merge(Merge(a, b), doc(32, 33)), doc(0, 40)} {
		if s := n.Items.Str; len(s.Tokens) != 0 || !s.TokensFull {
			t.Errorf("%d tokens, full %v", len(s.Tokens), s.TokensFull)
		}
	}
}

func TestJSONRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	s := NewScanner(lengths{})
	for range 500 {
		n := Merge(s.Scan([]byte(randomText(r))), s.Scan([]byte(randomText(r))))
		b, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		var back Node
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if text1(&back) != text1(n) {
			t.Fatalf("\n%s\n%s", b, text1(&back))
		}
		if Merge(&back, n).Nodes() != n.Nodes() {
			t.Fatal("decoded shape has another structure")
		}
	}
	for _, bad := range []string{`[]`, `{"string":1,"formats":{"nope":1}}`, `{"string":1,"tokens":["x"]}`, `{"string":1,"formats":{"uuid":2}}`, `{"object":1,"props":{"a":null}}`} {
		if json.Unmarshal([]byte(bad), new(Node)) == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}
