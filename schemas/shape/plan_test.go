package shape

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// judge is a visitor whose answers depend on its arguments alone; it writes down what it is asked.
type judge struct {
	s   *Scanner
	log []string
}

func (j *judge) Key(name []byte) (uint32, string) {
	if string(name) == "meta" {
		return 0, "{secret}"
	}
	return uint32(len(name)) & 1, ""
}

func (j *judge) Value(at Ref, hint uint32, k Kind, f Format, raw []byte) string {
	j.log = append(j.log, fmt.Sprintf("%s %s %d %d %v %v %s", j.s.AppendPath(nil, at), j.s.Name(at), hint, j.s.Parent(at), k, f, raw))
	if len(raw) == 10 {
		return "birth-date"
	}
	return ""
}

func (j *judge) Token(hint uint32, raw []byte) uint64 {
	j.log = append(j.log, fmt.Sprintf("token %d %s", hint, raw))
	return uint64(len(raw))<<8 | uint64(raw[0])
}

// outcome is all that can be seen of the scan of texts as one shape.
func outcome(s *Scanner, context uint64, texts ...string) string {
	j := s.visitor.(*judge)
	j.log = j.log[:0]
	s.Begin()
	if context != 0 {
		s.Expect(context)
	}
	for _, t := range texts {
		if !s.Add([]byte(t)) {
			return "invalid"
		}
	}
	out := string(s.Node().AppendJSON(nil)) + "\n" + strings.Join(j.log, "\n") + "\n"
	for _, p := range s.AppendProps(nil) {
		out += p.Name + string(p.Node.AppendJSON(nil))
	}
	return out
}

func judged() *Scanner {
	j := &judge{}
	j.s = NewScanner(j)
	return j.s
}

// wideText is an object of n properties, each with k elements, the first one called after from.
func wideText(from, n, k int) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"p%d":{"q":[%s{}]}`, (from+i)%(2*n), strings.Repeat(`{"r":"x"},`, k))
	}
	return b.String() + "}"
}

// A Scanner that knows the context of a text, lends its shapes and has read thousands of
// others says what a new one says of it, and asks its visitor the same.
func TestContextChangesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	warm := judged()
	warm.Lend()
	for i := range 2000 {
		text := randomText(r)
		switch r.IntN(40) {
		case 0:
			text = wideText(r.IntN(50), 1+r.IntN(300), r.IntN(3))
		case 1:
			text = texts[r.IntN(len(texts))]
		case 2:
			text = fmt.Sprintf(`{"k%d":%s}`, i, text)
		}
		both := []string{text}
		if r.IntN(4) == 0 {
			both = append(both, randomText(r))
		}
		if r.IntN(3) == 0 {
			warm.Reclaim()
		}
		got, want := outcome(warm, uint64(r.IntN(4)), both...), outcome(judged(), 0, both...)
		if got != want {
			t.Fatalf("text %d, %.300q: warm\n%.2000s\ncold\n%.2000s", i, text, got, want)
		}
	}
}

// What has no room has none whatever the scans before left.
func TestContextKeepsLimits(t *testing.T) {
	warm := judged()
	for i, text := range []string{wideText(0, 100, 1), wideText(0, 2000, 1), wideText(90, 100, 1), wideText(1000, 2000, 1), wideText(0, 3000, 0), `{"a":1}`, wideText(5, 2000, 1)} {
		if got, want := outcome(warm, 1, text), outcome(judged(), 0, text); got != want {
			t.Fatalf("text %d: warm\n%.500s\ncold\n%.500s", i, got, want)
		}
		if warm.kept > maxPlans {
			t.Fatalf("%d nodes kept", warm.kept)
		}
	}
}

// What contexts keep is bounded, whatever their number and texts.
func TestContextsAreBounded(t *testing.T) {
	s := judged()
	for i := range 10_000 {
		outcome(s, uint64(i)+1, wideText(i, 1+i%40, 0))
	}
	s.Begin()
	nodes := 0
	for i := range s.plans {
		nodes += len(s.plans[i].nodes)
		if len(s.plans[i].nodes) > maxPlan {
			t.Fatalf("a context of %d nodes", len(s.plans[i].nodes))
		}
	}
	if nodes != s.kept || nodes > maxPlans {
		t.Errorf("%d nodes, %d counted", nodes, s.kept)
	}
}

func FuzzContext(f *testing.F) {
	for i, text := range texts {
		if len(text) < 200 {
			f.Add([]byte(text), []byte(texts[(i+7)%14]))
		}
	}
	f.Fuzz(func(t *testing.T, before, text []byte) {
		warm := judged()
		warm.Lend()
		outcome(warm, 1, string(before))
		outcome(warm, 1, string(text))
		outcome(warm, 1, string(before))
		warm.Reclaim()
		if got, want := outcome(warm, 1, string(text)), outcome(judged(), 0, string(text)); got != want {
			t.Fatalf("warm\n%s\ncold\n%s", got, want)
		}
	})
}
