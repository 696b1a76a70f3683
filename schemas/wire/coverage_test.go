package wire

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"wirecensus/schemas"
	"wirecensus/schemas/pb"
)

// same0 takes empty lists and maps for nil ones.
var same0 = cmpopts.EquateEmpty()

func sampleReport() *CoverageReport {
	m := func(k string) map[string]uint64 { return map[string]uint64{k: 3, "b": 1} }
	return &CoverageReport{
		Origin: Origin{"tap-1", 7, 2}, Sequence: 9, Shed: m("bodies"),
		Coverage: schemas.Coverage{
			First: 1_700_000_000_000_000_001, Last: 1_700_000_100_000_000_000, Frames: 1, Bytes: 2, Undecoded: m("arp"), Segments: 3, Duplicates: 4,
			Connections: 5, Midstream: 6, OneSided: 7, StreamBytes: 8, GapBytes: 9, CutBytes: 10, Gaps: 11, Conflicts: 12, Evicted: m("flows"),
			Calls: 13, Half: 14, Orphans: 15, Skipped: 16, Anomalies: m("bad-chunk"), Opaque: m("tls"),
			TLS:      map[string]*schemas.TLSHost{"a.example": {Connections: 1, Bytes: 2, First: 3, Last: 4, ALPN: m("h2")}},
			Services: map[string]*schemas.ServiceCoverage{"a.example:80": {Calls: 1, Half: 2, Incomplete: 3, OneSided: 4}},
			Live: &schemas.LiveCoverage{KernelPackets: 1, KernelDrops: 2, Waiting: 3, QueueDrops: 4, MoreOutages: 5,
				Outages: []schemas.Outage{{From: 1, To: 2}, {From: 3}}},
		},
	}
}

// fullReport is a sampleReport with what came after the samples of version 1 were written.
func fullReport() *CoverageReport {
	r := sampleReport()
	m := func(k string) map[string]uint64 { return map[string]uint64{k: 3, "b": 1} }
	h := r.Coverage.TLS["a.example"]
	h.Hellos, h.Midstream, h.ECH, h.QUIC = 5, 6, 7, 8
	h.Selected, h.Versions, h.Suites, h.JA4, h.Certificates = m("h2"), m("TLS 1.3"), m("TLS_AES_128_GCM_SHA256"), m("t13d"), m("c.example")
	r.Coverage.QUIC = &schemas.QUICCoverage{Flows: 1, Unread: 2, Datagrams: 3, Bytes: 4, Bogus: 5, Retries: 6, Versions: m("v1"), Others: m("gquic Q043")}
	return r
}

func TestCoverage(t *testing.T) {
	for _, r := range []*CoverageReport{sampleReport(), fullReport(), {}} {
		value := AppendCoverage(nil, r)
		back, err := ParseCoverage(value)
		if err != nil || !cmp.Equal(r, back, same0) {
			t.Fatal(err, cmp.Diff(r, back, same0))
		}
		same(t, value, new(pb.CoverageReport))
		if back, err := ParseCoverage(AppendCoverageJSON(nil, r)); err != nil || !cmp.Equal(r, back, same0) {
			t.Fatal(err, cmp.Diff(r, back, same0))
		}
	}
	bad := &CoverageReport{Shed: map[string]uint64{"\xff": 1, "\xfe": 2}}
	if back, err := ParseCoverage(AppendCoverage(nil, bad)); err != nil || back.Shed["\uFFFD"] != 3 {
		t.Fatal(back, err)
	}
	for _, value := range []string{"", "\xff", "\x0a\x01", "{}", `{"type":"wirecensus.coverage.v1","data":[]}`} {
		if _, err := ParseCoverage([]byte(value)); err != ErrCorrupt {
			t.Errorf("%q: %v", value, err)
		}
	}
}
