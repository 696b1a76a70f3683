package sensor

import (
	"slices"

	"wirecensus/reassembly"
	"wirecensus/schemas"
)

// books is what one shard counts of its connections and calls.
type books struct {
	calls, half, orphans, skipped, panics uint64

	anomalies map[string]uint64
	opaque    map[string]uint64
	tls       *tally[schemas.TLSHost]
	services  *tally[schemas.ServiceCoverage]
	hosts     *tally[schemas.HostCoverage]
	names     map[reassembly.Addr]string // of hosts, at most maxNames in memory
	intervals schemas.Intervals
	shed      shedCounts
	booked    mark // what the intervals hold already
}

func newBooks() *books {
	return &books{anomalies: map[string]uint64{}, opaque: map[string]uint64{}, tls: newTally((*schemas.TLSHost).Add), services: newTally((*schemas.ServiceCoverage).Add),
		hosts: newTally((*schemas.HostCoverage).Add), names: map[reassembly.Addr]string{}}
}

// call books one call and returns the name of its service, "" none.
func (b *books) call(c *schemas.Call) (service string) {
	for _, a := range c.Anomalies {
		b.anomalies[a]++
	}
	if !c.RequestSeen {
		b.orphans++
		return ""
	}
	b.calls++
	service = c.Service()
	svc := b.services.at(service)
	svc.Calls++
	if c.Status == 0 {
		b.half++
		svc.Half++
	}
	if slices.ContainsFunc(c.Flags, torn) {
		svc.Incomplete++
	}
	if slices.Contains(c.Flags, "one-sided") {
		svc.OneSided++
	}
	if slices.Contains(c.Flags, "shed") {
		svc.Shed++
	}
	return service
}

// torn reports whether a flag says that a part of the call is missing.
func torn(flag string) bool {
	return flag == "gap" || flag == "incomplete" || flag == "truncated" || flag == "path_unknown"
}

// merge adds what another shard counted.
func (b *books) merge(o *books) {
	b.calls += o.calls
	b.half += o.half
	b.orphans += o.orphans
	b.skipped += o.skipped
	b.panics += o.panics
	for name, n := range o.anomalies {
		b.anomalies[name] += n
	}
	for name, n := range o.opaque {
		b.opaque[name] += n
	}
	b.tls.merge(o.tls)
	b.services.merge(o.services)
	b.hosts.merge(o.hosts)
	b.intervals.Add(&o.intervals)
	b.shed.add(&o.shed)
}

// fill writes the books into a coverage.
func (b *books) fill(cov *schemas.Coverage) {
	cov.Calls, cov.Half, cov.Orphans, cov.Skipped = b.calls, b.half, b.orphans, b.skipped
	cov.Anomalies, cov.Opaque = b.anomalies, b.opaque
	cov.TLS, cov.Services = b.tls.named, b.services.named
	b.fillLoss(cov)
	if b.tls.rest.Connections > 0 || b.tls.rest.Bytes > 0 {
		cov.TLS[schemas.OtherNames] = b.tls.rest
	}
	if *b.services.rest != (schemas.ServiceCoverage{}) {
		cov.Services[schemas.OtherNames] = b.services.rest
	}
	if b.panics > 0 {
		cov.Evicted["panic"] = b.panics
	}
}

// addTCP adds what the shard's assembler saw.
func (s *shard) addTCP(cov *schemas.Coverage) {
	st := s.asm.Stats()
	cov.Connections += st.Connections
	cov.Midstream += st.Midstream
	cov.OneSided += st.OneSided
	cov.StreamBytes += st.DataBytes
	cov.GapBytes += st.GapBytes
	cov.CutBytes += st.CutBytes
	cov.Gaps += st.Gaps
	cov.Conflicts += st.Conflicts
	cov.Acks += st.Acks
	cov.AckGaps += st.GapsByAck
	for cause, n := range map[string]uint64{
		"half-open": st.EvictedHalfOpen, "linger": st.EvictedLinger, "unused": st.EvictedUnused, "idle": st.EvictedIdle, "oldest": st.EvictedOldest,
		"tls-handshake": s.handshakes.evicted, "rapid-reset": s.parsers2.Stats().Withdrawn, "pending": s.pairs.Stats().Evicted,
	} {
		if n > 0 {
			cov.Evicted[cause] += n
		}
	}
}
