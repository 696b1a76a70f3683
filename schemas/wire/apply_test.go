package wire

import (
	"bytes"
	"testing"

	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
)

// TestReuse: a catalog keeps nothing of a call that is overwritten with the next one.
func TestReuse(t *testing.T) {
	for _, name := range []string{"demo", "tiny"} {
		calls := captured(t, name)
		calls = calls[:min(len(calls), 4000)]
		direct, decoded := catalog.New(catalog.Config{}), catalog.New(catalog.Config{})
		d := NewDecoder()
		d.Reuse = true
		for _, r := range pack(NewEncoder(), calls, 64) {
			for i := range r.calls {
				direct.Apply(&r.calls[i])
			}
			for _, def := range r.defs {
				if err := d.Define(def); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := d.Decode(r.value, func(c *schemas.Call) { decoded.Apply(c) }); err != nil {
				t.Fatal(err)
			}
		}
		if a, b := exported(t, direct), exported(t, decoded); !bytes.Equal(a, b) || len(a) == 0 {
			t.Errorf("%s: %d bytes of what was applied directly, %d of what was decoded, not the same", name, len(a), len(b))
		}
	}
}

func exported(t *testing.T, c *catalog.Catalog) (all []byte) {
	t.Helper()
	if err := c.Export(func(key string, part []byte) error {
		all = append(append(all, key...), part...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}
