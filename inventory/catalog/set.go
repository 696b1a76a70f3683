package catalog

// Set is a mergeable set of 64-bit digests: exact up to maxExact members, an
// estimate (HyperLogLog) beyond. The zero value is empty.
type Set struct {
	small map[uint64]struct{}
	big   *sketch
}
