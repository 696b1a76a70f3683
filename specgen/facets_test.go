package specgen

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"wirecensus/inventory/catalog"
	"wirecensus/schemas/shape"
)

// values makes a list of JSON texts.
func values(n int, format string) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf(format, i))
	}
	return out
}

func TestFacets(t *testing.T) {
	tests := []struct {
		name    string
		objects int
		lists   map[string][]string
		want    string // lines; "!": must not be there
	}{
		{"prefixed identifiers", 12, map[string][]string{"customer": {`"^cus_[A-Za-z0-9]{14}$"`}}, "pattern: \"^cus_[A-Za-z0-9]{14}$\""},
		{"of two lengths", 12, map[string][]string{"customer": {`"^cus_[0-9]{8}$"`, `"^cus_[A-Za-z0-9]{14}$"`}}, "pattern: \"^cus_[A-Za-z0-9]{8,14}$\""},
		{"of two kinds", 12, map[string][]string{"owner": {`"^cus_[0-9]{8}$"`, `"^org_[0-9]{8}$"`}}, "!pattern"},
		{"and something else", 12, map[string][]string{"owner": {`"^cus_[0-9]{8}$"`, `"nobody"`}}, "!pattern"},
		{"GUIDs", 12, map[string][]string{"ref": values(12, `"123e4567-e89b-02d3-c456-4266141740%02d"`)}, "pattern: \"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$\""},
		{"GUIDs are no UUIDs", 12, map[string][]string{"ref": values(12, `"123e4567-e89b-02d3-c456-4266141740%02d"`)}, "!format: uuid"},
		{"checksums", 24, map[string][]string{"sum": values(24, `"0123456789abcdef0123456789abcdef0123%04d"`)}, "pattern: \"^[0-9A-Fa-f]{40}$\""},
		{"few checksums", 6, map[string][]string{"sum": values(6, `"0123456789abcdef0123456789abcdef0123%04d"`)}, "!pattern"},
		{"amounts as text", 6, map[string][]string{"amount": values(6, `"1%d.50"`)}, "format: decimal\nexamples:\n- \"12.50\""},
		{"whole numbers as text", 6, map[string][]string{"amount": values(6, `"1%d"`)}, "!decimal"},
		{"currencies", 9, map[string][]string{"currency": quoted("EUR USD CHF")}, "format: currency"},
		{"letters that happen to be one", 9, map[string][]string{"team": quoted("EUR USD")}, "!format: currency"},
		{"counts", 30, map[string][]string{"item_count": values(30, "%d")}, "type: integer\nminimum: 0"},
		{"a temperature", 30, map[string][]string{"temperature": values(30, "%d")}, "!minimum"},
		{"a count below 0", 30, map[string][]string{"item_count": values(30, "-%d")}, "!minimum"},
		{"positions", 30, map[string][]string{"coordinates": values(30, "[7.5,%d.5]")}, "minItems: 2\nmaxItems: 2"},
		{"pairs", 30, map[string][]string{"entry": values(30, `["a b",%d]`)}, "minItems: 2\nmaxItems: 2"},
		{"lists", 30, map[string][]string{"readings": {"[1,2]", "[1,2,3]"}}, "!minItems"},
		{"two texts", 30, map[string][]string{"tags": {`["a b","c d"]`}}, "!minItems"},
		{"few positions", 20, map[string][]string{"coordinates": values(20, "[7.5,%d.5]")}, "!minItems"},
		{"a date", 6, map[string][]string{"day": values(6, `"2026-01-0%d"`)[1:]}, "format: date\nexamples:\n- \"2024-01-15\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := patterned(t, tt.objects, tt.lists)
			if not, ok := strings.CutPrefix(tt.want, "!"); ok {
				if strings.Contains(doc, not) {
					t.Errorf("%s in\n%s", not, doc)
				}
			} else if !sameLines(doc, tt.want) {
				t.Errorf("no %s in\n%s", tt.want, doc)
			}
		})
	}
}

// patterned is described with values that are patterns told as tokens of their own.
func patterned(t *testing.T, objects int, lists map[string][]string) string {
	t.Helper()
	texts := map[string]string{}
	for name, list := range lists {
		for i, v := range list {
			if strings.HasPrefix(v, `"^`) {
				word := fmt.Sprintf("pattern-%s%d", "abcdefgh"[i:i+1], i)
				texts[word] = strings.Trim(v, `"`)
				lists[name][i] = `"` + word + `"`
			}
		}
	}
	return describedAs(t, objects, lists, texts)
}

func TestSamplesFit(t *testing.T) {
	for _, p := range []string{"^cus_[A-Za-z0-9]{14}$", "^order_[0-9]{8}$", "^a_b_[0-9]{8,12}$"} {
		s := sample("", p)
		if p == "^a_b_[0-9]{8,12}$" {
			if s != "" {
				t.Errorf("%s: %q", p, s)
			}
		} else if !regexp.MustCompile(p).MatchString(s) {
			t.Errorf("%q does not match %s", s, p)
		}
	}
	want := map[string]shape.Format{"uuid": shape.UUID, "date-time": shape.DateTime, "date": shape.Date, "time": shape.Time, "duration": shape.Duration, "email": shape.Email,
		"uri": shape.URI, "uri-reference": shape.PathRef, "hostname": shape.Hostname, "ipv4": shape.IPv4, "ipv6": shape.IPv6, "decimal": shape.Decimal,
		"currency": shape.Currency, "country": shape.Country, "locale": shape.Locale, "http-date": shape.HTTPDate, "date-time-local": shape.LocalDateTime}
	for format, f := range want {
		if got := shape.Classify([]byte(sample(format, ""))); got != f {
			t.Errorf("%s: %q is %v", format, sample(format, ""), got)
		}
	}
}

func TestConventions(t *testing.T) {
	op := func(media, body string, query ...string) *operation {
		o := newOp(1)
		o.Calls, o.Success, o.Accepted = 9, 9, 9
		o.Statuses[200] = 9
		o.Responses[200] = &catalog.Response{Calls: 9, Types: map[string]*catalog.Body{media: {Calls: 9, Shape: shape.Infer([]byte(body))}}, Headers: map[string]*catalog.Param{}}
		for _, q := range query {
			o.Query[q] = &catalog.Param{Calls: 3, Shape: text("2")}
		}
		return &operation{Endpoint: &catalog.Endpoint{Method: "GET", Template: "/users", Op: o}}
	}
	linked := op("application/json", `[{"id":1}]`)
	linked.Op.Responses[200].Headers["link"] = &catalog.Param{Calls: 9}
	tests := []struct {
		name string
		op   *operation
		want string
	}{
		{"pages", op("application/json", `{"items":[{"id":1}],"total":3}`, "page", "per_page", "q"), "x-wirecensus-pagination: style: page parameters: - page - per_page items: items"},
		{"a cursor", op("application/json", `{"data":[{"id":1}],"has_more":true}`, "starting_after", "limit"), "x-wirecensus-pagination: style: cursor parameters: - limit - starting_after items: data"},
		{"offsets of a bare list", op("application/json", `[{"id":1}]`, "offset"), "x-wirecensus-pagination: style: offset parameters: - offset"},
		{"links", linked, "x-wirecensus-pagination: style: link"},
		{"a size alone", op("application/json", `{"items":[{"id":1}]}`, "limit"), ""},
		{"no list", op("application/json", `{"id":1}`, "page"), ""},
		{"two lists", op("application/json", `{"users":[{"id":1}],"teams":[{"id":1}]}`, "page"), ""},
		{"HAL", op("application/hal+json", `{"_links":{},"id":1}`), "x-wirecensus-envelope: hal"},
		{"JSON:API", op("application/vnd.api+json", `{"data":{"id":"1"}}`), "x-wirecensus-envelope: json-api"},
		{"OData", op("application/json", `{"@odata.context":"x","value":[]}`), "x-wirecensus-envelope: odata"},
		{"an envelope", op("application/json", `{"success":true,"data":{"id":1}}`), "x-wirecensus-envelope: data"},
		{"a property called data", op("application/json", `{"data":1,"owner":"x"}`), ""},
		{"nothing but data", op("application/json", `{"data":1}`), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := obj()
			conventions(o, tt.op)
			if got := strings.Join(strings.Fields(string((&Document{root: o}).YAML())), " "); got != tt.want && !(tt.want == "" && got == "{}") {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// TestCompanion: a key that comes beside the Authorization field, and not always, is an input; one
// that comes alone, or always, is a credential.
func TestCompanion(t *testing.T) {
	bearer := catalog.AuthKey{Scheme: "bearer", In: "header", Name: "authorization"}
	key := catalog.AuthKey{Scheme: "api-key", In: "query", Name: "token"}
	client := catalog.AuthKey{Scheme: "api-key", In: "query", Name: "client_secret"}
	tests := []struct {
		name            string
		key             catalog.AuthKey
		calls, with, by uint64 // calls, with the key, with the Authorization field
		want            bool
	}{
		{"beside it", key, 100, 30, 100, true},
		{"instead of it", key, 100, 30, 70, false},
		{"always both", key, 100, 100, 100, false},
		{"alone", key, 100, 100, 0, false},
		{"of a client", client, 100, 100, 100, true},
	}
	for _, tt := range tests {
		o := newOp(1)
		o.Calls, o.Success = tt.calls, tt.calls
		o.Auth[tt.key] = &catalog.AuthStat{Calls: tt.with, Success: tt.with}
		o.Auth[bearer] = &catalog.AuthStat{Calls: tt.by, Success: tt.by}
		if got := companion([]*operation{{Endpoint: &catalog.Endpoint{Op: o}}}, tt.key); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// TestSomeEntries: a thing that is written alone or as a map of such things.
func TestSomeEntries(t *testing.T) {
	var n *shape.Node
	for i := range 40 {
		one := `{"size":1,"distance":"Dot","on_disk":true}`
		n = shape.Merge(n, shape.Infer([]byte(one)))
		n = shape.Merge(n, shape.Infer([]byte(fmt.Sprintf(`{"v%s":%s}`, "abcdefghij"[i%10:i%10+1], one))))
	}
	fixed, extra := split(n)
	if len(fixed) != 3 || extra == nil || extra.Prop("size") == nil {
		t.Errorf("%d properties, entries %v", len(fixed), extra != nil)
	}
	n = nil
	for range 40 {
		n = shape.Merge(n, shape.Infer([]byte(`{"id":1,"home":{"street":"a b","city":"c d","zip":"1 2"},"work":{"street":"a b","city":"c d","zip":"1 2"}}`)))
	}
	if fixed, extra := split(n); len(fixed) != 3 || extra != nil {
		t.Error("addresses are taken for entries of a map")
	}
}

// TestObjectsOfUnions: what is an identifier here and the thing itself there refers to the component of
// the thing, in both versions; it may hold itself.
func TestObjectsOfUnions(t *testing.T) {
	body := func(docs ...string) *catalog.Body {
		b := &catalog.Body{}
		for range 6 {
			for _, d := range docs {
				b.Calls++
				b.Shape = shape.Merge(b.Shape, shape.Infer([]byte(d)))
			}
		}
		return b
	}
	user := `{"id":1,"name":"a b","mail":"c d","age":3}`
	endpoint := func(template string, b *catalog.Body) *catalog.Endpoint {
		op := newOp(1)
		op.Calls, op.Success, op.Accepted = b.Calls, b.Calls, b.Calls
		op.Statuses[200] = b.Calls
		op.Responses[200] = &catalog.Response{Calls: b.Calls, Types: map[string]*catalog.Body{"application/json": b}}
		return &catalog.Endpoint{Method: "GET", Template: template, Class: catalog.Real, Op: op}
	}
	svc := &catalog.Service{Name: "a.example", Endpoints: []*catalog.Endpoint{
		endpoint("/user", body(user)), endpoint("/order", body(`{"number":1,"owner":`+user+`}`, `{"number":1,"owner":"an id"}`))}}
	for _, version := range []string{"3.1", "3.0"} {
		doc := Generate(svc, Options{Version: version})
		validate(t, doc)
		if want := "owner:\noneOf:\n- $ref: \"#/components/schemas/User\"\n- type: string\n"; !sameLines(string(doc.YAML()), want) {
			t.Errorf("%s has no\n%s", doc.YAML(), want)
		}
	}
}
