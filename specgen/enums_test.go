package specgen

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"wirecensus/inventory/catalog"
	"wirecensus/schemas/shape"
)

// wordy gives every word a digest that it can be looked up by.
type wordy struct{ words map[uint64]string }

func (w wordy) Key([]byte) (uint32, string) { return 0, "" }
func (w wordy) Value(_ shape.Ref, _ uint32, _ shape.Kind, _ shape.Format, raw []byte) string {
	if strings.HasPrefix(string(raw), "sensitive") {
		return "name"
	}
	return ""
}

func (w wordy) Token(_ uint32, raw []byte) uint64 {
	d := uint64(14695981039346656037)
	for _, c := range raw {
		d = (d ^ uint64(c)) * 1099511628211
	}
	w.words[d] = string(raw)
	return d
}

// described returns the schema of the one body of a service in which each object
// has the values at i of all lists, as JSON texts.
func described(t *testing.T, objects int, lists map[string][]string, hide ...string) string {
	t.Helper()
	return describedAs(t, objects, lists, nil, hide...)
}

// describedAs is described where words stand for other texts.
func describedAs(t *testing.T, objects int, lists map[string][]string, texts map[string]string, hide ...string) string {
	t.Helper()
	w := wordy{map[uint64]string{}}
	s := shape.NewScanner(w)
	var names []string
	for name := range lists {
		names = append(names, name)
	}
	slices.Sort(names)
	s.Begin()
	for i := range objects {
		var b strings.Builder
		for j, name := range names {
			fmt.Fprintf(&b, "%s%q:%s", ",{"[b2i(j == 0):][:1], name, lists[name][i%len(lists[name])])
		}
		if !s.Add([]byte(b.String() + "}")) {
			t.Fatal(b.String())
		}
	}
	for d, text := range w.words {
		if slices.Contains(hide, text) {
			delete(w.words, d)
		}
		if other := texts[text]; other != "" {
			w.words[d] = other
		}
	}
	n := uint64(objects)
	op := &catalog.Operation{Calls: n, Success: n, Accepted: n, Statuses: map[int]uint64{200: n}, Responses: map[int]*catalog.Response{
		200: {Calls: n, Types: map[string]*catalog.Body{"application/json": {Calls: n, Shape: s.Node()}}}}}
	svc := &catalog.Service{Name: "a.example", Words: w.words, Endpoints: []*catalog.Endpoint{{Method: "GET", Template: "/things", Class: catalog.Real, Op: op}}}
	return string(Generate(svc, Options{Version: "3.1"}).YAML())
}

func quoted(words string) []string {
	var out []string
	for _, w := range strings.Fields(words) {
		out = append(out, fmt.Sprintf("%q", w))
	}
	return out
}

func TestEnum(t *testing.T) {
	many := "alpha beta gamma delta epsilon zeta eta theta iota kappa"
	tests := []struct {
		name    string
		objects int
		lists   map[string][]string
		hide    string
		want    bool
	}{
		{"a closed list", 12, map[string][]string{"state": quoted("open closed")}, "", true},
		{"too few to know all", 7, map[string][]string{"state": quoted("open closed")}, "", false},
		{"a value more for each", 20, map[string][]string{"state": quoted("open closed held sent lost won")}, "", false},
		{"and enough", 30, map[string][]string{"state": quoted("open closed held sent lost won")}, "", true},
		{"one value", 50, map[string][]string{"state": quoted("open")}, "", false},
		{"a word not released", 50, map[string][]string{"state": quoted("open closed")}, "closed", false},
		{"a sensitive value", 50, map[string][]string{"state": quoted("open closed sensitive1")}, "", false},
		{"a value that is no word", 50, map[string][]string{"state": {`"open"`, `"closed"`, `"open at ten"`}}, "", false},
		{"numbers too", 50, map[string][]string{"state": {`"open"`, `"closed"`, `7`}}, "", false},
		{"many plain words", 200, map[string][]string{"state": quoted(many)}, "", false},
		{"many constants", 200, map[string][]string{"state": quoted(strings.ReplaceAll(strings.ToUpper(many), "THETA", "THE_TA"))}, "", true},
		{"names of things", 50, map[string][]string{"name": quoted("open closed")}, "", false},
		{"things named elsewhere", 50, map[string][]string{"team": quoted("red blue"), "slug": quoted("red blue green")}, "", false},
		{"booleans as text", 50, map[string][]string{"on": quoted("true false")}, "", false},
		{"a third value beside them", 50, map[string][]string{"on": quoted("true false auto")}, "", true},
		{"countries", 50, map[string][]string{"from": quoted("DE FR PT")}, "", false},
		{"languages", 50, map[string][]string{"spoken": quoted("de en fr")}, "", false},
		{"names that count", 50, map[string][]string{"place": quoted("nyc3 fra1 sgp1 ams3 lon1")}, "", false},
		{"coupons", 200, map[string][]string{"promo": quoted("VERANO5 VERANO6 VERANO7 VERANO8 VERANO9 VERANO10 VERANO11 VERANO12 GRATIS")}, "", false},
		{"algorithms", 200, map[string][]string{"alg": quoted("RS256 RS384 RS512 HS256 HS384 HS512 ES256 ES384 ES512 PS256 PS384 PS512")}, "", true},
		{"words for everything", 60, map[string][]string{"state": quoted("a1 b c d e"), "kind": quoted("a1 b c d e"), "role": quoted("a1 b c d e"), "mood": quoted("a1 b c d e")}, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := described(t, tt.objects, tt.lists, strings.Fields(tt.hide)...)
			if got := strings.Contains(doc, "enum:"); got != tt.want {
				t.Errorf("enum %v, want %v\n%s", got, tt.want, doc)
			}
		})
	}
}

func TestEnumValues(t *testing.T) {
	doc := described(t, 60, map[string][]string{"state": {`"open"`, `"closed"`, `null`, `""`}})
	if want := "enum:\n- \"\"\n- closed\n- open\n- null\n"; !sameLines(doc, want) {
		t.Errorf("%s\nhas no\n%s", doc, want)
	}
}

// sameLines says whether doc has the lines of want in a row, however indented.
func sameLines(doc, want string) bool {
	flat := func(s string) string {
		var b strings.Builder
		for line := range strings.Lines(s) {
			b.WriteString(strings.TrimSpace(line) + "\n")
		}
		return b.String()
	}
	return strings.Contains(flat(doc), flat(want))
}

// TestEnumIsCompleted: a position with few values takes the list that the same
// name has elsewhere.
func TestEnumIsCompleted(t *testing.T) {
	texts := map[uint64]string{1: "open", 2: "closed", 3: "held"}
	str := func(n uint64, tokens ...uint64) *shape.Strings {
		s := &shape.Strings{Tokens: tokens, Len: shape.Range{Min: 4, Max: 6}}
		s.Formats.Add(shape.Token, n)
		return s
	}
	tests := []struct {
		name  string
		other []*shape.Strings
		own   *shape.Strings
		want  []string
	}{
		{"alone", nil, str(2, 1, 2), nil},
		{"a list elsewhere", []*shape.Strings{str(40, 1, 2, 3)}, str(2, 1, 2), []string{"closed", "held", "open"}},
		{"another list, joined", []*shape.Strings{str(40, 1, 3)}, str(2, 1, 2), []string{"closed", "held", "open"}},
		{"all together", []*shape.Strings{str(6, 1, 3), str(7, 2, 3)}, str(2, 1, 2), []string{"closed", "held", "open"}},
		{"enough by itself", []*shape.Strings{str(40, 1, 2, 3)}, str(40, 1, 2), []string{"closed", "open"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := &lexicon{texts: texts, names: map[uint64]map[string]bool{}, ids: map[uint64]bool{}, lists: map[string]*lists{}}
			for _, s := range append(tt.other, tt.own) {
				l.note(s, "state")
			}
			l.lists["state"].settle()
			if got := l.enum(tt.own, "state"); !slices.Equal(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
