package catalog

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// echoed is a call whose bodies name segments: fields are name=pos, and as many digests as the path has segments.
func echoed(at int, path string, fields ...string) *schemas.Call {
	c := data(call(at, fmt.Sprintf("10.0.0.%d", at%9), "GET", path, 200), "a", "id")
	segs := strings.Split(path[1:], "/")
	for pos, s := range segs {
		c.IDs = append(c.IDs, schemas.Ident{In: "path", Pos: pos, Digest: digest(7, s)})
	}
	for i, f := range fields {
		name, pos, _ := strings.Cut(f, "=")
		c.IDs = append(c.IDs, schemas.Ident{In: []string{"response", "request"}[i%2], At: name, Digest: digest(7, segs[pos[0]-'0'])})
	}
	return c
}

func TestNamesOfFields(t *testing.T) {
	for _, f := range []struct {
		name   string
		path   string // # is the number of a call
		fields []string
		calls  int
		want   string
	}{
		{"specific", "/orders/#", []string{"order_no=1"}, 20, "/orders/{order_no}"},
		{"words", "/articles/n#x", []string{"slug=1"}, 20, "/articles/{slug}"},
		{"camel", "/orders/#/lines", []string{"orderId=1"}, 20, "/orders/{orderId}/lines"},
		{"request and response are one call", "/o/#", []string{"sku=1", "sku=1", "id=1"}, 20, "/o/{sku}"},
		{"plain", "/orders/#", []string{"id=1"}, 20, "/orders/{orderId}"},
		{"plain beside specific", "/orders/#", []string{"id=1", "serial=1"}, 20, "/orders/{serial}"},
		{"other segment", "/orders/#", []string{"serial=0"}, 20, "/orders/{orderId}"},
		{"none", "/orders/#", nil, 20, "/orders/{orderId}"},
		{"no name", "/orders/#", []string{"order.no=1", "9no=1", "{x}=1", "order-no=1"}, 20, "/orders/{orderId}"},
		{"twice the same", "/accounts/#/peers/#", []string{"account_id=1"}, 20, "/accounts/{account_id}/peers/{peerId}"},
		{"beyond what keeps its text", "/orders/#", []string{"order_no=1"}, 900, "/orders/{order_no}"},
		{"two, of which the shorter", "/orders/#", []string{"order_number=1", "serial=1"}, 20, "/orders/{serial}"},
	} {
		t.Run(f.name, func(t *testing.T) {
			c := New(Config{})
			for i := range f.calls {
				c.Apply(echoed(i, strings.ReplaceAll(f.path, "#", fmt.Sprint(100+i)), f.fields...))
			}
			s := only(t, c)
			if len(s.Endpoints) != 1 || s.Endpoints[0].Template != f.want {
				t.Fatalf("%s, want %s", list(s.Endpoints), f.want)
			}
			p := s.Endpoints[0].Params[0]
			after := strings.Contains(p.Why, "named after "+p.Name+",")
			if after != (f.want[strings.IndexByte(f.want, '{')+1:] != "orderId}" && f.want != "/orders/{orderId}") {
				t.Errorf("%s: %s", p.Name, p.Why)
			}
		})
	}
}

// TestNamesInStyle: names after the noun are written as the service writes those of its fields, and say by what
// field of its bodies an object is known.
func TestNamesInStyle(t *testing.T) {
	for _, f := range []struct {
		field string
		names []string
		query string
		want  string
	}{
		{"", []string{"id"}, "", "/push-mirrors/{pushMirrorId}"},
		{"", []string{"created_at", "owner_id"}, "", "/push-mirrors/{push_mirror_id}"},
		{"", []string{"createdAt", "ownerId"}, "", "/push-mirrors/{pushMirrorId}"},
		{"", []string{"created_at"}, "page_size", "/push-mirrors/{push_mirror_id}"},
		{"id", []string{"created_at", "owner_id"}, "", "/push-mirrors/{push_mirror_id}"},
		{"name", []string{"createdAt"}, "", "/push-mirrors/{pushMirrorName}"},
		{"uuid", []string{"created_at", "owner_id"}, "", "/push-mirrors/{push_mirror_uuid}"},
		{"remoteHost", []string{"created_at", "owner_id"}, "", "/push-mirrors/{remoteHost}"},
	} {
		c := New(Config{})
		for i := range 20 {
			path := fmt.Sprintf("/push-mirrors/%d", 100+i)
			k := echoed(i, path)
			if f.field != "" {
				k = echoed(i, path, f.field+"=1")
			}
			k = data(k, f.names...)
			if f.query != "" {
				k.Query = append(k.Query, schemas.Param{Name: f.query})
			}
			c.Apply(k)
		}
		again := New(Config{})
		for key, part := range parts(t, c) {
			if err := again.Import(key, part); err != nil {
				t.Fatal(err)
			}
		}
		for _, got := range []*Catalog{c, again} {
			if e := only(t, got).Endpoints; len(e) != 1 || e[0].Template != f.want || e[0].Params[0].Name != f.want[len("/push-mirrors/{"):len(f.want)-1] {
				t.Errorf("%q %v: %s, want %s", f.field, f.names, list(e), f.want)
			}
		}
	}
}

// TestNamesOfFieldsNeedEvidence: a field names a parameter from two values or three calls on, and while
// more than half of the calls that name the segment do so by it.
func TestNamesOfFieldsNeedEvidence(t *testing.T) {
	for _, f := range []struct {
		serial, plain []int // the object of each call that names it so
		want          string
	}{
		{nil, []int{1, 2}, "/orders/{orderId}"},
		{[]int{1}, nil, "/orders/{orderId}"},
		{[]int{1, 1}, nil, "/orders/{orderId}"},
		{[]int{1, 1, 1}, nil, "/orders/{serial}"},
		{[]int{1, 2}, nil, "/orders/{serial}"},
		{[]int{1, 2}, []int{3}, "/orders/{serial}"},
		{[]int{1, 2}, []int{3, 4}, "/orders/{orderId}"},
		{[]int{1, 2, 3}, []int{3, 4, 4, 4}, "/orders/{orderId}"},
	} {
		c := New(Config{})
		for i := range 12 {
			c.Apply(echoed(i, fmt.Sprintf("/orders/%d", 100+i)))
		}
		for _, i := range f.serial {
			c.Apply(echoed(50+i, fmt.Sprintf("/orders/%d", 100+i), "serial=1"))
		}
		for _, i := range f.plain {
			c.Apply(echoed(70+i, fmt.Sprintf("/orders/%d", 100+i), "id=1"))
		}
		if got := only(t, c).Endpoints[0].Template; got != f.want {
			t.Errorf("serial %v, plain %v: %s, want %s", f.serial, f.plain, got, f.want)
		}
	}
}

// TestNamesOfFieldsYield to those that people or documents give.
func TestNamesOfFieldsYield(t *testing.T) {
	c := New(Config{})
	for i := range 20 {
		c.Apply(echoed(i, fmt.Sprintf("/orders/%d", i), "serial=1"))
	}
	declared := func(string, uint16) []DeclaredTemplate { return []DeclaredTemplate{{"GET", "/orders/{number}"}} }
	named := []Override{{ID: "x", Kind: "name", Service: "api.example", Template: "/orders/{}", Names: []string{"which"}}}
	for _, f := range []struct {
		o    Options
		want string
	}{{Options{}, "/orders/{serial}"}, {Options{Declared: declared}, "/orders/{number}"}, {Options{Overrides: named}, "/orders/{which}"}, {Options{Declared: declared, Overrides: named}, "/orders/{which}"}} {
		e := c.Services(f.o)[0].Endpoints[0]
		if e.Template != f.want || strings.Contains(e.Params[0].Why, "named after") != (f.want == "/orders/{serial}") {
			t.Errorf("%s (%s), want %s", e.Template, e.Params[0].Why, f.want)
		}
	}
}

// TestNamesOfFieldsInAnyOrder: the same names for any order, batches and parts, also beyond the
// bound of names at a place.
func TestNamesOfFieldsInAnyOrder(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 41))
		var calls []*schemas.Call
		for i := range 600 {
			fields := []string{fmt.Sprintf("f%02d=1", r.IntN(3*maxFields)), "a_key=1"}
			calls = append(calls, echoed(1+i, fmt.Sprintf("/orders/%d/lines", r.IntN(90)), fields[:1+r.IntN(2)]...))
		}
		cfg := tight()
		whole := fold(r, calls, 1, cfg)
		want := parts(t, whole)
		for range 3 {
			r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
			for _, got := range []*Catalog{fold(r, calls, 4, cfg), split(t, r, calls, cfg)} {
				if d := compareParts(want, parts(t, got)); d != "" {
					t.Fatalf("seed %d: %s", seed, d)
				}
				if a, b := list(only(t, whole).Endpoints), list(only(t, got).Endpoints); a != b || len(a) == 0 {
					t.Fatalf("seed %d: %s and %s", seed, a, b)
				}
			}
		}
		n := whole.good["api.example"].tree.below("/orders")
		if i := slices.IndexFunc(n.groups, func(g *group) bool { return g.rest != nil }); i < 0 || len(n.groups[i].rest.fields) != maxFields {
			t.Fatalf("seed %d: the bound of names was not met", seed)
		}
	}
}

// TestFormatsBeyondText: values of which no text was kept have the format that all kept ones of their class have.
func TestFormatsBeyondText(t *testing.T) {
	for _, f := range []struct {
		value func(i int) string
		want  shape.Format
	}{
		{func(i int) string { return fmt.Sprintf("20%02d-%02d-%02d", i/336, 1+i/28%12, 1+i%28) }, shape.Date},
		{func(i int) string { return fmt.Sprintf("10.1.%d.%d", i/200, i%200) }, shape.IPv4},
		{func(i int) string {
			return fmt.Sprintf("20%02d-%02d-%02d%s", i/336, 1+i/28%12, 1+i%28, []string{"", "T10:00:00Z"}[i%2])
		}, shape.None},
	} {
		c := New(Config{})
		for i := range 900 {
			c.Apply(data(call(i, fmt.Sprintf("10.0.0.%d", i%9), "GET", "/at/"+f.value(i), 200), "a"))
		}
		p := only(t, c).Endpoints[0].Params[0]
		total, n := p.Shape.Kinds[shape.String], uint64(0)
		if f.want != shape.None {
			n = p.Shape.Str.Formats.Count(f.want)
		}
		if p.Distinct < 300 || f.want != shape.None && n != total || f.want == shape.None && p.Shape.Str.Formats.Count(shape.None) < total/2 {
			t.Errorf("%s: %d of %d values are %s", p.Name, n, total, f.want)
		}
	}
}
