package catalog

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"wirecensus/schemas/shape"
)

// TestKeyedSegments: values in parentheses and after = are parameters, however many there
// are, and the words around them are not.
func TestKeyedSegments(t *testing.T) {
	c := New(Config{})
	for i := range 3000 {
		for _, form := range []string{"/odata/Products(#)", "/odata/Products(#)/Supplier", "/odata/People('@')", "/odata/People('@')/Friends", "/odata/Lines(Order=#,Line=#)", "/odata/Products", "/map;v=#/tiles"} {
			path := strings.ReplaceAll(strings.ReplaceAll(form, "#", fmt.Sprint(i)), "@", fmt.Sprintf("n%c%c", 'a'+i%26, 'a'+i/26%26))
			c.Apply(data(call(i, fmt.Sprintf("10.0.0.%d", i%20), "GET", path, 200), "f"+fmt.Sprint(len(form))+"a", "id"))
		}
	}
	var got []string
	s := only(t, c)
	for _, e := range s.Endpoints {
		got = append(got, e.Template)
	}
	want := []string{"/map;v={v}/tiles", "/odata/Lines(Order={order},Line={line})", "/odata/People('{personId}')", "/odata/People('{personId}')/Friends",
		"/odata/Products", "/odata/Products({productId})", "/odata/Products({productId})/Supplier"}
	if !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	p := s.Endpoints[5].Params[0]
	if p.Distinct < 2700 || p.Distinct > 3300 || p.Shape.Kinds[shape.Integer] == 0 || p.Prefix != "Products(" || p.Suffix != ")" || s.Endpoints[5].Paths != p.Distinct {
		t.Errorf("%+v, %d paths", p, s.Endpoints[5].Paths)
	}
	if tree := c.good["api.example"].tree; tree.nodes > 30 {
		t.Errorf("%d places", tree.nodes)
	}
}
