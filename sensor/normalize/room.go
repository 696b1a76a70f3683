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

// Elements allocated together: 4 to 5 KiB.
const (
	callRoom   = 8
	listRoom   = 64
	bearerRoom = 32
	roomCalls  = 64
)

// room is zeroed memory that is not handed out yet.
type room[T any] []T

// take returns n elements; size is how many are allocated together.
func (r *room[T]) take(n, size int) []T {
	if n > len(*r) {
		if n > size/4 {
			return make([]T, n)
		}
		*r = make([]T, size)
	}
	got := (*r)[:n:n]
	*r = (*r)[n:]
	return got
}

// keep returns a copy of list.
func (r *room[T]) keep(list []T) []T {
	got := r.take(len(list), listRoom)
	copy(got, list)
	return got
}
