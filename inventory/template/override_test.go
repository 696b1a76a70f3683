package template

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// overrideCalls is a small service whose evidence is clear without overrides:
// GET /colours/blue, GET /colours/red, GET /users/{}, GET /users/me,
// GET /users/{}/repos, GET /users/me/keys.
func overrideCalls() []string {
	return lines(
		times(9, "GET /colours/red rgb hex"), times(9, "GET /colours/blue wave nm"),
		each("GET /users/* id name mail", "1", "17", "42"), times(9, "GET /users/me roles scopes"),
		each("GET /users/*/repos repos", "1", "17"), times(9, "GET /users/me/keys keys"))
}

func TestOverrides(t *testing.T) {
	plain := "GET /colours/blue, GET /colours/red, GET /users/me, GET /users/me/keys, GET /users/{}, GET /users/{}/repos"
	merged := "GET /colours/{}, GET /users/me, GET /users/me/keys, GET /users/{}, GET /users/{}/repos"
	swallowed := "GET /colours/blue, GET /colours/red, GET /users/{}, GET /users/{}/keys, GET /users/{}/repos"
	split := "GET /colours/blue, GET /colours/red, GET /users/17, GET /users/17/repos, GET /users/me, GET /users/me/keys, GET /users/{}, GET /users/{}/repos"
	for _, c := range []struct {
		name      string
		overrides []Override
		declared  []string
		want      string
	}{
		{"none", nil, nil, plain},
		{"merge words", []Override{{ID: "a", Kind: Merge, Template: "/colours/{colour}"}}, nil, merged},
		{"merge over declared literals", []Override{{ID: "a", Kind: Merge, Template: "/colours/{colour}"}}, []string{"/colours/red", "/colours/blue"}, merged},
		{"pin a parameter", []Override{{ID: "a", Kind: Pin, Template: "/colours/{colour}"}}, nil, merged},
		{"pin a literal", []Override{{ID: "a", Kind: Pin, Template: "/users/17"}}, nil, split},
		{"pin a literal over a declared parameter", []Override{{ID: "a", Kind: Pin, Template: "/users/17"}}, []string{"/users/{id}"}, "GET /colours/blue, GET /colours/red, GET /users/17, GET /users/17/repos, GET /users/{}, GET /users/{}/keys, GET /users/{}/repos"},
		{"split", []Override{{ID: "a", Kind: Split, Template: "/users/{id}", Literal: "/users/17"}}, nil, split},
		{"split goes before a newer merge", []Override{{ID: "a", Kind: Split, Template: "/users/{id}", Literal: "/users/me", Created: 1}, {ID: "b", Kind: Merge, Template: "/users/{id}", Created: 2}}, nil, plain},
		{"a merge takes all that was called", []Override{{ID: "a", Kind: Merge, Template: "/users/{id}"}}, nil, swallowed},
		{"a merge takes only what has the rest", []Override{{ID: "a", Kind: Merge, Template: "/users/{id}/repos"}}, nil, plain},
		{"a template nobody called", []Override{{ID: "a", Kind: Pin, Template: "/none/{x}"}}, nil, plain},
		{"nonsense", []Override{{ID: "a", Kind: Pin}, {ID: "b", Kind: "x", Template: "/users/17"}, {ID: "c", Kind: Split, Template: "/{", Literal: "}/{}/{{"}, {ID: "d", Kind: Name, Template: "//", Names: []string{"\x00"}}}, nil, plain},
	} {
		r := rand.New(rand.NewPCG(1, 2))
		for range 4 {
			r.Shuffle(len(c.overrides), func(i, j int) { c.overrides[i], c.overrides[j] = c.overrides[j], c.overrides[i] })
			if got := strings.Join(templates(Decide(plant(overrideCalls()), c.declared, c.overrides...)), ", "); got != c.want {
				t.Errorf("%s:\n have %s\n want %s", c.name, got, c.want)
			}
		}
	}
}

// at finds a decided place.
func at(top *Place, way ...string) []*Place {
	var out []*Place
	for _, seg := range way {
		for _, c := range top.Children {
			if c.Segment.Param && seg == "{}" || c.Segment.Literal == seg && seg != "{}" {
				top = c
				out = append(out, c)
				break
			}
		}
	}
	return out
}

func TestOverridesName(t *testing.T) {
	top := Decide(plant(overrideCalls()), []string{"/users/{declared}/repos"},
		Override{ID: "old", Kind: Name, Template: "/users/{}", Names: []string{"login"}, Created: 1},
		Override{ID: "new", Kind: Name, Template: "/users/{x}", Names: []string{"lo gin/2"}, Created: 2},
		Override{ID: "pin", Kind: Pin, Template: "/users/{pinned}", Created: 3})
	for way, want := range map[string]string{"users {}": "login2", "users {} repos": "login2"} {
		if got := strings.Join(Names(at(top, strings.Fields(way)...), Camel), " "); got != want {
			t.Errorf("%s is called %q, want %q", way, got, want)
		}
	}
	way := at(top, "users", "{}")
	if p := way[1]; p.Override != "pin" || p.NamedBy != "new" || !strings.Contains(p.Why, "override pin") {
		t.Errorf("decided by %q, named by %q: %s", p.Override, p.NamedBy, p.Why)
	}
	if p := way[0]; p.Override != "pin" {
		t.Errorf("the literal is decided by %q", p.Override)
	}
}

// TestEvidence: every segment says why, a parameter with counts and the literals
// beside it, a literal that looks like a value why it stayed.
func TestEvidence(t *testing.T) {
	calls := lines(each("GET /users/* id name mail", "1", "17", "42"), times(9, "GET /users/me roles scopes"), each("GET /files/2024/* size", "a1b2c3d4e5", "a1b2c3d4e6"), times(30, "GET /files/2024 names"), times(30, "POST /files x"))
	top := Decide(plant(calls), nil)
	p := at(top, "users", "{}")[1]
	if len(p.For) == 0 || !strings.Contains(strings.Join(p.For, "; "), "3 of 3 have the form of identifiers") || !strings.Contains(strings.Join(p.Against, "; "), `literals beside it: "me"`) {
		t.Errorf("for %q, against %q", p.For, p.Against)
	}
	var walk func(p *Place)
	walk = func(p *Place) {
		for _, c := range p.Children {
			if len(c.For)+len(c.Against) == 0 {
				t.Errorf("%+v says nothing", c.Segment)
			}
			if c.Segment.Param {
				for _, s := range append(c.For, c.Against...) {
					if strings.Contains(s, "17") || strings.Contains(s, "a1b2") {
						t.Errorf("%q names a value", s)
					}
				}
			}
			walk(c)
		}
	}
	walk(top)
}

func FuzzOverride(f *testing.F) {
	f.Add("/users/{id}", "/users/me", "name", uint8(0))
	f.Add("/users/{a}...{b}.json", "/users/{x}/repos", "", uint8(1))
	f.Add("/{a}{b}/}{", "{", "x", uint8(2))
	f.Fuzz(func(t *testing.T, template, literal, name string, kind uint8) {
		o := Override{ID: "a", Kind: []string{Pin, Split, Merge, Name}[kind%4], Template: template, Literal: literal, Names: []string{name}}
		calls := overrideCalls()
		one := strings.Join(templates(Decide(plant(calls), nil, o)), ", ")
		if two := strings.Join(templates(Decide(plant(calls), nil, o, o)), ", "); one != two {
			t.Fatalf("given twice:\n%s\n%s", one, two)
		}
		if n := strings.Count(one, ", ") + 1; n > 8 || n < 4 {
			t.Fatalf("%d templates: %s", n, one)
		}
		if o.Kind == Name && one != strings.Join(templates(Decide(plant(calls), nil)), ", ") {
			t.Fatalf("a name changed templates: %s", one)
		}
	})
}

// TestSegmentsOfSeveral: a written template with several parameters in one segment is read with all of their names, and
// fits what has its separators.
func TestSegmentsOfSeveral(t *testing.T) {
	for template, want := range map[string]string{
		"/tiles/{zoom}-{column}-{row}":            "zoom column row",
		"/tiles/{zoom}-{column}-{row}.png":        "zoom column row",
		"/Lines(Order={order},No={no},Part={p})":  "order no p",
		"/at/{lat},{lon},{alt},{time}":            "lat lon alt time",
		"/compare/{base}...{head}":                "base head",
		"/many/{a}-{b}-{c}-{d}-{e}-{f}-{g}-{h}":   "a b c d e f",
		"/twice/{a}{b}-{c}":                       "a c",
		"/report/{year}/{month}-{day}T{hour}.csv": "year month day hour",
		"/{tenant}/{year}/rows":                   "tenant year", // where all calls go one way
	} {
		path := strings.NewReplacer("{", "", "}", "1").Replace(template)
		top := Decide(plant([]string{"GET " + path + " a"}), []string{template})
		var way []*Place
		for p := top; len(p.Children) > 0; p = p.Children[0] {
			way = append(way, p.Children[0])
		}
		if got := strings.Join(Names(way, Camel), " "); got != want {
			t.Fatalf("%s is called %q, want %q: %+v", template, got, want, templates(top))
		}
		last := way[len(way)-1].Segment
		if !last.Param {
			continue
		}
		if text := path[strings.LastIndexByte(path, '/')+1:]; !last.Fits(text) || last.Fits(strings.NewReplacer("-", "", ",", "", "...", "").Replace(text)) {
			t.Errorf("%s: %+v fits wrongly", template, last)
		}
	}
}
