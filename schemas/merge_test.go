package schemas

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fill sets every field of a struct to something that is not zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		e := reflect.New(v.Type().Elem()).Elem()
		fill(e)
		v.SetMapIndex(reflect.ValueOf("k"), e)
	case reflect.Slice:
		e := reflect.New(v.Type().Elem()).Elem()
		fill(e)
		v.Set(reflect.Append(v, e))
	case reflect.Uint64:
		v.SetUint(3)
	case reflect.Int64:
		v.SetInt(3)
	}
}

// TestAddCoverage: no field is forgotten, and order does not matter.
func TestAddCoverage(t *testing.T) {
	var full, sum Coverage
	fill(reflect.ValueOf(&full).Elem())
	full.Intervals.Width, full.Intervals.List[0].From = leastWidth, Time(leastWidth)
	sum.Add(&full)
	if d := cmp.Diff(full, sum); d != "" {
		t.Fatal("adding to nothing:", d)
	}
	sum.Add(&full)
	if sum.Frames != 6 || sum.First != 3 || sum.TLS["k"].Connections != 6 || sum.TLS["k"].ALPN["k"] != 6 || sum.Services["k"].Half != 6 || sum.Live.KernelDrops != 6 || len(sum.Live.Outages) != 2 {
		t.Fatalf("%+v", sum)
	}
	if full.TLS["k"].Connections != 3 {
		t.Fatal("the argument was changed")
	}
	a, b := Coverage{First: 5, Last: 9, Undecoded: map[string]uint64{"x": 1}}, Coverage{First: 2, Last: 3, Live: &LiveCoverage{Outages: []Outage{{From: 1}}}}
	var ab, ba Coverage
	ab.Add(&a)
	ab.Add(&b)
	ba.Add(&b)
	ba.Add(&a)
	if d := cmp.Diff(ab, ba); d != "" || ab.First != 2 || ab.Last != 9 {
		t.Fatal(d, ab)
	}
}
