package wire

import (
	"wirecensus/schemas"
	"wirecensus/schemas/pb"

	"google.golang.org/protobuf/proto"
)

// CoverageReport is the value of a record of the topic of coverage: what one
// worker saw since its epoch began. Reports of one origin contain each other: a
// reader keeps the one of greatest Sequence, and adds those of several origins.
type CoverageReport struct {
	Origin
	Sequence uint64            `json:"sequence"`       // of the report in its origin
	Coverage schemas.Coverage  `json:"coverage"`       // since the epoch began
	Shed     map[string]uint64 `json:"shed,omitempty"` // what was not published, by cause
}

// AppendCoverage appends the record of a report to dst. Equal reports give the
// same bytes. Text that is not UTF-8 is mended, and a map's entry whose key was
// mended to that of another is added to it.
func AppendCoverage(dst []byte, r *CoverageReport) []byte {
	m := &pb.CoverageReport{
		Sensor: mend(r.Sensor), Epoch: r.Epoch, Lane: r.Lane, Sequence: r.Sequence, Shed: counts(r.Shed),
		Coverage: coverageMessage(&r.Coverage),
	}
	dst, err := proto.MarshalOptions{Deterministic: true}.MarshalAppend(dst, m)
	if err != nil {
		panic(err) // its only errors are texts that are not UTF-8
	}
	return dst
}

// ParseCoverage reads a report in either encoding. It fails with ErrCorrupt.
func ParseCoverage(value []byte) (*CoverageReport, error) {
	var m pb.CoverageReport
	if len(value) > MaxRecord {
		return nil, ErrCorrupt
	}
	if isJSON(value) {
		return parseCoverageJSON(value)
	}
	if proto.Unmarshal(value, &m) != nil || m.Coverage == nil {
		return nil, ErrCorrupt
	}
	return &CoverageReport{
		Origin: Origin{m.Sensor, m.Epoch, m.Lane}, Sequence: m.Sequence, Shed: m.Shed,
		Coverage: coverageOf(m.Coverage),
	}, nil
}

func coverageMessage(c *schemas.Coverage) *pb.Coverage {
	m := &pb.Coverage{
		First: int64(c.First), Last: int64(c.Last), Frames: c.Frames, Bytes: c.Bytes, Undecoded: counts(c.Undecoded), Segments: c.Segments,
		Duplicates: c.Duplicates, Connections: c.Connections, Midstream: c.Midstream, OneSided: c.OneSided, StreamBytes: c.StreamBytes,
		GapBytes: c.GapBytes, CutBytes: c.CutBytes, Gaps: c.Gaps, Conflicts: c.Conflicts, Evicted: counts(c.Evicted), Calls: c.Calls, Half: c.Half,
		Orphans: c.Orphans, Skipped: c.Skipped, Anomalies: counts(c.Anomalies), Opaque: counts(c.Opaque),
		Decrypted: c.Decrypted, DecryptedRecords: c.DecryptedRecords, DecryptedFailures: c.DecryptedFailures,
		Tls: map[string]*pb.TLSHost{}, Services: map[string]*pb.ServiceCoverage{},
	}
	lossMessage(m, c)
	mended := map[string]*schemas.TLSHost{} // names that were mended to the same add up
	for name, h := range c.TLS {
		if mended[mend(name)] == nil {
			mended[mend(name)] = new(schemas.TLSHost)
		}
		mended[mend(name)].Add(h)
	}
	for name, h := range mended {
		m.Tls[name] = tlsMessage(h)
	}
	if q := c.QUIC; q != nil {
		m.Quic = &pb.QUICCoverage{Flows: q.Flows, Unread: q.Unread, Datagrams: q.Datagrams, Bytes: q.Bytes, Bogus: q.Bogus, Retries: q.Retries,
			Versions: counts(q.Versions), Others: counts(q.Others)}
	}
	for name, s := range c.Services {
		v := m.Services[mend(name)]
		if v == nil {
			v = &pb.ServiceCoverage{}
			m.Services[mend(name)] = v
		}
		v.Calls, v.Half, v.Incomplete, v.OneSided = v.Calls+s.Calls, v.Half+s.Half, v.Incomplete+s.Incomplete, v.OneSided+s.OneSided
		v.StreamBytes, v.GapBytes, v.Gaps, v.Shed = v.StreamBytes+s.StreamBytes, v.GapBytes+s.GapBytes, v.Gaps+s.Gaps, v.Shed+s.Shed
	}
	if l := c.Live; l != nil {
		m.Live = &pb.LiveCoverage{KernelPackets: l.KernelPackets, KernelDrops: l.KernelDrops, Waiting: l.Waiting, QueueDrops: l.QueueDrops, MoreOutages: l.MoreOutages}
		for _, o := range l.Outages {
			m.Live.Outages = append(m.Live.Outages, &pb.Outage{From: int64(o.From), To: int64(o.To)})
		}
	}
	return m
}

func coverageOf(m *pb.Coverage) schemas.Coverage {
	c := schemas.Coverage{
		First: schemas.Time(m.First), Last: schemas.Time(m.Last), Frames: m.Frames, Bytes: m.Bytes, Undecoded: filled(m.Undecoded), Segments: m.Segments,
		Duplicates: m.Duplicates, Connections: m.Connections, Midstream: m.Midstream, OneSided: m.OneSided, StreamBytes: m.StreamBytes,
		GapBytes: m.GapBytes, CutBytes: m.CutBytes, Gaps: m.Gaps, Conflicts: m.Conflicts, Evicted: filled(m.Evicted), Calls: m.Calls, Half: m.Half,
		Orphans: m.Orphans, Skipped: m.Skipped, Anomalies: filled(m.Anomalies), Opaque: filled(m.Opaque),
		Decrypted: m.Decrypted, DecryptedRecords: m.DecryptedRecords, DecryptedFailures: m.DecryptedFailures,
		TLS: map[string]*schemas.TLSHost{}, Services: map[string]*schemas.ServiceCoverage{},
	}
	lossOf(&c, m)
	for name, h := range m.Tls {
		c.TLS[name] = tlsOf(h)
	}
	if q := m.Quic; q != nil {
		c.QUIC = &schemas.QUICCoverage{Flows: q.Flows, Unread: q.Unread, Datagrams: q.Datagrams, Bytes: q.Bytes, Bogus: q.Bogus, Retries: q.Retries,
			Versions: q.Versions, Others: q.Others}
	}
	for name, s := range m.Services {
		c.Services[name] = &schemas.ServiceCoverage{Calls: s.GetCalls(), Half: s.GetHalf(), Incomplete: s.GetIncomplete(), OneSided: s.GetOneSided(),
			StreamBytes: s.GetStreamBytes(), GapBytes: s.GetGapBytes(), Gaps: s.GetGaps(), Shed: s.GetShed()}
	}
	if l := m.Live; l != nil {
		c.Live = &schemas.LiveCoverage{KernelPackets: l.KernelPackets, KernelDrops: l.KernelDrops, Waiting: l.Waiting, QueueDrops: l.QueueDrops, MoreOutages: l.MoreOutages}
		c.Live.Outages = make([]schemas.Outage, len(l.Outages))
		for i, o := range l.Outages {
			c.Live.Outages[i] = schemas.Outage{From: schemas.Time(o.From), To: schemas.Time(o.To)}
		}
	}
	return c
}

func tlsMessage(h *schemas.TLSHost) *pb.TLSHost {
	return &pb.TLSHost{
		Connections: h.Connections, Bytes: h.Bytes, First: int64(h.First), Last: int64(h.Last), Alpn: counts(h.ALPN),
		Hellos: h.Hellos, Midstream: h.Midstream, Ech: h.ECH, Quic: h.QUIC, Selected: counts(h.Selected), Versions: counts(h.Versions),
		Suites: counts(h.Suites), Ja4: counts(h.JA4), Certificates: counts(h.Certificates),
	}
}

func tlsOf(h *pb.TLSHost) *schemas.TLSHost {
	return &schemas.TLSHost{
		Connections: h.GetConnections(), Bytes: h.GetBytes(), First: schemas.Time(h.GetFirst()), Last: schemas.Time(h.GetLast()), ALPN: h.GetAlpn(),
		Hellos: h.GetHellos(), Midstream: h.GetMidstream(), ECH: h.GetEch(), QUIC: h.GetQuic(), Selected: h.GetSelected(), Versions: h.GetVersions(),
		Suites: h.GetSuites(), JA4: h.GetJa4(), Certificates: h.GetCertificates(),
	}
}

// counts returns m with keys that are UTF-8.
func counts(m map[string]uint64) map[string]uint64 {
	out := make(map[string]uint64, len(m))
	for k, n := range m {
		out[mend(k)] += n
	}
	return out
}

// filled returns m, or an empty map: coverage has no nil ones.
func filled(m map[string]uint64) map[string]uint64 {
	if m == nil {
		return map[string]uint64{}
	}
	return m
}
