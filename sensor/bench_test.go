package sensor_test

import (
	"os"
	"strings"
	"testing"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
)

// BenchmarkReplay runs the whole sensor, from capture file to calls into a null
// sink, over dense API traffic.
func BenchmarkReplay(b *testing.B) {
	for _, kind := range []string{"mix", "tiny", "mix h2", "tiny h2"} {
		b.Run(kind, func(b *testing.B) {
			load, _, h2 := strings.Cut(kind, " ")
			dir := write(b, synth.Load(load, synth.LoadOptions{Seed: 1, Bytes: 20 << 20, HTTP2: h2}), synth.Files{Path: load + ".pcap"})
			b.ReportAllocs()
			var calls, bytes uint64
			for b.Loop() {
				src, err := capture.OpenFiles([]string{dir}, os.Stdin)
				if err != nil {
					b.Fatal(err)
				}
				_, bytes64 := src.Position()
				bytes = uint64(bytes64)
				calls = 0
				_, err = sensor.Run(b.Context(), sensor.Config{Source: src, Sink: func(int) publish.Sink {
					return publish.Func(func(*schemas.Call) { calls++ })
				}})
				if err != nil {
					b.Fatal(err)
				}
				src.Close()
			}
			b.SetBytes(int64(bytes))
			b.ReportMetric(float64(calls)*float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}
