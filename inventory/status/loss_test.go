package status

import (
	"strings"
	"testing"

	"wirecensus/schemas"
	"wirecensus/specgen/openapi"
)

// lossy returns coverages that each lost something of which an unused endpoint could have been a part, and
// the words that say what.
func lossy() map[string]*schemas.Coverage {
	intervals := func(bad int, v schemas.Interval) *schemas.Intervals {
		out := &schemas.Intervals{Width: 10e9}
		for i := range 100 {
			x := schemas.Interval{From: schemas.Time(i * 10e9), Frames: 1000, StreamBytes: 1e6}
			if i < bad {
				x.GapBytes, x.KernelDrops, x.QueueDrops = v.GapBytes, v.KernelDrops, v.QueueDrops
			}
			out.List = append(out.List, x)
		}
		return out
	}
	return map[string]*schemas.Coverage{
		"were not read, because the sensor could not keep up":  {Shed: map[string]uint64{"connections": 3}},
		"not read whole, because the sensor could not keep up": {Services: map[string]*schemas.ServiceCoverage{"h.example": {Calls: 100, Shed: 1}}},
		"of the bytes on the service's connections were lost":  {Services: map[string]*schemas.ServiceCoverage{"h.example": {Calls: 100, StreamBytes: 970, GapBytes: 30}}},
		"2.0 % of the packets were dropped before":             {Live: &schemas.LiveCoverage{KernelPackets: 100, KernelDrops: 2}},
		"2.0 % of the segments were dropped because":           {Segments: 100, Live: &schemas.LiveCoverage{KernelPackets: 100, QueueDrops: 2}},
		"of the time the interface was away":                   {First: 1, Last: 100, Live: &schemas.LiveCoverage{Outages: []schemas.Outage{{From: 90}}}},
		"a tenth or more was lost in 6 of 100 intervals":       {StreamBytes: 1e9, Intervals: intervals(6, schemas.Interval{GapBytes: 2e5})},
		"a tenth or more was lost in 7 of 100 intervals":       {StreamBytes: 1e9, Intervals: intervals(7, schemas.Interval{KernelDrops: 200})},
		"a tenth or more was lost in 8 of 100 intervals":       {StreamBytes: 1e9, Intervals: intervals(8, schemas.Interval{QueueDrops: 200})},
		"2.0 % of the stream bytes were lost or cut off":       {StreamBytes: 980, GapBytes: 20},
	}
}

// TestLossIsNoProof: where something was lost, nothing is called unused, and the reason is told.
func TestLossIsNoProof(t *testing.T) {
	doc := document(t)
	judgeWith := func(c *schemas.Coverage) *Verdict {
		out := Judge(Input{Documents: []*openapi.Document{doc}, Coverage: *c})
		if len(out) != 1 || len(out[0].Verdicts) != 1 {
			t.Fatalf("%+v", out)
		}
		return &out[0].Verdicts[0]
	}
	if v := judgeWith(&schemas.Coverage{}); v.Status != Orphan {
		t.Fatalf("%s with nothing lost", v.Status)
	}
	for want, c := range lossy() {
		v := judgeWith(c)
		if v.Status != Unknown || v.Normal.Coverage != "degraded" || !strings.Contains(strings.Join(v.Why, "\n"), want) {
			t.Errorf("%q: %s, %q", want, v.Status, v.Why)
		}
	}
	few := &schemas.Coverage{Segments: 1000, StreamBytes: 1e6, GapBytes: 100, Live: &schemas.LiveCoverage{KernelPackets: 1e6, KernelDrops: 1, QueueDrops: 1}}
	if v := judgeWith(few); v.Status != Orphan {
		t.Errorf("%s where hardly anything was lost: %q", v.Status, v.Why)
	}
}

func document(t *testing.T) *openapi.Document {
	t.Helper()
	d, err := openapi.Parse([]byte("openapi: 3.0.3\ninfo: {title: h, version: '1'}\nservers: [{url: 'https://h.example'}]\npaths:\n  /unused:\n    get:\n      responses: {'200': {description: ok}}\n"), "h.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return d
}
