package status

import "wirecensus/schemas"

// Shares from which on coverage counts as degraded.
const (
	maxLost  = 0.01 // of the stream bytes of everything seen
	maxTorn  = 0.05 // of the service's calls: unanswered, cut, or with a gap
	minCalls = 20   // below so many calls a single torn one is no sign
)

// Degraded says whether traffic of a service was lost or could not be read, so
// that "not seen" does not mean "not used", and which loss it was.
func Degraded(c *schemas.Coverage, service, host string) (bool, string) {
	if t := c.TLS[host]; t != nil && t.Connections > 0 {
		return true, count(t.Connections, "encrypted connection") + " to " + host + " could not be read"
	}
	if s := c.Services[service]; s != nil {
		if torn := s.Half + s.Incomplete; torn > 0 && s.Calls >= minCalls && float64(torn) > maxTorn*float64(s.Calls) {
			return true, percent(torn, s.Calls) + " of " + count(s.Calls, "call") + " were torn by loss"
		}
		if s.OneSided > 0 && float64(s.OneSided) > maxTorn*float64(s.Calls) {
			return true, count(s.OneSided, "connection") + " of the service had only one direction"
		}
	}
	if lost := c.GapBytes + c.CutBytes; lost > 0 && float64(lost) > maxLost*float64(c.StreamBytes+lost) {
		return true, percent(lost, c.StreamBytes+lost) + " of the stream bytes were lost or cut off"
	}
	return false, ""
}
