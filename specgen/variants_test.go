package specgen

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"wirecensus/inventory/catalog"
	"wirecensus/schemas/shape"
)

// answered is the document of a service whose one endpoint answered with the bodies.
func answered(t *testing.T, bodies []string, version string) (*Document, *openapi3.Schema) {
	t.Helper()
	w := wordy{map[uint64]string{}}
	s := shape.NewScanner(w)
	var acc shape.Acc
	for _, b := range bodies {
		n := s.Scan([]byte(b))
		if n == nil {
			t.Fatalf("no JSON: %s", b)
		}
		acc.Add(n)
	}
	op := newOp(1)
	op.Calls = uint64(len(bodies))
	op.Responses[200] = &catalog.Response{Calls: op.Calls, Types: map[string]*catalog.Body{"application/json": {Calls: op.Calls, Shape: acc.Node()}}, Headers: map[string]*catalog.Param{}}
	e := &catalog.Endpoint{Service: "api.example", Method: "GET", Template: "/payments", Class: catalog.Real, Confidence: 1, Op: op}
	if bodies[0][0] == '{' {
		e.Template, e.Params = "/payments/{paymentId}", []catalog.PathParam{{Name: "paymentId", Segment: 1}}
	}
	doc := Generate(&catalog.Service{Name: "api.example", Schemes: []string{"https"}, Endpoints: []*catalog.Endpoint{e}, Words: w.words}, Options{Version: version})
	tree := validate(t, doc)
	return doc, tree.Paths.Value(e.Template).Get.Responses.Value("200").Value.Content["application/json"].Schema.Value
}

// takes reports whether a schema takes a JSON text.
func takes(t *testing.T, s *openapi3.Schema, text string) bool {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return s.VisitJSON(v) == nil
}

// payments are what a service that takes cards, accounts and vouchers answers with.
func payments(r *rand.Rand, n int) (list []string) {
	for i := range n {
		o := map[string]any{"id": i, "amount": 10 * i}
		if r.IntN(3) == 0 {
			o["note"] = fmt.Sprintf("see order %d", i)
		}
		switch r.IntN(4) {
		case 0, 1:
			o["type"], o["brand"], o["last_digits"] = "card", []string{"visa", "amex"}[r.IntN(2)], "4242"
			if r.IntN(2) == 0 {
				o["wallet"] = map[string]any{"id": 7}
			}
		case 2:
			o["type"], o["bank"], o["mandate"] = "bank_account", "some bank", map[string]any{"signed": true, "year": 2020}
		case 3:
			o["type"], o["code"] = "voucher", "some code of it"
		}
		b, _ := json.Marshal(o)
		list = append(list, string(b))
	}
	return list
}

// TestVariants: where one property decides what others there are, each type has a schema.
func TestVariants(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	list := payments(r, 200)
	for name, bodies := range map[string][]string{"one by one": list, "a list": {"[" + strings.Join(list[:100], ",") + "]", "[" + strings.Join(list[100:], ",") + "]"}} {
		for _, version := range []string{"3.1", "3.0"} {
			doc, s := answered(t, bodies, version)
			if s.Items != nil {
				s = s.Items.Value
			}
			if s.Discriminator == nil || s.Discriminator.PropertyName != "type" || len(s.OneOf) != 3 {
				t.Fatalf("%s: no types told apart:\n%s", name, doc.YAML())
			}
			var got []string
			for _, v := range []string{"bank_account", "card", "voucher"} {
				ref := s.Discriminator.Mapping[v].Ref
				i := slices.IndexFunc(s.OneOf, func(o *openapi3.SchemaRef) bool { return o.Ref == ref })
				if i < 0 {
					t.Fatalf("%s: %q stands for nothing", name, v)
				}
				got = append(got, strings.TrimPrefix(ref, "#/components/schemas/")+fmt.Sprint(s.OneOf[i].Value.Required))
			}
			if want := "[BankAccountPayment[amount bank id mandate type] CardPayment[amount brand id last_digits type] VoucherPayment[amount code id type]]"; fmt.Sprint(got) != want {
				t.Errorf("%s:\n got %s\nwant %s", name, got, want)
			}
			for _, b := range payments(r, 50) {
				if !takes(t, s, b) {
					t.Errorf("%s: not taken: %s", name, b)
				}
			}
			for _, b := range []string{`{"id":1,"amount":1,"type":"card","bank":"x","mandate":{"signed":true,"year":1}}`, `{"id":1,"amount":1,"type":"cash"}`, `{"id":1,"amount":1}`} {
				if takes(t, s, b) {
					t.Errorf("%s: taken: %s", name, b)
				}
			}
		}
	}
}

// Look-alikes: what says a kind decides nothing, is not known to do so, or is not the whole list.
func TestVariantsLookAlikes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	object := func(kind string, has func(k int) bool) string {
		b := fmt.Sprintf(`{"id":%d,"type":%s`, r.IntN(1000), kind)
		for k := range 8 {
			if has(k) {
				b += fmt.Sprintf(`,"part%c":%d`, 'a'+k, k)
			}
		}
		return b + "}"
	}
	kinds := []string{`"lead"`, `"guest"`, `"member"`}
	coin := func(int) bool { return r.IntN(2) == 0 }
	for name, make := range map[string]func(i int) string{
		"by chance": func(i int) string { return object(kinds[i%3], coin) },
		"few": func(i int) string {
			return object(kinds[b2i(i%40 == 7)], func(k int) bool { return k < 4 || i%40 == 7 })
		},
		"one among many": func(i int) string {
			return object(kinds[i%3], func(k int) bool { return k == i%3 || k > 2 && coin(k) })
		},
		"not always": func(i int) string {
			return object([]string{`"lead"`, `"guest"`, `null`}[i%3], func(k int) bool { return k%3 == i%3 })
		},
		"open": func(i int) string {
			return object(fmt.Sprintf(`"kind %d"`, i), func(k int) bool { return k%2 == i%2 })
		},
		"the same": func(i int) string { return object(kinds[i%3], func(k int) bool { return k < 4 }) },
	} {
		var bodies []string
		for i := range 120 {
			bodies = append(bodies, make(i))
		}
		if doc, s := answered(t, bodies, "3.1"); s.Discriminator != nil {
			t.Errorf("%s:\n%s", name, doc.YAML())
		}
	}
}

// TestPlaces: elements are described by place where the arrays are tuples.
func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		name, value string
		want        string // types by place
	}{
		{"a time and a value", `[1700000000.5,"%d"]`, "number string"},
		{"a row", `["x%d",%d,true,{"a":1}]`, "string integer boolean object"},
		{"with null", `["x%d",null,3]`, ""},
		{"numbers", `[%d,1.5]`, ""},
		{"a list", `["a",%d,"b"][:`, ""},
	} {
		var bodies []string
		for i := range 20 {
			v := strings.ReplaceAll(c.value, "%d", fmt.Sprint(i))
			if list, cut := strings.CutSuffix(v, "[:"); cut {
				v = []string{list, `["a"]`, `[]`}[i%3]
			}
			bodies = append(bodies, `{"at":`+v+`,"id":1}`)
		}
		doc, _ := answered(t, bodies, "3.1")
		var tree struct {
			Components struct {
				Schemas map[string]struct {
					Properties map[string]struct {
						PrefixItems []struct {
							Type any
							Ref  string `json:"$ref"`
						}
						MinItems, MaxItems int
					}
				}
			}
		}
		if err := json.Unmarshal(doc.JSON(), &tree); err != nil {
			t.Fatal(err)
		}
		var got []string
		at := tree.Components.Schemas["Payment"].Properties["at"]
		for _, p := range at.PrefixItems {
			got = append(got, fmt.Sprint(p.Type))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %q\n%s", c.name, got, c.want, doc.YAML())
		}
		if len(got) > 0 && (at.MinItems != len(got) || at.MaxItems != len(got)) {
			t.Errorf("%s: %d to %d elements", c.name, at.MinItems, at.MaxItems)
		}
	}
}
