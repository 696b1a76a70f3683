package catalog

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"wirecensus/inventory/template"
	"wirecensus/schemas"
)

func TestOverridesOfAService(t *testing.T) {
	c := New(Config{})
	for i := range 8 {
		c.Apply(data(call(10+i, "10.0.0.1", "GET", "/colours/red", 200), "a", "b"))
		c.Apply(data(call(10+i, "10.0.0.1", "GET", "/colours/blue", 200), "c", "d"))
	}
	o := Override{ID: "o1", Service: "api.example", Kind: template.Merge, Template: "/colours/{colour}", Created: 5}
	elsewhere, past, future := o, o, o
	elsewhere.Service, past.Expires, future.Expires = "other.example", 17e9, 18e9
	for _, x := range []struct {
		list []Override
		want string
	}{
		{nil, "GET /colours/blue endpoint 8\nGET /colours/red endpoint 8"},
		{[]Override{elsewhere, past}, "GET /colours/blue endpoint 8\nGET /colours/red endpoint 8"},
		{[]Override{o}, "GET /colours/{colour} endpoint 16"},
		{[]Override{future}, "GET /colours/{colour} endpoint 16"},
	} {
		s := c.Services(Options{Overrides: x.list})[0]
		if got := list(s.Endpoints); got != x.want {
			t.Errorf("%v:\n%s\nwant:\n%s", x.list, got, x.want)
		}
		for _, e := range s.Endpoints {
			if want := strings.Contains(e.Template, "{"); want != slices.Equal(e.Overrides, []string{"o1"}) || want != (e.Segments[1].Override == "o1") {
				t.Errorf("%s names overrides %q, %q", e.Template, e.Overrides, e.Segments[1].Override)
			}
		}
	}
}

// grow applies calls in steps and returns the lineage and the templates by ID after each.
func grow(calls [][]string) (Lineage, []map[string]string) {
	c := New(Config{})
	var l Lineage
	var steps []map[string]string
	at := 0
	for _, step := range calls {
		for _, line := range step {
			f := strings.Fields(line)
			at++
			c.Apply(data(call(at, "10.0.0.1", f[0], f[1], 200), f[2:]...))
		}
		services := c.Services(Options{})
		l = l.Next(services)
		ids := map[string]string{}
		for _, e := range services[0].Endpoints {
			ids[e.ID] = e.Method + " " + e.Template
		}
		steps = append(steps, ids)
	}
	return l, steps
}

// TestLineage: an endpoint keeps its ID while its template grows from a literal
// to a parameter; what was merged into it says so.
func TestLineage(t *testing.T) {
	var more []string
	for _, name := range []string{"alice", "bob-smith", "carol", "dave77", "erin", "frank", "grace", "heidi"} {
		more = append(more, "GET /profiles/"+name+" name bio image", "POST /profiles/"+name+"/follow name")
	}
	l, steps := grow([][]string{
		{"GET /profiles/alice name bio image", "GET /login ok", "GET /login ok"},
		{"GET /profiles/bob-smith name bio image", "GET /login ok"},
		more,
		{"GET /profiles/alice name bio image"},
	})
	first := ""
	for id, tpl := range steps[0] {
		if tpl == "GET /profiles/alice" {
			first = id
		}
	}
	if first == "" {
		t.Fatalf("first step: %v", steps[0])
	}
	if got := steps[3][first]; got != "GET /profiles/{profileName}" {
		t.Errorf("%s is %q at last", first, got)
	}
	at := slices.IndexFunc(l, func(d Descent) bool { return d.ID == first })
	if d := l[at]; d.Template != "/profiles/{profileName}" || len(d.Former) != 1 || d.Former[0].Template != "/profiles/alice" || d.Into != "" {
		t.Errorf("history %+v", d)
	}
	into := 0
	for _, d := range l {
		if d.Template == "/profiles/bob-smith" && d.Into == first {
			into++
		}
		if steps[3][d.ID] == "" && d.Into == "" {
			t.Errorf("%+v is gone and in nothing", d)
		}
	}
	if into != 1 && !slices.ContainsFunc([]string{steps[1][first]}, func(s string) bool { return strings.Contains(s, "{") }) {
		t.Errorf("what was taken in is not told: %+v", l)
	}
}

// TestIDsOutliveGrowth: with evidence in steps, every ID that was ever given is an
// endpoint's still or leads to one, whatever the order within a step, and no two
// endpoints share one.
func TestIDsOutliveGrowth(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 3))
		calls := traffic(r, 900)
		slices.SortFunc(calls, func(a, b *schemas.Call) int { return int(a.Time - b.Time) })
		c, l := New(Config{}), Lineage(nil)
		given := map[string]bool{}
		for step := range 6 {
			part := calls[step*150 : (step+1)*150]
			r.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
			for _, x := range part {
				c.Apply(x)
			}
			services := c.Services(Options{})
			l = l.Next(services)
			now := map[string]bool{}
			for _, s := range services {
				for _, e := range s.Endpoints {
					if now[e.ID] {
						t.Fatalf("seed %d: two endpoints are %s", seed, e.ID)
					}
					now[e.ID], given[e.ID] = true, true
				}
			}
			led := map[string]string{}
			for _, d := range l {
				led[d.ID] = d.Into
			}
			for id := range given {
				if _, ok := led[id]; !ok {
					t.Fatalf("seed %d: %s has no history", seed, id)
				}
			}
			if a, b := fmt.Sprint(l), fmt.Sprint(l.Next(services)); a != b {
				t.Fatalf("seed %d: a second look changes the history:\n%s\n%s", seed, a, b)
			}
		}
	}
}
