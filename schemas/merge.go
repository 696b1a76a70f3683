package schemas

import (
	"cmp"
	"slices"
)

// Bounds on names. What is beyond them is counted together under [OtherNames].
const (
	maxNamed = 16_384 // TLS hosts and services of a sum
	maxKinds = 16     // names in each map of a TLS host
)

// OtherNames is the name under which is counted what has a name beyond a bound.
const OtherNames = "*"

// Add adds what another sensor, worker or run saw. It keeps no part of o.
func (c *Coverage) Add(o *Coverage) {
	if c.First == 0 || o.First != 0 && o.First < c.First {
		c.First = o.First
	}
	c.Last = max(c.Last, o.Last)
	c.Frames += o.Frames
	c.Bytes += o.Bytes
	c.Segments += o.Segments
	c.Duplicates += o.Duplicates
	c.Connections += o.Connections
	c.Midstream += o.Midstream
	c.OneSided += o.OneSided
	c.StreamBytes += o.StreamBytes
	c.GapBytes += o.GapBytes
	c.CutBytes += o.CutBytes
	c.Gaps += o.Gaps
	c.Conflicts += o.Conflicts
	c.Calls += o.Calls
	c.Half += o.Half
	c.Orphans += o.Orphans
	c.Skipped += o.Skipped
	c.Decrypted += o.Decrypted
	c.DecryptedRecords += o.DecryptedRecords
	c.DecryptedFailures += o.DecryptedFailures
	c.Acks += o.Acks
	c.AckGaps += o.AckGaps
	if len(o.Shed) > 0 {
		addCounts(&c.Shed, o.Shed)
	}
	if len(o.Hosts) > 0 {
		addNamed(&c.Hosts, o.Hosts, (*HostCoverage).Add)
	}
	if o.Intervals != nil {
		if c.Intervals == nil {
			c.Intervals = new(Intervals)
		}
		c.Intervals.Add(o.Intervals)
	}
	addCounts(&c.Undecoded, o.Undecoded)
	addCounts(&c.Evicted, o.Evicted)
	addCounts(&c.Anomalies, o.Anomalies)
	addCounts(&c.Opaque, o.Opaque)
	addNamed(&c.TLS, o.TLS, (*TLSHost).Add)
	addNamed(&c.Services, o.Services, (*ServiceCoverage).Add)
	if o.QUIC != nil {
		if c.QUIC == nil {
			c.QUIC = new(QUICCoverage)
		}
		c.QUIC.add(o.QUIC)
	}
	if o.Live != nil {
		if c.Live == nil {
			c.Live = &LiveCoverage{Outages: []Outage{}}
		}
		c.Live.add(o.Live)
	}
}

func addCounts(dst *map[string]uint64, src map[string]uint64) {
	if *dst == nil {
		*dst = map[string]uint64{}
	}
	for k, n := range src {
		(*dst)[k] += n
	}
}

// addNamed adds by name, and keeps the names of least hash, so that which are
// named depends neither on order nor on grouping.
func addNamed[V any](dst *map[string]*V, src map[string]*V, add func(*V, *V)) {
	if *dst == nil {
		*dst = map[string]*V{}
	}
	for name, v := range src {
		if v == nil {
			continue
		}
		if (*dst)[name] == nil {
			(*dst)[name] = new(V)
		}
		add((*dst)[name], v)
	}
	for _, name := range surplus(*dst, maxNamed) {
		if (*dst)[OtherNames] == nil {
			(*dst)[OtherNames] = new(V)
		}
		add((*dst)[OtherNames], (*dst)[name])
		delete(*dst, name)
	}
}

// surplus returns the names beyond the most of least hash, in no order that matters.
func surplus[V any](m map[string]V, most int) []string {
	if len(m) <= most {
		return nil
	}
	names := make([]string, 0, len(m))
	for name := range m {
		if name != OtherNames {
			names = append(names, name)
		}
	}
	if len(names) <= most {
		return nil
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(NameHash(a), NameHash(b)), cmp.Compare(a, b)) })
	return names[most:]
}

// NameHash orders names where a bound decides which are kept: FNV-1a with a
// final mix, the same everywhere and always.
func NameHash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	return h ^ h>>32
}

// addKinds adds counts by name to a map of a TLS host.
func addKinds(dst *map[string]uint64, src map[string]uint64) {
	if len(src) == 0 {
		return
	}
	addCounts(dst, src)
	for _, name := range surplus(*dst, maxKinds) {
		(*dst)[OtherNames] += (*dst)[name]
		delete(*dst, name)
	}
}

// Add adds what was seen elsewhere of the same host. It keeps no part of o.
func (h *TLSHost) Add(o *TLSHost) {
	h.Connections += o.Connections
	h.Bytes += o.Bytes
	if h.First == 0 || o.First != 0 && o.First < h.First {
		h.First = o.First
	}
	h.Last = max(h.Last, o.Last)
	h.Hellos += o.Hellos
	h.Midstream += o.Midstream
	h.ECH += o.ECH
	h.QUIC += o.QUIC
	addKinds(&h.ALPN, o.ALPN)
	addKinds(&h.Selected, o.Selected)
	addKinds(&h.Versions, o.Versions)
	addKinds(&h.Suites, o.Suites)
	addKinds(&h.JA4, o.JA4)
	addKinds(&h.Certificates, o.Certificates)
}

func (q *QUICCoverage) add(o *QUICCoverage) {
	q.Flows += o.Flows
	q.Unread += o.Unread
	q.Datagrams += o.Datagrams
	q.Bytes += o.Bytes
	q.Bogus += o.Bogus
	q.Retries += o.Retries
	addKinds(&q.Versions, o.Versions)
	addKinds(&q.Others, o.Others)
}

// Add adds what was seen elsewhere of the same service.
func (s *ServiceCoverage) Add(o *ServiceCoverage) {
	s.Calls += o.Calls
	s.Half += o.Half
	s.Incomplete += o.Incomplete
	s.OneSided += o.OneSided
	s.StreamBytes += o.StreamBytes
	s.GapBytes += o.GapBytes
	s.Gaps += o.Gaps
	s.Shed += o.Shed
}

// Add adds what was seen elsewhere of the same address.
func (h *HostCoverage) Add(o *HostCoverage) {
	h.Connections += o.Connections
	h.OneSided += o.OneSided
	h.StreamBytes += o.StreamBytes
	h.GapBytes += o.GapBytes
	h.Gaps += o.Gaps
	h.Opaque += o.Opaque
	h.Shed += o.Shed
}

// maxOutages is how many outages a LiveCoverage lists.
const maxOutages = 1024

func (l *LiveCoverage) add(o *LiveCoverage) {
	l.KernelPackets += o.KernelPackets
	l.KernelDrops += o.KernelDrops
	l.Waiting += o.Waiting
	l.QueueDrops += o.QueueDrops
	l.MoreOutages += o.MoreOutages
	l.Outages = append(l.Outages, o.Outages...)
	slices.SortFunc(l.Outages, func(a, b Outage) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	if n := len(l.Outages) - maxOutages; n > 0 {
		l.MoreOutages += uint64(n)
		l.Outages = l.Outages[:maxOutages]
	}
}
