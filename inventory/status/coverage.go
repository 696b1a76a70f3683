package status

import (
	"net"
	"slices"

	"wirecensus/schemas"
)

// Shares from which on coverage counts as degraded.
const (
	maxLost  = 0.01 // of the stream bytes of everything seen
	maxTorn  = 0.05 // of the service's calls: unanswered, cut, or with a gap
	minCalls = 20   // below so many calls a single torn one is no sign
)

// Degraded says whether traffic of a service was lost or could not be read, so
// that "not seen" does not mean "not used", and which loss it was.
func Degraded(c *schemas.Coverage, service, host string) (bool, string) {
	if why := unread(c, service, host); why != "" {
		return true, why
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

// unread says which encrypted connections may have been to a service: to the name
// of its host, to that name outside of an encrypted ClientHello, or, where no name was said, to its address.
func unread(c *schemas.Coverage, service, host string) string {
	var named, outer, quic uint64
	names := []string{host, service, net.JoinHostPort(host, "443")}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if t := c.TLS[name]; t != nil {
			named += t.Connections
			quic += t.QUIC
		}
	}
	if t := c.TLS["ech:"+host]; t != nil {
		outer = t.Connections
		quic += t.QUIC
	}
	if named+outer == 0 {
		return ""
	}
	why := count(named, "encrypted connection") + " to " + host + " could not be read"
	switch {
	case named == 0:
		why = count(outer, "encrypted connection") + " with the outer name " + host + " could not be read"
	case outer > 0:
		why += ", and " + plain(outer) + " more with it as the outer name"
	}
	if quic > 0 {
		why += "; " + plain(quic) + " of them over QUIC"
	}
	return why
}
