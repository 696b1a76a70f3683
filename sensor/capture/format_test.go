package capture_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"wirecensus/sensor/capture"
)

// Acceptance item 1: every writing of the same frames reads the same.
func TestItem01SameFrames(t *testing.T) {
	for name, b := range map[string][]byte{
		"pcap µs, little endian":        pcap(le, 0xa1b2c3d4, 1, samples),
		"pcap µs, big endian":           pcap(be, 0xa1b2c3d4, 1, samples),
		"pcap ns, little endian":        pcap(le, 0xa1b23c4d, 1, samples),
		"pcap ns, big endian":           pcap(be, 0xa1b23c4d, 1, samples),
		"pcap kuznetzov, little endian": pcap(le, 0xa1b2cd34, 1, samples),
		"pcap, fcs bits":                pcap(le, 0xa1b2c3d4, 0xf4000001, samples),
		"pcapng, little endian":         pcapng(le, samples),
		"pcapng, big endian":            pcapng(be, samples),
		"pcapng, two sections":          append(pcapng(le, samples[:2]), pcapng(be, samples[2:])...),
		"gzip":                          gzipped(pcap(le, 0xa1b2c3d4, 1, samples)),
		"gzip, two members":             append(gzipped(pcapng(le, samples[:3])), gzipped(pcapng(le, samples[3:]))...),
		"zstd":                          zstded(pcapng(be, samples)),
		"zstd, two frames":              append(zstded(pcapng(le, samples[:3])), zstded(pcapng(le, samples[3:]))...),
	} {
		t.Run(name, func(t *testing.T) {
			got, src := stream(t, b)
			if !slices.Equal(got, samples) || len(src.Notes()) != 0 {
				t.Errorf("got %v, notes %v", got, src.Notes())
			}
			if read, total := src.Position(); read != int64(len(b)) || total != 0 {
				t.Errorf("position %d of %d, %d bytes", read, total, len(b))
			}
			one := open(t, iotest.OneByteReader(bytes.NewReader(b)), "-") // however the bytes arrive
			if !slices.Equal(drain(t, one), samples) {
				t.Error("byte by byte, the frames differ")
			}
		})
	}
}

func TestItem01Interfaces(t *testing.T) {
	const µs, ns = 1700000000_000001, 1700000000_000002_003
	off := be.AppendUint64(nil, uint64(0xffffffffffffffff)) // -1 s
	got, src := stream(t, slices.Concat(
		section(be),
		ifBlock(be, 1, 4, option(be, 2, []byte("eth100")), option(be, 9, []byte{6}), option(be, 0, nil)),
		ifBlock(be, 101, 0, option(be, 2, []byte("tunnel")), option(be, 9, []byte{9}), option(be, 14, off)),
		ifBlock(be, 113, 0, option(be, 9, []byte{0x80 | 20})),
		block(be, 4, []byte("names, unread")),
		enhanced(be, 1, ns, "raw", 3, option(be, 2, []byte{1, 2, 3, 4})),
		enhanced(be, 0, µs, "ether", 5),
		simple(be, "simp", 9),
		enhanced(be, 2, 3<<20|1<<19, "cooked", 6),
		obsolete(be, 1, ns, "old", 3),
		block(be, 0xbad, []byte("custom")),
		ifBlock(be, 9, 0),
		enhanced(be, 3, µs, "late", 4),
		section(le), // byte order and interfaces start anew
		ifBlock(le, 276, 0),
		enhanced(le, 0, µs, "other", 5),
	))
	want := []sample{
		{ns - 1e9, "raw", 3, 101},
		{µs * 1000, "ether", 5, 1},
		{µs * 1000, "simp", 9, 1}, // no time of its own
		{3_500_000_000, "cooked", 6, 113},
		{ns - 1e9, "old", 3, 101},
		{µs * 1000, "late", 4, 9},
		{µs * 1000, "other", 5, 276},
	}
	if !slices.Equal(got, want) || len(src.Notes()) != 0 {
		t.Errorf("got  %v\nwant %v\nnotes %v", got, want, src.Notes())
	}
}

func TestItem01Secrets(t *testing.T) {
	var frames []sample
	b := slices.Concat(
		section(le), ifBlock(le, 1, 0),
		secrets(le, capture.SecretsTLS, "CLIENT_RANDOM 00 11\n"),
		enhanced(le, 0, 1, "x", 1),
		secrets(le, capture.SecretsWireGuard, "odd"),
		enhanced(le, 0, 1, "y", 1),
		secrets(le, capture.SecretsTLS, strings.Repeat("k", 200_000)),
	)
	src := open(t, bytes.NewReader(b), "-")
	var f capture.Frame
	var seen []int
	for src.Next(&f) == nil {
		frames = append(frames, sample{data: string(f.Data)})
		seen = append(seen, len(src.Secrets()))
	}
	if texts(frames) != "x y" || !slices.Equal(seen, []int{1, 2}) || len(src.Secrets()) != 3 {
		t.Fatalf("frames %q, secrets seen %v, %d at the end", texts(frames), seen, len(src.Secrets()))
	}
	first := src.Secrets()[0]
	if first.Type != capture.SecretsTLS || string(first.Data) != "CLIENT_RANDOM 00 11\n" || len(src.Secrets()[2].Data) != 200_000 {
		t.Errorf("secrets %v", first)
	}

	// Of files they are known ahead of the frames, and the frames are those they were.
	dir := t.TempDir()
	files := open(t, nil, write(t, dir, "a.pcapng", b), write(t, dir, "b.pcapng.gz", gzipped(b)), write(t, dir, "c.pcap", pcap(le, 0xa1b2c3d4, 1, samples)))
	ahead := files.Ahead()
	if len(ahead) != 6 || string(ahead[3].Data) != "CLIENT_RANDOM 00 11\n" {
		t.Errorf("%d secrets ahead", len(ahead))
	}
	if got := drain(t, files); len(got) != 4+len(samples) || len(files.Notes()) != 0 {
		t.Errorf("%d frames behind them, notes %v", len(got), files.Notes())
	}
}

func TestSecretsLimit(t *testing.T) {
	b := append(section(le), secrets(le, capture.SecretsTLS, strings.Repeat("k", 10<<20))...)
	b = append(b, secrets(le, capture.SecretsTLS, strings.Repeat("k", 10<<20))...)
	_, src := stream(t, b)
	if len(src.Secrets()) != 1 || src.Stats().SecretBytesDropped != 10<<20 {
		t.Errorf("%d secrets, %+v", len(src.Secrets()), src.Stats())
	}
}

func TestTimes(t *testing.T) {
	for _, c := range []struct {
		res    byte
		offset int64
		stamp  uint64
		want   int64
	}{
		{0, 0, 17, 17e9},
		{3, 0, 1700000000_001, 1700000000_001e6},
		{9, 0, math.MaxInt64, math.MaxInt64 / 1e9 * 1e9 / 1e9 * 1e9},
		{12, 0, 1700000_123456789012, 1700000_123456789},
		{19, 0, 12345678901234567890, 1_234567890},
		{20, 0, math.MaxUint64, 0},
		{0x80, 0, 17, 17e9},
		{0x80 | 10, 0, 17<<10 | 256, 17_250e6},
		{0x80 | 63, 0, 3 << 62, 1_500e6},
		{0x80 | 64, 0, math.MaxUint64, 0},
		{0x80 | 127, 0, math.MaxUint64, 0},
		{6, 3600, 1_500_000, 3601_500e6},
		{6, -3600, 1_500_000, -3598_500e6},
		{6, math.MaxInt64, 0, math.MaxInt64},
		{6, math.MinInt64, 0, math.MinInt64},
	} {
		b := slices.Concat(section(le), ifBlock(le, 1, 0, option(le, 9, []byte{c.res}),
			option(le, 14, le.AppendUint64(nil, uint64(c.offset)))), enhanced(le, 0, c.stamp, "x", 1))
		got, _ := stream(t, b)
		if c.res == 9 { // saturated: within a second of the last time there is
			if got[0].time < math.MaxInt64-2e9 {
				t.Errorf("resolution 9: %d", got[0].time)
			}
		} else if got[0].time != c.want {
			t.Errorf("resolution %#x, offset %d, stamp %d: %d, want %d", c.res, c.offset, c.stamp, got[0].time, c.want)
		}
	}
}

// Snapshot length 0 and frames longer than it are kept; forged lengths end the file or are passed over.
func TestLengths(t *testing.T) {
	long := pcap(le, 0xa1b2c3d4, 1, samples)
	le.PutUint32(long[16:], 3) // snapshot length
	if got, _ := stream(t, long); !slices.Equal(got, samples) {
		t.Errorf("longer than the snapshot length: %v", got)
	}
	less := pcap(le, 0xa1b2c3d4, 1, []sample{{1e9, "data", 2, 1}})
	if got, _ := stream(t, less); got[0].wire != 4 {
		t.Errorf("%d bytes on the wire of 4 kept", got[0].wire)
	}
	forged := pcap(le, 0xa1b2c3d4, 1, []sample{{1e9, "data", 4, 1}, {1e9, "more", math.MaxUint32, 1}, {1e9, "z", 1, 1}})
	at := len(forged) - 16 - 1 + 8
	le.PutUint32(forged[at:], math.MaxUint32)
	got, src := stream(t, forged)
	if texts(got) != "data more" || got[1].wire > 16<<20 {
		t.Errorf("%v", got)
	}
	if n := src.Notes(); len(n) != 1 || n[0].Kind != capture.Corrupt || n[0].Offset != 24+20+20 || n[0].Path != "-" {
		t.Errorf("notes %v", n)
	}
	packet := enhanced(le, 0, 1, "abcd", 4)
	le.PutUint32(packet[20:], 5) // one byte more than the block has
	got, src = stream(t, slices.Concat(section(le), ifBlock(le, 1, 0), packet, enhanced(le, 9, 1, "who", 3), enhanced(le, 0, 1, "good", 4)))
	if texts(got) != "good" || src.Stats().BadBlocks != 2 {
		t.Errorf("%v, %+v", got, src.Stats())
	}
}

func TestLargestFrame(t *testing.T) {
	for _, n := range []int{capture.MaxFrame - 1, capture.MaxFrame, capture.MaxFrame + 1} {
		frames := []sample{{1000, "a", 1, 1}, {1000, strings.Repeat("x", n), n, 1}, {1000, "b", 1, 1}}
		classic, _ := stream(t, pcap(le, 0xa1b2c3d4, 1, frames))
		ng, _ := stream(t, pcapng(le, frames))
		wantClassic, wantNG := 3, 3
		if n > capture.MaxFrame { // only blocks say where the next one begins
			wantClassic, wantNG = 1, 2
		}
		if len(classic) != wantClassic || len(ng) != wantNG {
			t.Errorf("%d bytes: %d and %d frames", n, len(classic), len(ng))
		}
	}
}

// A capture that was cut anywhere gives a prefix of its frames, and a note unless the cut is
// between records.
func TestTruncated(t *testing.T) {
	for name, whole := range map[string][]byte{
		"pcap": pcap(le, 0xa1b2c3d4, 1, samples), "pcapng": pcapng(be, samples),
	} {
		last := 0
		for n := 24; n <= len(whole); n++ {
			got, src := stream(t, whole[:n])
			if !slices.Equal(got, samples[:len(got)]) || len(got) < last {
				t.Fatalf("%s, %d bytes: %v", name, n, got)
			}
			last = len(got)
			for _, note := range src.Notes() {
				if note.Kind != capture.Truncated || note.Offset > int64(n) || note.Reason == "" {
					t.Errorf("%s, %d bytes: %v", name, n, note)
				}
			}
			if n == len(whole) != (len(src.Notes()) == 0 && len(got) == len(samples)) && !boundary(whole[:n], name) {
				t.Errorf("%s, %d bytes: %d frames, notes %v", name, n, len(got), src.Notes())
			}
		}
		for n := range 20 { // compressed, the decompressor notices
			gz := gzipped(whole)
			got, src := stream(t, gz[:len(gz)-1-n])
			if !slices.Equal(got, samples[:len(got)]) || len(src.Notes()) != 1 || src.Notes()[0].Kind != capture.Truncated {
				t.Errorf("%s, gzip less %d: %d frames, notes %v", name, n+1, len(got), src.Notes())
			}
		}
	}
}

// boundary reports whether b, a beginning of samples' capture, ends between two records.
func boundary(b []byte, name string) bool {
	for k := range samples {
		whole := pcap(le, 0xa1b2c3d4, 1, samples[:k])
		if name == "pcapng" {
			whole = pcapng(be, samples[:k])
		}
		if len(b) == len(whole) || name == "pcapng" && len(b) == len(section(be)) {
			return true
		}
	}
	return false
}

// hesitant returns nothing three times before each read that returns something, which io.Reader allows.
type hesitant struct {
	r     io.Reader
	rests int
}

func (h *hesitant) Read(p []byte) (int, error) {
	if h.rests++; h.rests%4 != 0 {
		return 0, nil
	}
	return h.r.Read(p[:min(len(p), 40)])
}

// silent never returns anything.
type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }

func TestReadersWithoutProgress(t *testing.T) {
	b := pcapng(le, samples)
	if got := drain(t, open(t, &hesitant{r: bytes.NewReader(b)}, "-")); !slices.Equal(got, samples) {
		t.Errorf("%d frames", len(got))
	}
	src := open(t, io.MultiReader(bytes.NewReader(b[:len(b)-1]), silent{}), "-")
	if got := drain(t, src); len(got) != len(samples) || len(src.Notes()) != 1 {
		t.Errorf("%d frames, notes %v", len(got), src.Notes())
	}
}

func TestCorruptCompression(t *testing.T) {
	var frames []sample
	for i := range 20_000 {
		frames = append(frames, sample{int64(i) * 1000, fmt.Sprintf("frame %d %x", i, i*i*2654435761), 100, 1})
	}
	for name, b := range map[string][]byte{"gzip": gzipped(pcapng(le, frames)), "zstd": zstded(pcapng(le, frames))} {
		for i := range 40 {
			b[len(b)*9/10+i] ^= 0x55
		}
		got, src := stream(t, b)
		if len(got) < 1000 || !slices.Equal(got[:1000], frames[:1000]) || len(src.Notes()) != 1 {
			t.Errorf("%s: %d frames, notes %v", name, len(got), src.Notes())
		}
	}
}

func TestCorruptBlocks(t *testing.T) {
	head := slices.Concat(section(le), ifBlock(le, 1, 0), enhanced(le, 0, 1, "kept", 4))
	badOrder := section(le)
	le.PutUint32(badOrder[8:], 0xdeadbeef)
	badVersion := section(le)
	le.PutUint16(badVersion[12:], 2)
	odd := enhanced(le, 0, 1, "odd", 3)
	le.PutUint32(odd[4:], 37)
	tiny := block(le, 6, make([]byte, 4))
	for name, bad := range map[string][]byte{
		"byte order": badOrder, "version": badVersion, "length": odd, "short packet": tiny,
		"zeros": make([]byte, 64), "short interface": block(le, 1, nil), "short secrets": block(le, 10, nil),
	} {
		got, src := stream(t, slices.Concat(head, bad, enhanced(le, 0, 1, "lost", 4)))
		if texts(got) != "kept" {
			t.Errorf("%s: %q", name, texts(got))
		}
		if n := src.Notes(); len(n) != 1 || n[0].Kind != capture.Corrupt || n[0].Offset != int64(len(head)) {
			t.Errorf("%s: notes %v", name, n)
		}
	}
}

func TestInterfaceLimit(t *testing.T) {
	b := section(le)
	for range 5000 {
		b = append(b, ifBlock(le, 1, 0)...)
	}
	b = append(b, enhanced(le, 4095, 1, "known", 5)...)
	b = append(b, enhanced(le, 4096, 1, "beyond", 6)...)
	got, src := stream(t, b)
	if texts(got) != "known" || src.Stats().BadBlocks != 5000-4096+1 {
		t.Errorf("%q, %+v", texts(got), src.Stats())
	}
}
