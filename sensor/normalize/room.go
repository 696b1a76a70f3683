package normalize

import "wirecensus/schemas"

// rooms are where calls and their lists come from, many in one allocation. What
// was handed out is never taken back; it lives as long as anything that was
// allocated with it.
type rooms struct {
	calls  room[schemas.Call]
	params room[schemas.Param]
	auth   room[schemas.Auth]
	found  room[schemas.Sensitive]
	ids    room[schemas.Ident]
	texts  room[string]
	made   int // calls

	bearers room[bearer] // these stay in the Normalizer
}

// begin starts new rooms after some calls. Calls refer to what was allocated
// beside others: without an end, one call kept would keep every later one.
func (r *rooms) begin() {
	if r.made++; r.made > roomCalls {
		*r = rooms{made: 1, bearers: r.bearers}
	}
}

// reclaim takes back all calls with their lists.
func (r *rooms) reclaim() {
	r.calls.reclaim()
	r.params.reclaim()
	r.auth.reclaim()
	r.found.reclaim()
	r.ids.reclaim()
	r.texts.reclaim()
}

// Elements allocated together: 4 to 5 KiB.
const (
	callRoom   = 8
	listRoom   = 64
	bearerRoom = 32
	roomCalls  = 64
)

// room is memory that is not handed out yet.
type room[T any] struct {
	free  []T
	whole []T  // what free is the end of
	used  bool // whole was handed out before
}

// take returns n zero elements; size is how many are allocated together.
func (r *room[T]) take(n, size int) []T {
	if n > len(r.free) {
		if n > size/4 {
			return make([]T, n)
		}
		r.whole, r.used = make([]T, size), false
		r.free = r.whole
	}
	got := r.free[:n:n]
	if r.free = r.free[n:]; r.used {
		clear(got)
	}
	return got
}

// reclaim takes back what was handed out.
func (r *room[T]) reclaim() {
	r.free, r.used = r.whole, true
}

// keep returns a copy of list.
func (r *room[T]) keep(list []T) []T {
	got := r.take(len(list), listRoom)
	copy(got, list)
	return got
}
