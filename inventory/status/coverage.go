package status

import (
	"cmp"
	"net"
	"slices"

	"wirecensus/schemas"
)

// Shares from which on coverage counts as degraded.
const (
	maxLost  = 0.01 // of the stream bytes of everything seen
	maxTorn  = 0.05 // of the service's calls: unanswered, cut, or with a gap
	minCalls = 20   // below so many calls a single torn one is no sign

	maxLostThen = 0.1  // of an interval, for it to count as lost
	maxAway     = 0.05 // of the intervals
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
	if s := c.Services[service]; s != nil {
		if s.Shed > 0 {
			return true, count(s.Shed, "call") + " of the service " + verb(s.Shed) + " not read whole, because the sensor could not keep up"
		}
		if s.GapBytes > 0 && float64(s.GapBytes) > maxLost*float64(s.StreamBytes+s.GapBytes) {
			return true, percent(s.GapBytes, s.StreamBytes+s.GapBytes) + " of the bytes on the service's connections were lost or cut off"
		}
	}
	if why := cmp.Or(shed(c), dropped(c), away(c)); why != "" {
		return true, why
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

func verb(n uint64) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// shed says what the sensor left out because it could not keep up.
func shed(c *schemas.Coverage) string {
	if n := c.Shed["connections"]; n > 0 {
		return count(n, "connection") + " " + verb(n) + " not read, because the sensor could not keep up"
	}
	return ""
}

// dropped says which share of the packets of a live capture was dropped.
func dropped(c *schemas.Coverage) string {
	l := c.Live
	if l == nil {
		return ""
	}
	if float64(l.KernelDrops) > maxLost*float64(l.KernelPackets) {
		return percent(l.KernelDrops, l.KernelPackets) + " of the packets were dropped before the sensor could read them"
	}
	if float64(l.QueueDrops) > maxLost*float64(c.Segments) {
		return percent(l.QueueDrops, c.Segments) + " of the segments were dropped because the sensor could not keep up"
	}
	return ""
}

// away says for how much of the time nothing, or too little, was seen.
func away(c *schemas.Coverage) string {
	if c.Live != nil {
		var out schemas.Time
		for _, o := range c.Live.Outages {
			to := o.To
			if to == 0 {
				to = c.Last
			}
			out += max(0, to-o.From)
		}
		if span := c.Last - c.First; out > 0 && float64(out) > maxAway*float64(span) {
			return percent(uint64(out), uint64(max(span, out))) + " of the time the interface was away"
		}
	}
	if c.Intervals == nil {
		return ""
	}
	var lost uint64
	for i := range c.Intervals.List {
		v := &c.Intervals.List[i]
		drops := v.KernelDrops + v.QueueDrops
		if v.GapBytes > 0 && float64(v.GapBytes) > maxLostThen*float64(v.StreamBytes+v.GapBytes) || drops > 0 && float64(drops) > maxLostThen*float64(v.Frames+v.KernelDrops) {
			lost++
		}
	}
	if all := uint64(len(c.Intervals.List)); lost > 0 && float64(lost) > maxAway*float64(all) {
		return "a tenth or more was lost in " + plain(lost) + " of " + count(all, "interval")
	}
	return ""
}
