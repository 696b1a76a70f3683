package sensor

import (
	"slices"

	"wirecensus/schemas"
)

// maxNames bounds the services and the TLS hosts that one coverage names.
const maxNames = 4096

func newCoverage() *schemas.Coverage {
	return &schemas.Coverage{
		Undecoded: map[string]uint64{}, Evicted: map[string]uint64{}, Anomalies: map[string]uint64{}, Opaque: map[string]uint64{},
		TLS: map[string]*schemas.TLSHost{}, Services: map[string]*schemas.ServiceCoverage{},
	}
}

// named returns m[name], made when missing; beyond maxNames it is m["*"].
func named[T any](m map[string]*T, name string) *T {
	if v := m[name]; v != nil {
		return v
	}
	if len(m) >= maxNames {
		name = "*"
		if v := m[name]; v != nil {
			return v
		}
	}
	v := new(T)
	m[name] = v
	return v
}

// count books one call.
func (s *shard) count(c *schemas.Call) {
	for _, a := range c.Anomalies {
		s.cov.Anomalies[a]++
	}
	if !c.RequestSeen {
		s.cov.Orphans++
		return
	}
	s.cov.Calls++
	if c.Status == 0 {
		s.cov.Half++
	}
	svc := named(s.cov.Services, c.Service())
	svc.Calls++
	if c.Status == 0 {
		svc.Half++
	}
	if slices.ContainsFunc(c.Flags, func(f string) bool { return f == "gap" || f == "incomplete" || f == "truncated" }) {
		svc.Incomplete++
	}
	if slices.Contains(c.Flags, "one-sided") {
		svc.OneSided++
	}
}

// addTo adds what the shard saw to dst.
func (s *shard) addTo(dst *schemas.Coverage) {
	st := s.asm.Stats()
	dst.Connections += st.Connections
	dst.Midstream += st.Midstream
	dst.OneSided += st.OneSided
	dst.StreamBytes += st.DataBytes
	dst.GapBytes += st.GapBytes
	dst.CutBytes += st.CutBytes
	dst.Gaps += st.Gaps
	dst.Conflicts += st.Conflicts
	for cause, n := range map[string]uint64{
		"half-open": st.EvictedHalfOpen, "linger": st.EvictedLinger, "unused": st.EvictedUnused, "idle": st.EvictedIdle, "oldest": st.EvictedOldest,
		"panic": s.panics,
	} {
		if n > 0 {
			dst.Evicted[cause] += n
		}
	}
	dst.Calls += s.cov.Calls
	dst.Half += s.cov.Half
	dst.Orphans += s.cov.Orphans
	dst.Skipped += s.cov.Skipped
	merge(dst, s.cov)
}

// merge adds src's services and hosts to dst, name by name.
func merge(dst, src *schemas.Coverage) {
	for name, n := range src.Anomalies {
		dst.Anomalies[name] += n
	}
	for name, n := range src.Opaque {
		dst.Opaque[name] += n
	}
	for name, s := range src.Services {
		d := named(dst.Services, name)
		d.Calls += s.Calls
		d.Half += s.Half
		d.Incomplete += s.Incomplete
		d.OneSided += s.OneSided
	}
	for name, s := range src.TLS {
		d := named(dst.TLS, name)
		if d.Connections == 0 || s.First < d.First {
			d.First = s.First
		}
		d.Last = max(d.Last, s.Last)
		d.Connections += s.Connections
		d.Bytes += s.Bytes
		for p, n := range s.ALPN {
			if d.ALPN == nil {
				d.ALPN = map[string]uint64{}
			}
			d.ALPN[p] += n
		}
	}
}
