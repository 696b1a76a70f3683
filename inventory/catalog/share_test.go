package catalog

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"unsafe"
)

// memory collects what can be changed through v: pointers, maps, and
// the arrays of slices.
func memory(v reflect.Value, seen map[unsafe.Pointer]string, path string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Map:
		if v.IsNil() || seen[v.UnsafePointer()] != "" {
			return
		}
		seen[v.UnsafePointer()] = path
		if v.Kind() == reflect.Pointer {
			memory(v.Elem(), seen, path)
			return
		}
		for it := v.MapRange(); it.Next(); {
			memory(it.Value(), seen, path+"[]")
		}
	case reflect.Slice:
		if v.Len() > 0 {
			seen[v.UnsafePointer()] = path
		}
		for i := range v.Len() {
			memory(v.Index(i), seen, path+"[]")
		}
	case reflect.Struct:
		for i := range v.NumField() {
			memory(v.Field(i), seen, path+"."+v.Type().Field(i).Name)
		}
	}
}

// TestServicesShareNothing: no memory that the catalog can change is reachable
// from what it answered.
func TestServicesShareNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 21))
	cfg := tight()
	cfg.MaxServices = 100
	c := New(cfg)
	for _, call := range append(traffic(r, 900), flood(r, 300)...) {
		c.Apply(call)
	}
	answer := c.Services(Options{})
	before := dump(answer)
	mine, theirs := map[unsafe.Pointer]string{}, map[unsafe.Pointer]string{}
	memory(reflect.ValueOf(c), mine, "catalog")
	memory(reflect.ValueOf(answer), theirs, "answer")
	if len(mine) < 1000 || len(theirs) < 1000 {
		t.Fatalf("%d and %d pieces of memory", len(mine), len(theirs))
	}
	for p, path := range theirs {
		if at := mine[p]; at != "" {
			t.Errorf("%s is %s", path, at)
		}
	}
	for _, call := range append(traffic(r, 900), flood(r, 300)...) {
		c.Apply(call)
	}
	c.Merge(fold(r, traffic(r, 300), 2, cfg))
	parts(t, c)
	if d := differ(before, dump(answer)); d != "" {
		t.Errorf("later calls changed an answer: %.2000s", d)
	}
}
