package normalize

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"wirecensus/schemas"
	"wirecensus/sensor/exchange"
)

// from returns an exchange of a client whose answer is body; user is who the
// credential names, "" for none.
func from(client, user, body string) *exchange.Exchange {
	req := "GET /things HTTP/1.1\nHost: a.example\n"
	if user != "" {
		req += "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":x9")) + "\n"
	}
	ex := pairOf(req+"\n", "HTTP/1.1 200 OK\nContent-Type: application/json\n\n"+body)
	ex.Client = addr(client + ":50000")
	return ex
}

// released returns the texts released after the exchanges, in order.
func released(exs ...*exchange.Exchange) []string {
	n := New(Config{Key: testKey, Words: true})
	for _, ex := range exs {
		n.Call(ex)
	}
	var out []string
	for _, w := range n.Vocabulary().Released() {
		out = append(out, w.Text)
	}
	slices.Sort(out)
	return out
}

const (
	one, two = "192.0.2.1", "192.0.2.2"
	open     = `{"state":"open"}`
)

func TestReleased(t *testing.T) {
	tests := []struct {
		name string
		exs  []*exchange.Exchange
		want []string
	}{
		{"three calls of two clients", []*exchange.Exchange{from(one, "", open), from(two, "", open), from(one, "", open)}, []string{"open"}},
		{"two calls of two clients", []*exchange.Exchange{from(one, "", open), from(two, "", open)}, nil},
		{"one call counts once", []*exchange.Exchange{from(one, "", `{"state":["open","open","open"]}`), from(two, "", open)}, nil},
		{"one client", []*exchange.Exchange{from(one, "", open), from(one, "", open), from(one, "", open), from(one, "", open)}, nil},
		{"a city of one client", []*exchange.Exchange{from(one, "", `{"stop":"Lisbon"}`), from(one, "", `{"stop":"Lisbon"}`), from(one, "", `{"stop":"Lisbon"}`), from(two, "", open)}, nil},
		{"one principal from two addresses", []*exchange.Exchange{from(one, "ana", open), from(two, "ana", open), from(one, "ana", open)}, nil},
		{"one principal, and others unknown", []*exchange.Exchange{from(one, "ana", open), from(two, "", open), from(one, "ana", open)}, nil},
		{"two principals", []*exchange.Exchange{from(one, "ana", open), from(two, "ben", open), from(one, "ana", open)}, []string{"open"}},
		{"a first name anywhere else", []*exchange.Exchange{from(one, "", `{"nick":"Alice"}`), from(two, "", `{"nick":"Alice"}`), from(two, "", `{"nick":"Alice"}`), from(one, "", `{"first_name":"Alice"}`)}, nil},
		{"a part of a name", []*exchange.Exchange{from(one, "", `{"nick":"Alice"}`), from(two, "", `{"nick":"Alice"}`), from(two, "", `{"full_name":"Alice Moreau","nick":"Alice"}`)}, nil},
		{"a login name", []*exchange.Exchange{from(one, "", `{"nick":"wanda"}`), from(two, "", `{"nick":"wanda"}`), from(two, "", `{"nick":"wanda","username":"wanda"}`)}, nil},
		{"a password", []*exchange.Exchange{from(one, "", `{"password":"monday","x":"monday"}`), from(two, "", `{"x":"monday"}`), from(two, "", `{"x":"monday"}`)}, nil},
		{"under a sensitive name it does not count", []*exchange.Exchange{from(one, "", `{"token":"none"}`), from(two, "", `{"token":"none"}`), from(two, "", `{"token":"none"}`)}, nil},
		{"but does not bar it", []*exchange.Exchange{from(one, "", `{"token":"none","mode":"none"}`), from(two, "", `{"mode":"none"}`), from(two, "", `{"mode":"none"}`)}, []string{"none"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := released(tt.exs...); !slices.Equal(got, tt.want) {
				t.Errorf("released %q, want %q", got, tt.want)
			}
		})
	}
	if n := New(Config{Key: testKey}); n.Vocabulary() != nil {
		t.Error("a vocabulary without Config.Words")
	}
	orphan := from(two, "", open)
	orphan.Request = nil
	if got := released(from(one, "", open), from(one, "", open), orphan); got != nil {
		t.Errorf("an answer without its request counted: %q", got)
	}
}

func TestWordLike(t *testing.T) {
	for _, s := range []string{"open", "IN_PROGRESS", "float16", "us-east-1", "nyc3", "ACCENT1", "LOCATION_TYPE_UNSPECIFIED", "on-failure", "A", "sha256", "https"} {
		if !wordLike([]byte(s)) {
			t.Errorf("%q is a word", s)
		}
	}
	for _, s := range []string{"", "4711", "W9QX2KLMZ", "U012AB3CD", "a1b2c3d4", "two words", "a@b", "DE89370400440532013000", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "xkqzwtrpl", "-", "Zk93jdkLLq02mmXaPq"} {
		if wordLike([]byte(s)) {
			t.Errorf("%q is no word", s)
		}
	}
}

// TestVocabularyMerges: what is released does not depend on how the calls are
// spread and ordered, also beyond the bound.
func TestVocabularyMerges(t *testing.T) {
	type meeting struct {
		digest  uint64
		text    string
		client  uint64
		barring bool
	}
	r := rand.New(rand.NewPCG(1, 2))
	var all []meeting
	for i := range 3 * maxVocabulary {
		m := meeting{digest: r.Uint64(), text: fmt.Sprintf("word%c", 'a'+i%26), barring: i%50 == 0}
		for c := range 3 {
			m.client = uint64(1 + c%(1+i%2))
			all = append(all, m)
		}
	}
	fold := func(order []meeting, parts int) []schemas.Word {
		vs := make([]*Vocabulary, parts)
		for i := range vs {
			vs[i] = NewVocabulary()
		}
		for _, m := range order {
			v := vs[(m.client+m.digest)%uint64(parts)]
			if w := v.find(m.digest, []byte(m.text)); w != nil {
				w.calls++
				w.clients.add(few{first: m.client})
				w.barred = w.barred || m.barring
			}
		}
		out := NewVocabulary()
		for _, v := range vs {
			out.Merge(v)
		}
		return out.Released()
	}
	want := fold(all, 1)
	if len(want) < maxVocabulary/3 || len(want) > maxVocabulary {
		t.Fatalf("%d words released", len(want))
	}
	for parts := 1; parts <= 5; parts += 2 {
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if got := fold(all, parts); !reflect.DeepEqual(got, want) {
			t.Errorf("%d parts: %d words, want %d", parts, len(got), len(want))
		}
	}
}

func TestReleasedDigestsAreTokens(t *testing.T) {
	n := New(Config{Key: testKey, Words: true})
	var c *schemas.Call
	for _, client := range []string{one, two, one} {
		c = n.Call(from(client, "", open))
	}
	w := n.Vocabulary().Released()
	if len(w) != 1 || w[0].Digest != c.Response.Shape.Prop("state").Node.Str.Tokens[0] {
		t.Errorf("released %v", w)
	}
	if s := text(t, c); strings.Contains(s, `"open"`) {
		t.Errorf("the call has the word: %s", s)
	}
}

// TestVocabularyForms: a flood of names with several parts leaves the plain words and the constants in.
func TestVocabularyForms(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	v := NewVocabulary()
	meet := func(text string) {
		d := r.Uint64()
		for c := range 3 {
			if w := v.find(d, []byte(text)); w != nil {
				w.calls++
				w.clients.add(few{first: uint64(1 + c)})
			}
		}
	}
	meet("active")
	meet("IN_PROGRESS")
	for range 5 * maxVocabulary {
		meet("lucky-zebra")
	}
	meet("passive")
	got := map[string]int{}
	for _, w := range v.Released() {
		got[w.Text]++
	}
	if got["active"] != 1 || got["passive"] != 1 || got["IN_PROGRESS"] != 1 || got["lucky-zebra"] != 2*maxVocabulary {
		t.Errorf("released: %v", got)
	}
}
