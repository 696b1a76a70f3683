package synth_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"wirecensus/cmd/wiregen/synth"
)

// TestSeedsDecide: equal seeds make equal bytes and equal truths, others do not.
func TestSeedsDecide(t *testing.T) {
	build := func(seed uint64) (string, string) {
		c := synth.Company(synth.Options{Seed: seed, Days: 3, Trouble: synth.Hard()})
		data := c.Bytes(synth.PCAPNG)
		var truth bytes.Buffer
		if _, err := c.Truth.WriteTo(&truth); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%x", sha256.Sum256(data)), truth.String()
	}
	a, at := build(1)
	b, bt := build(1)
	c, _ := build(2)
	if a != b || at != bt {
		t.Error("the same seed made another capture")
	}
	if a == c {
		t.Error("another seed made the same capture")
	}
	for _, kind := range synth.Loads() {
		o := synth.LoadOptions{Seed: 5, Bytes: 1 << 20, Trouble: synth.LoadTrouble(kind)}
		x, y := synth.Load(kind, o).Bytes(synth.PCAPNano), synth.Load(kind, o).Bytes(synth.PCAPNano)
		o.Seed++
		if !bytes.Equal(x, y) || bytes.Equal(x, synth.Load(kind, o).Bytes(synth.PCAPNano)) {
			t.Errorf("%s does not follow its seed", kind)
		}
	}
}

// TestLossIsCounted compares what the truth says of a lossy capture with what
// is in its frames, by bytes of the streams.
func TestLossIsCounted(t *testing.T) {
	o := synth.Options{Seed: 9, Days: 4}
	o.Trouble = synth.Trouble{Loss: 0.02, Burst: 0.0005, BurstLen: 15, Duplicate: 0.03, Retransmit: 0.03, Reorder: 0.03, Midstream: 0.03, OneSided: 0.03}
	c := synth.Company(o)
	seen := map[string]map[uint32]bool{}
	var bytesSeen, frames uint64
	for f := range c.Frames() {
		frames++
		seg, ok := decode(t, layers.LayerTypeEthernet, f)
		if !ok {
			continue
		}
		if seen[seg.flow] == nil {
			seen[seg.flow] = map[uint32]bool{}
		}
		for i := range seg.tcp.Payload {
			if at := seg.tcp.Seq + uint32(i); !seen[seg.flow][at] {
				seen[seg.flow][at] = true
				bytesSeen++
			}
		}
	}
	truth := c.Truth
	if truth.Frames != frames {
		t.Errorf("%d frames, the truth says %d", frames, truth.Frames)
	}
	if bytesSeen+truth.LostBytes != truth.StreamBytes || truth.LostBytes == 0 {
		t.Errorf("%d bytes seen + %d lost, %d said", bytesSeen, truth.LostBytes, truth.StreamBytes)
	}
	s := truth.Summary
	if s.Whole == 0 || s.Whole >= s.Requests || s.Requests >= s.Calls || s.RequestHeads > s.Calls {
		t.Errorf("sums do not fit: %+v", s)
	}
	if share := float64(truth.Dropped) / float64(truth.Frames+truth.Dropped); share < 0.02 || share > 0.05 {
		t.Errorf("%.3f of the packets dropped, want 0.02 to 0.05", share)
	}
}

// TestSnapLengthCuts: bytes beyond the snap length count as lost.
func TestSnapLengthCuts(t *testing.T) {
	c := synth.Company(synth.Options{Seed: 1, Days: 1, SnapLen: 256})
	for f := range c.Frames() {
		if len(f.Data) > 256 || f.Len < len(f.Data) {
			t.Fatalf("frame of %d bytes, %d on the wire", len(f.Data), f.Len)
		}
	}
	if s := c.Truth.Summary; c.Truth.LostBytes == 0 || s.Whole > s.Calls/2 {
		t.Errorf("hardly anything was cut: %+v", s)
	}
}

// TestLinksAndTunnels decodes every layering, read from a file in memory.
func TestLinksAndTunnels(t *testing.T) {
	for _, link := range []synth.Link{synth.Ethernet, synth.Null, synth.Raw, synth.LinuxSLL} {
		for _, tunnel := range []synth.Tunnel{synth.NoTunnel, synth.VXLAN, synth.Geneve} {
			t.Run(fmt.Sprint(link, tunnel), func(t *testing.T) {
				c := synth.Company(synth.Options{Seed: 2, Days: 1, Link: link, Tunnel: tunnel})
				r, err := pcapgo.NewReader(bytes.NewReader(c.Bytes(synth.PCAPMicro)))
				if err != nil {
					t.Fatal(err)
				}
				n, want := 0, c.Truth.DataFrames
				for {
					data, info, err := r.ReadPacketData()
					if err != nil {
						break
					}
					seg, ok := decode(t, r.LinkType(), synth.Frame{Time: info.Timestamp.UnixNano(), Len: info.Length, Data: data})
					if ok && seg.badSum {
						t.Fatalf("checksum of %s", seg.flow)
					}
					if ok && len(seg.tcp.Payload) > 0 {
						n++
					}
				}
				if n < int(want) || want == 0 {
					t.Errorf("%d segments with payload, the truth says %d", n, want)
				}
			})
		}
	}
}

// TestVLANAndIPv6 looks for what a company's network has.
func TestVLANAndIPv6(t *testing.T) {
	c := synth.Company(synth.Options{Seed: 1, Days: 2})
	count := map[gopacket.LayerType]int{}
	for f := range c.Frames() {
		p := gopacket.NewPacket(f.Data, layers.LayerTypeEthernet, gopacket.NoCopy)
		for _, l := range p.Layers() {
			count[l.LayerType()]++
		}
	}
	for _, want := range []gopacket.LayerType{layers.LayerTypeDot1Q, layers.LayerTypeIPv6, layers.LayerTypeARP, layers.LayerTypeDNS, layers.LayerTypeICMPv4} {
		if count[want] == 0 {
			t.Errorf("no %v", want)
		}
	}
}

// TestBadChecksums leaves the servers' checksums unfinished and nothing else.
func TestBadChecksums(t *testing.T) {
	c := synth.Company(synth.Options{Seed: 1, Days: 1, Trouble: synth.Trouble{BadChecksum: true}})
	bad := map[bool]int{}
	for f := range c.Frames() {
		seg, ok := decode(t, layers.LayerTypeEthernet, f)
		if !ok {
			continue
		}
		server := seg.tcp.SrcPort < 30000
		if seg.badSum != server {
			t.Fatalf("checksum of %s: bad is %v", seg.flow, seg.badSum)
		}
		bad[seg.badSum]++
	}
	if bad[true] == 0 || bad[false] == 0 {
		t.Error("nothing to look at")
	}
}

// TestRotationIsTheSameCapture: the frames of several files are those of one.
func TestRotationIsTheSameCapture(t *testing.T) {
	dir := t.TempDir()
	build := func() *synth.Capture { return synth.Company(synth.Options{Seed: 4, Days: 1}) }
	whole := build().Bytes(synth.PCAPNano)[24:]
	for _, o := range []synth.Files{{RotateFrames: 300}, {RotateBytes: 200_000}} {
		o.Path = dir + "/part.pcap"
		names, size, err := o.Write(build())
		if err != nil {
			t.Fatal(err)
		}
		if len(names) < 3 || !strings.HasSuffix(names[1], "part-00002.pcap") {
			t.Fatalf("names %v", names)
		}
		var joined []byte
		for _, n := range names {
			data := read(t, n)
			if o.RotateBytes > 0 && int64(len(data)) > o.RotateBytes {
				t.Errorf("%s has %d bytes", n, len(data))
			}
			joined = append(joined, data[24:]...)
		}
		if !bytes.Equal(joined, whole) || size != int64(len(whole)+24*len(names)) {
			t.Errorf("%d bytes in %d files, %d in one", len(joined), len(names), len(whole))
		}
	}
}

// TestFormatsHoldTheSameFrames reads all formats with another reader.
func TestFormatsHoldTheSameFrames(t *testing.T) {
	type source interface {
		ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
	}
	list := func(format synth.Format) (frames []string) {
		data := synth.Company(synth.Options{Seed: 2, Days: 1, SnapLen: 333}).Bytes(format)
		var r source
		var err error
		if format == synth.PCAPNG {
			r, err = pcapgo.NewNgReader(bytes.NewReader(data), pcapgo.DefaultNgReaderOptions)
		} else {
			r, err = pcapgo.NewReader(bytes.NewReader(data))
		}
		if err != nil {
			t.Fatal(err)
		}
		for {
			data, info, err := r.ReadPacketData()
			if err == io.EOF {
				return frames
			}
			if err != nil {
				t.Fatal(err)
			}
			at := info.Timestamp.UnixNano()
			if format == synth.PCAPMicro && at%1000 != 0 {
				t.Fatalf("time %d has nanoseconds", at)
			}
			frames = append(frames, fmt.Sprintf("%d %d %x", at/1000, info.Length, data))
		}
	}
	want := list(synth.PCAPNano)
	if !slices.Equal(list(synth.PCAPNG), want) || !slices.Equal(list(synth.PCAPMicro), want) || len(want) < 1000 {
		t.Errorf("the formats differ, %d frames", len(want))
	}
}

// TestConversation says something by hand.
func TestConversation(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano()
	call := &synth.Call{}
	conv := &synth.Conversation{Client: netip.MustParseAddrPort("192.0.2.1:40000"), Server: netip.MustParseAddrPort("192.0.2.2:80"), Start: at, RTT: time.Millisecond}
	conv.Exchange(call, 0, &synth.Request{Method: "PUT", Target: "/x", Host: "h", Body: []byte("hello"), Framing: synth.Chunked, Expect: true},
		&synth.Response{Status: 200, Body: []byte("world"), Framing: synth.UntilClose, Hints: true})
	conv.Messages[0].Cuts = []int{3, 1, 7}
	c := synth.New(1, conv)
	got := dialogue(t, streams(t, c))
	if want := "192.0.2.1:40000 192.0.2.2:80 PUT h /x 200"; len(got) != 1 || got[0] != want {
		t.Errorf("read %q, want %q", got, want)
	}
	if call.Request != "whole" || call.Response != "whole" || !call.Head || !call.Time.After(time.Unix(0, at)) {
		t.Errorf("call %+v", call)
	}
}

func BenchmarkLoad(b *testing.B) {
	for _, kind := range synth.Loads() {
		b.Run(kind, func(b *testing.B) {
			b.SetBytes(8 << 20)
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				for f := range synth.Load(kind, synth.LoadOptions{Seed: 1, Bytes: 8 << 20}).Frames() {
					n += len(f.Data)
				}
			}
		})
	}
}
