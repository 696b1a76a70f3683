package api

import (
	"math"
	"testing"
	"time"

	"wirecensus/schemas"
)

func TestWords(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Number(0), "0"}, {Number(999), "999"}, {Number(1000), "1,000"}, {Number(uint64(1234567)), "1,234,567"}, {Number(-123456), "-123,456"},
		{Plural(0, "call"), "0 calls"}, {Plural(1, "call"), "1 call"}, {Plural(uint64(1200), "query"), "1,200 queries"},
		{Bytes(0), "0 B"}, {Bytes(999), "999 B"}, {Bytes(1000), "1.0 kB"}, {Bytes(9_949), "9.9 kB"}, {Bytes(9_960), "10 kB"},
		{Bytes(999_600), "1.0 MB"}, {Bytes(3_120_441_902), "3.1 GB"}, {Bytes(math.MaxUint64), "18 EB"},
		{Share(0, 0), "0 %"}, {Share(1, 100_000), "< 0.1 %"}, {Share(31, 1000), "3.1 %"}, {Share(7, 7), "100.0 %"},
		{Lasting(0), "0s"}, {Lasting(40 * time.Millisecond), "40ms"}, {Lasting(61 * time.Second), "1m 01s"}, {Lasting(3*time.Hour + 4*time.Minute), "3h 04m"}, {Lasting(25 * time.Hour), "1d 01h"},
		{Minute(0), "-"}, {Minute(schemas.Time(1772442000 * 1e9)), "2026-03-02 09:00"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
