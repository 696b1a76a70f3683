package shape

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// randomKinds makes objects that say what they are, most of them.
func randomKinds(r *rand.Rand) []string {
	kinds := []string{"cat", "dog", "bird", "horse"}[:1+r.IntN(4)]
	names := []string{"age", "bark", "claws", "depth", "zest", "a"}
	out := make([]string, 1+r.IntN(9))
	sloppy := r.IntN(4) == 0
	for i := range out {
		k := r.IntN(len(kinds))
		o := map[string]any{"type": kinds[k]}
		for j, n := range names {
			if j%len(kinds) == k || r.IntN(3) == 0 {
				o[n] = i
			}
		}
		if r.IntN(2) == 0 {
			o["object"] = "animal"
		}
		switch {
		case sloppy && r.IntN(6) == 0:
			delete(o, "type")
		case sloppy && r.IntN(6) == 0:
			o["type"] = []any{nil, "", "no word at all", 7}[r.IntN(4)]
		}
		b, _ := json.Marshal(o)
		out[i] = string(b)
	}
	return out
}

// wantCases are the cases of objects, from their texts: what a node with all of them and its property by tells.
func wantCases(t *testing.T, texts []string, by string) map[string]string {
	objects := make([]map[string]any, len(texts))
	all := map[string]bool{}
	words, names := map[string]int{}, map[string]bool{}
	for i, s := range texts {
		if err := json.Unmarshal([]byte(s), &objects[i]); err != nil {
			t.Fatal(err)
		}
		w, ok := objects[i][by].(string)
		if !ok || w == "" || strings.Contains(w, " ") {
			return nil
		}
		words[w]++
		for n := range objects[i] {
			names[n] = true
			all[n] = true
		}
	}
	uniform := true
	for _, o := range objects {
		uniform = uniform && len(o) == len(all)
	}
	if uniform && len(words) == 1 {
		return nil
	}
	out := map[string]string{}
	for w, count := range words {
		var some, lack []string
		for _, n := range slices.Sorted(maps.Keys(names)) {
			has := 0
			for _, o := range objects {
				if _, ok := o[n]; ok && o[by] == w {
					has++
				}
			}
			if has > 0 {
				some = append(some, n)
			}
			if has < count {
				lack = append(lack, n)
			}
		}
		out[w] = fmt.Sprint(count, some, lack)
	}
	return out
}

// haveCases are the cases of n by the property called by.
func haveCases(n *Node, by string, words map[uint64]string) map[string]string {
	list := func(set uint64) (out []string) {
		for i, p := range n.Props {
			if set>>i&1 != 0 {
				out = append(out, p.Name)
			}
		}
		return out
	}
	var out map[string]string
	for _, c := range n.Cases {
		if n.Props[c.By].Name == by {
			if out == nil {
				out = map[string]string{}
			}
			out[words[c.Token]] = fmt.Sprint(c.Count, list(c.Some), list(c.Lack))
		}
	}
	return out
}

// What the objects of each kind have is the same however they were grouped, in what order they came, and
// whether they were in one text.
func TestCases(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	s := NewScanner(lengths{})
	words := map[uint64]string{}
	for _, w := range []string{"cat", "dog", "bird", "horse", "animal"} {
		words[lengths{}.Token(0, []byte(w))] = w
	}
	told := 0
	for range 3000 {
		texts := randomKinds(r)
		nodes := map[string]*Node{"scan": s.Scan([]byte("[" + strings.Join(texts, ",") + "]")).Items}
		var ones []*Node
		for _, text := range texts {
			ones = append(ones, s.Scan([]byte(text)))
		}
		r.Shuffle(len(ones), func(i, j int) { ones[i], ones[j] = ones[j], ones[i] })
		k := r.IntN(len(ones) + 1)
		var a, b *Node
		var x, y Acc
		for i, n := range ones {
			if i < k {
				a = Merge(a, n)
				x.Add(n)
			} else {
				b = Merge(n, b)
				y.Add(n)
			}
		}
		nodes["merge"] = Merge(a, b)
		x.Merge(&y)
		nodes["acc"] = x.Node()
		y = Acc{}
		y.Add(a)
		y.Add(b)
		nodes["groups"] = y.Node()
		for _, by := range []string{"type", "object"} {
			want := wantCases(t, texts, by)
			told += len(want)
			for how, n := range nodes {
				if got := haveCases(n, by, words); !maps.Equal(got, want) {
					t.Fatalf("%s by %s of %s:\n got %v\nwant %v", how, by, texts, got, want)
				}
			}
		}
		for how, n := range nodes {
			if !n.Equal(nodes["scan"]) || text1(n) != text1(nodes["scan"]) {
				t.Fatalf("%s of %s:\n got %s\nwant %s", how, texts, text1(n), text1(nodes["scan"]))
			}
			var back Node
			if err := json.Unmarshal([]byte(text1(n)), &back); err != nil || text1(&back) != text1(n) {
				t.Fatalf("%s: %s (%v)", text1(n), text1(&back), err)
			}
		}
	}
	if told < 1000 {
		t.Fatalf("only %d cases", told)
	}
}

// Cases are told of so many values and properties only.
func TestCasesAreBounded(t *testing.T) {
	s := NewScanner(lengths{})
	var many, wide []string
	for i := range MaxCases + 1 {
		many = append(many, fmt.Sprintf(`{"type":"%c%s","p%d":1}`, 'a'+i, strings.Repeat("x", i), i))
	}
	for i := range MaxCaseProps {
		wide = append(wide, fmt.Sprintf(`{"type":"%c","p%d":1}`, "ab"[i%2], i))
	}
	for name, texts := range map[string][]string{"values": many, "properties": wide} {
		var acc Acc
		for i, text := range texts {
			acc.Add(s.Scan([]byte(text)))
			if last, told := i == len(texts)-1, acc.View().Cases != nil; i > 0 && told == last {
				t.Errorf("%s: cases of %d objects: %v", name, i+1, told)
			}
		}
		if n := s.Scan([]byte("[" + strings.Join(texts, ",") + "]")).Items; n.Cases != nil {
			t.Errorf("%s: cases in one text", name)
		}
		if n := s.Scan([]byte("[" + strings.Join(texts[:len(texts)-1], ",") + "]")).Items; n.Cases == nil {
			t.Errorf("%s: no cases within the bounds", name)
		}
	}
}

// Objects that were built piece by piece have no cases: nothing says which of them had what.
func TestCasesOfBuiltObjects(t *testing.T) {
	s := NewScanner(lengths{})
	s.Begin()
	for _, w := range []string{"cat", "dog"} {
		s.Object(s.Root())
		s.String(s.Property(s.Root(), []byte("type")), []byte(w))
		s.String(s.Property(s.Root(), []byte(w)), []byte("x"))
	}
	built := s.Node()
	if built.Cases != nil {
		t.Fatal(text1(built))
	}
	if n := Merge(built, s.Scan([]byte(`{"type":"cat","cat":"x"}`))); n.Cases != nil {
		t.Fatalf("cases out of what is not known: %s", text1(n))
	}
}

func TestTuples(t *testing.T) {
	s := NewScanner(lengths{})
	const i, str, num = 1 << Integer, 1 << String, 1 << Number
	for _, c := range []struct {
		text string
		want []uint8 // nil: not told apart
	}{
		{`[[1,"a"],[2,"b"]]`, []uint8{i, str}},
		{`[[1.5,"a"],[2,"b"]]`, []uint8{i | num, str}},
		{`[[ 1 , "a" ],["b",2]]`, []uint8{i | str, i | str}},
		{`[["a","b"],["c",2]]`, []uint8{str, i | str}},
		{`[[1,2],[3,4]]`, []uint8{i, i}},
		{`[[1,"a"],[2]]`, nil},
		{`[[1,"a"],[]]`, nil},
		{`[[1,2,3,4,5,6,7,8,"a"],[1,2,3,4,5,6,7,8,"a"]]`, nil},
		{`[[1,{"a":2},[3],null,true]]`, []uint8{i, 1 << Object, 1 << Array, 1 << Null, 1 << Bool}},
	} {
		whole := s.Scan([]byte(c.text)).Items
		var parts *Node
		var acc Acc
		var texts []json.RawMessage
		if err := json.Unmarshal([]byte(c.text), &texts); err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			parts = Merge(s.Scan(text), parts)
			acc.Add(s.Scan(text))
		}
		for how, n := range map[string]*Node{"scan": whole, "merge": parts, "acc": acc.Node()} {
			var got []uint8
			for k := range n.Lens.Max {
				if e := n.ElementKinds(k); e != 0 {
					got = append(got, e)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s of %s: %v, want %v", how, c.text, got, c.want)
			}
		}
		if text1(whole) != text1(parts) || text1(whole) != text1(acc.Node()) {
			t.Errorf("%s:\n%s\n%s\n%s", c.text, text1(whole), text1(parts), text1(acc.Node()))
		}
	}
}

// FuzzCases: what is known of a list of texts does not depend on whether they came as one, nor on their order and groups.
func FuzzCases(f *testing.F) {
	r := rand.New(rand.NewPCG(13, 14))
	for range 20 {
		f.Add(strings.Join(randomKinds(r), "\n"), uint8(r.IntN(8)))
	}
	f.Add("[1,\"a\"]\n[2.5,\"b\"]\n[]\nnull", uint8(2))
	f.Fuzz(func(t *testing.T, text string, at uint8) {
		s := NewScanner(lengths{})
		var valid []string
		var left, right *Node
		var x, y Acc
		for i, line := range strings.Split(text, "\n") {
			n := s.Scan([]byte(line))
			if n == nil {
				continue
			}
			valid = append(valid, line)
			if i < int(at) {
				left = Merge(n, left)
				x.Add(n)
			} else {
				right = Merge(right, n)
				y.Add(n)
			}
		}
		whole := s.Scan([]byte("[" + strings.Join(valid, ",") + "]"))
		if whole == nil || len(valid) == 0 || strings.Count(text, "[")+strings.Count(text, "{") > MaxDepth-2 {
			return // deeper by one than the texts alone
		}
		both := Merge(left, right)
		y.Merge(&x)
		want := text1(whole.Items)
		if got := text1(both); got != want {
			t.Fatalf("merged\n got %s\nwant %s", got, want)
		}
		if got := text1(y.Node()); got != want {
			t.Fatalf("accumulated\n got %s\nwant %s", got, want)
		}
		var back Node
		if err := json.Unmarshal([]byte(want), &back); err != nil || text1(&back) != want {
			t.Fatalf("%s: %v", want, err)
		}
	})
}
