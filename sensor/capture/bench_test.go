package capture_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"wirecensus/sensor/capture"
)

func BenchmarkNext(b *testing.B) {
	frames := slices.Repeat([]sample{
		{1e18, strings.Repeat("x", 66), 66, 1}, {1e18, strings.Repeat("y", 1514), 1514, 1}, {1e18, strings.Repeat("z", 300), 300, 1},
	}, 20_000)
	dir := b.TempDir()
	for _, c := range []struct {
		name    string
		content []byte
	}{
		{"pcap", pcap(le, 0xa1b2c3d4, 1, frames)},
		{"pcapng", pcapng(le, frames)},
	} {
		path := write(b, dir, c.name, c.content)
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.content) / len(frames)))
			b.ReportAllocs()
			var src *capture.Files
			var f capture.Frame
			for b.Loop() {
				if src == nil {
					src = open(b, nil, path)
				}
				if err := src.Next(&f); err == io.EOF {
					src.Close()
					src = nil
				} else if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
