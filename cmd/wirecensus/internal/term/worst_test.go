package term

import (
	"fmt"
	"strings"
	"testing"

	"wirecensus/schemas"
)

// TestWorst: who lost most comes first, those with nothing lost and those beyond ten are not listed, times are in order.
func TestWorst(t *testing.T) {
	whole := &schemas.Coverage{Services: map[string]*schemas.ServiceCoverage{"a": {StreamBytes: 5}}, Hosts: map[string]*schemas.HostCoverage{"b": {StreamBytes: 5}}}
	if text := Worst(whole, Screen{Width: 120}); text != "" {
		t.Errorf("nothing was lost:\n%s", text)
	}
	c := &schemas.Coverage{Services: map[string]*schemas.ServiceCoverage{}, Hosts: map[string]*schemas.HostCoverage{}, Intervals: &schemas.Intervals{Width: 60e9}}
	for i := range 12 {
		c.Services[fmt.Sprintf("s%02d", i)] = &schemas.ServiceCoverage{StreamBytes: 1000, GapBytes: uint64(i)}
	}
	c.Hosts["10.0.0.1:80"] = &schemas.HostCoverage{StreamBytes: 900, GapBytes: 100}
	c.Hosts["one\x1b[2J"] = &schemas.HostCoverage{OneSided: 3}
	for i, gap := range []uint64{7, 0, 900} {
		c.Intervals.List = append(c.Intervals.List, schemas.Interval{From: schemas.Time(i) * 60e9, StreamBytes: 100, GapBytes: gap})
	}
	text := Worst(c, Screen{Width: 120})
	lines := strings.Split(text, "\n")
	var got []string
	for _, l := range lines {
		if f := strings.Fields(l); len(f) > 1 {
			got = append(got, strings.Join(f[:2], " "))
		}
	}
	want := "where read|server 10.0.0.1:80|service s11|service s10|service s09|service s08|service s07|service s06|service s05|service s04|service s03|and 3|when read|1970-01-01T00:00:00Z 100|1970-01-01T00:02:00Z 100|each row"
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("got  %s\nwant %s\n%s", s, want, text)
	}
	if !strings.Contains(text, "10.0 %") || strings.Contains(text, "\x1b") {
		t.Errorf("%q", text)
	}
	if !strings.Contains(text, "each row is 60 s") {
		t.Error(text)
	}
}
