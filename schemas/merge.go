package schemas

import (
	"cmp"
	"maps"
	"slices"
)

// maxNamed is how many TLS hosts and services a sum names; the others are
// counted together under "*".
const maxNamed = 16_384

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
	addCounts(&c.Undecoded, o.Undecoded)
	addCounts(&c.Evicted, o.Evicted)
	addCounts(&c.Anomalies, o.Anomalies)
	addCounts(&c.Opaque, o.Opaque)
	addNamed(&c.TLS, o.TLS, (*TLSHost).add)
	addNamed(&c.Services, o.Services, (*ServiceCoverage).add)
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

// addNamed adds by name, in order of the names, so that which are named does not
// depend on chance.
func addNamed[V any](dst *map[string]*V, src map[string]*V, add func(*V, *V)) {
	if *dst == nil {
		*dst = map[string]*V{}
	}
	for _, name := range slices.Sorted(maps.Keys(src)) {
		if src[name] == nil {
			continue
		}
		if (*dst)[name] == nil && len(*dst) >= maxNamed {
			name = "*"
		}
		if (*dst)[name] == nil {
			(*dst)[name] = new(V)
		}
		add((*dst)[name], src[name])
	}
}

func (h *TLSHost) add(o *TLSHost) {
	h.Connections += o.Connections
	h.Bytes += o.Bytes
	if h.First == 0 || o.First != 0 && o.First < h.First {
		h.First = o.First
	}
	h.Last = max(h.Last, o.Last)
	if len(o.ALPN) > 0 {
		addCounts(&h.ALPN, o.ALPN)
	}
}

func (s *ServiceCoverage) add(o *ServiceCoverage) {
	s.Calls += o.Calls
	s.Half += o.Half
	s.Incomplete += o.Incomplete
	s.OneSided += o.OneSided
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
