package sensor

import "wirecensus/schemas"

// maxNames bounds the services and the TLS hosts that one coverage names.
const maxNames = 4096

// tally counts by name, for at most maxNames names: those of least hash. What is
// booked under the others is added up in rest. Which names stay is a function
// of the names alone, so tallies of the same traffic agree whatever its order and sharding.
type tally[T any] struct {
	named map[string]*T
	rest  *T
	add   func(dst, src *T)
	// worst is the greatest hash of a name in named, valid iff named is full.
	worst uint64
}

func newTally[T any](add func(dst, src *T)) *tally[T] {
	return &tally[T]{named: map[string]*T{}, rest: new(T), add: add}
}

// at returns where to book under name.
func (t *tally[T]) at(name string) *T {
	if v := t.named[name]; v != nil {
		return v
	}
	if len(t.named) == maxNames {
		if schemas.NameHash(name) > t.worst {
			return t.rest
		}
		t.evict()
	}
	v := new(T)
	t.named[name] = v
	if len(t.named) == maxNames {
		t.worst = schemas.NameHash(t.last())
	}
	return v
}

// last returns the name of greatest hash.
func (t *tally[T]) last() (last string) {
	var most uint64
	for name := range t.named {
		if h := schemas.NameHash(name); h > most || h == most && name > last {
			last, most = name, h
		}
	}
	return last
}

func (t *tally[T]) evict() {
	last := t.last()
	t.add(t.rest, t.named[last])
	delete(t.named, last)
}

// merge adds all that src counted.
func (t *tally[T]) merge(src *tally[T]) {
	t.add(t.rest, src.rest)
	for name, v := range src.named {
		t.add(t.at(name), v)
	}
}
