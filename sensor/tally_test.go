package sensor

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"wirecensus/schemas"
)

// TestTally: with more names than are kept, the same names stay and the same
// sums come out for any order and any split over shards.
func TestTally(t *testing.T) {
	const names, bookings = maxNames + 500, 20000
	events := make([]string, bookings)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range events {
		events[i] = fmt.Sprintf("host%d", rng.IntN(names))
	}
	var want *tally[schemas.ServiceCoverage]
	for shards := 1; shards <= 4; shards++ {
		parts := make([]*tally[schemas.ServiceCoverage], shards)
		for i := range parts {
			parts[i] = newTally((*schemas.ServiceCoverage).Add)
		}
		rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		for i, name := range events {
			parts[i%shards].at(name).Calls++
		}
		got := newTally((*schemas.ServiceCoverage).Add)
		for _, p := range parts {
			got.merge(p)
		}
		if want == nil {
			want = got
		}
		if len(got.named) != maxNames || got.rest.Calls == 0 {
			t.Fatalf("%d names, %d calls of others", len(got.named), got.rest.Calls)
		}
		if !reflect.DeepEqual(got.named, want.named) || *got.rest != *want.rest {
			t.Errorf("%d shards: other tally", shards)
		}
	}
}
