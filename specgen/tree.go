package specgen

import "slices"

// object is a JSON object that keeps the order of its keys.
type object struct {
	keys []string
	vals []any // string, bool, uint64, int64, float64, *object, []any
}

// obj builds an object from keys and values in turn.
func obj(kv ...any) *object {
	o := &object{}
	for i := 0; i+1 < len(kv); i += 2 {
		o.set(kv[i].(string), kv[i+1])
	}
	return o
}

// set appends a key, or replaces the value of one that is there.
func (o *object) set(key string, v any) {
	for i, k := range o.keys {
		if k == key {
			o.vals[i] = v
			return
		}
	}
	o.keys = append(o.keys, key)
	o.vals = append(o.vals, v)
}

func (o *object) get(key string) any {
	for i, k := range o.keys {
		if k == key {
			return o.vals[i]
		}
	}
	return nil
}

// sorted returns o with its keys in order.
func (o *object) sorted() *object {
	order := slices.Clone(o.keys)
	slices.Sort(order)
	out := obj()
	for _, k := range order {
		out.set(k, o.get(k))
	}
	return out
}

func (o *object) len() int { return len(o.keys) }

// size is the number of objects in o, itself included.
func (o *object) size() int {
	n := 1
	for _, v := range o.vals {
		n += sizeOf(v)
	}
	return n
}

func sizeOf(v any) (n int) {
	switch v := v.(type) {
	case *object:
		return v.size()
	case []any:
		for _, e := range v {
			n += sizeOf(e)
		}
	}
	return n
}

func list[T any](items []T) []any {
	out := make([]any, len(items))
	for i, it := range items {
		out[i] = it
	}
	return out
}
