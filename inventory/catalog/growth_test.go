package catalog

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"wirecensus/schemas"
)

// api makes calls to a small API with resources, sub-resources, words beside
// parameters and names as identifiers; each endpoint answers with its own names.
func api(r *rand.Rand, n int) []*schemas.Call {
	var forms []string
	nouns := []string{"users", "orders", "sites", "teams", "reports", "devices"}
	for _, noun := range nouns[:3+r.IntN(3)] {
		id := []string{"#", "@"}[r.IntN(2)]
		forms = append(forms, "GET /v1/"+noun, "POST /v1/"+noun, "GET /v1/"+noun+"/"+id, "GET /v1/"+noun+"/search")
		if r.IntN(2) == 0 {
			forms = append(forms, "DELETE /v1/"+noun+"/"+id, "GET /v1/"+noun+"/"+id+"/notes", "GET /v1/"+noun+"/"+id+"/notes/#")
		}
	}
	var calls []*schemas.Call
	for i := range n {
		form := forms[r.IntN(len(forms))]
		method, path, _ := strings.Cut(form, " ")
		path = strings.ReplaceAll(path, "#", fmt.Sprint(1+r.IntN(40)))
		path = strings.ReplaceAll(path, "@", fmt.Sprintf("%c%c-%s", 'a'+r.IntN(20), 'a'+r.IntN(20), []string{"north", "south", "east"}[r.IntN(3)]))
		own := fmt.Sprintf("f%x", digest(0, form)%997)
		calls = append(calls, data(call(100+i, fmt.Sprintf("10.0.0.%d", r.IntN(9)), method, path, 200), own+"a", own+"b", own+"c", "id"))
	}
	return calls
}

func decide(calls []*schemas.Call, shards int, r *rand.Rand) string {
	var out []string
	for _, e := range fold(r, calls, shards, Config{}).Services(Options{})[0].Endpoints {
		out = append(out, e.Method+" "+e.Template)
	}
	return strings.Join(out, "\n")
}

// TestTemplatesLaws: templates do not depend on the order of calls, on how they
// are dealt out over catalogs, or on how often the whole of them is folded in.
func TestTemplatesLaws(t *testing.T) {
	changed := 0
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 8))
		calls := api(r, 300)
		want := decide(calls, 1, r)
		r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
		if got := decide(calls, 4, r); got != want {
			t.Fatalf("seed %d: other order and shards:\n%s\nwant:\n%s", seed, got, want)
		}
		if got := decide(append(calls[:len(calls):len(calls)], calls...), 3, r); got != want {
			changed++
			if os.Getenv("LAWS") != "" {
				t.Logf("seed %d: duplicated:\n%s\nwant:\n%s", seed, got, want)
			}
		}
	}
	t.Logf("duplicated: %d", changed)
}

// apart lists templates without those that a call is of, or of whose place it could be.
func apart(templates string, c *schemas.Call) string {
	var out []string
	path := strings.Split(c.Path, "/")
	for _, line := range strings.Split(templates, "\n") {
		method, tpl, _ := strings.Cut(line, " ")
		segs := strings.Split(tpl, "/")
		same := method == c.Method && len(segs) == len(path)
		for i := 0; same && i < len(segs); i++ {
			same = segs[i] == path[i] || strings.HasPrefix(segs[i], "{")
		}
		if !same {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// TestAddingKnownCalls: more calls of one template change no other.
func TestAddingKnownCalls(t *testing.T) {
	rounds := uint64(40)
	if os.Getenv("WIRECENSUS_LONG") != "" {
		rounds = 2000
	}
	own := 0
	for seed := range rounds {
		r := rand.New(rand.NewPCG(seed, 9))
		calls := api(r, 250+r.IntN(300))
		before := decide(calls, 1, r)
		x := calls[r.IntN(len(calls))]
		for range 1 + r.IntN(400) {
			y := *x
			y.Time += schemas.Time(r.IntN(1e9))
			calls = append(calls, &y)
		}
		after := decide(calls, 1, r)
		if after != before {
			own++
		}
		if a, b := apart(after, x), apart(before, x); a != b {
			t.Errorf("seed %d: more of %s %s:\n%s\nwas:\n%s", seed, x.Method, x.Path, a, b)
		}
	}
	t.Logf("%d of %d values left their template when they alone were called again and again", own, rounds)
}
