package specgen

import (
	"math"

	"wirecensus/schemas/shape"
)

const (
	// wellSeen is the number of objects from which on a property that most of
	// them have tells how optional properties behave.
	wellSeen = 30
	// often is the least share of objects for such a property.
	often = 0.85
	// maxWrong is the share of required properties that may be optional ones.
	maxWrong = 0.2
	// mostRequired bounds how many objects are asked for.
	mostRequired = 25
)

// habit is how a service uses optional properties: whether "there in all objects
// so far" can be chance depends on how many properties are there in nearly all.
type habit struct {
	always, nearly uint64
	share          float64 // sum of the shares of the nearly ones
}

// add counts the properties of an object.
func (h *habit) add(objects uint64, fixed []shape.Prop) {
	if objects < wellSeen {
		return
	}
	for _, p := range fixed {
		switch share := float64(p.Seen) / float64(objects); {
		case p.Seen >= objects:
			h.always++
		case share >= often:
			h.nearly++
			h.share += share
		}
	}
}

// support is the number of objects of which all must have a property before it
// is called required: so many that at most maxWrong of such properties are optional.
func (h *habit) support() uint64 {
	if h.nearly == 0 || h.always == 0 {
		return minRequired
	}
	odds := float64(h.nearly) / (maxWrong * float64(h.always))
	if odds <= 1 {
		return minRequired
	}
	n := math.Log(odds) / -math.Log(h.share/float64(h.nearly))
	return uint64(max(minRequired, min(math.Ceil(n), mostRequired)))
}
