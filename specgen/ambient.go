package specgen

import "wirecensus/specgen/openapi"

// A query parameter that comes up at minAmbient operations or more, and at none
// of them in more than maxAmbient of the calls, was not put there by the API:
// tags of links, counters against caches.
const (
	minAmbient = 5
	maxAmbient = 0.06
)

// ambient returns the query parameters of a service that belong to no operation.
func ambient(ops []*operation) map[string]bool {
	places := map[string]int{}
	rates := map[string]float64{}
	sums := map[string]uint64{}
	totals := map[string]uint64{}
	for _, op := range ops {
		for name, p := range op.Op.Query {
			sums[name] += p.Calls
			totals[name] += op.Op.Accepted
			places[name]++
			// Few calls say little about a rate: one of three is no third.
			if op.Op.Accepted >= 20 {
				rates[name] = max(rates[name], float64(p.Calls)/float64(op.Op.Accepted))
			}
		}
	}
	out := map[string]bool{}
	for name, n := range places {
		rare := n >= minAmbient && rates[name] <= maxAmbient && float64(sums[name]) <= maxAmbient/2*float64(totals[name])
		out[name] = rare || openapi.Ambient(name)
	}
	return out
}
