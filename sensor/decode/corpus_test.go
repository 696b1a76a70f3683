package decode_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"wirecensus/reassembly"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/decode"
)

// TestCorpus decodes every frame of the corpus that WIRECENSUS_CORPUS names. Files in which the oracle saw
// TCP streams must yield TCP, within a tolerance for damage and link types that are not decoded.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("WIRECENSUS_CORPUS")
	if dir == "" {
		t.Skip("WIRECENSUS_CORPUS is not set")
	}
	oracle, err := os.Open(filepath.Join(dir, "oracle.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer oracle.Close()
	lines := bufio.NewScanner(oracle)
	lines.Buffer(nil, 16<<20)
	var all [decode.Verdicts]int
	same := 0
	for lines.Scan() {
		var want struct {
			Path, Class string
			Link        string `json:"link_type"`
			Streams     int    `json:"tcp_streams"`
		}
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		src, err := capture.OpenFiles([]string{filepath.Join(dir, want.Path)}, nil)
		if err != nil {
			continue // package capture's test says which
		}
		streams, verdicts := streams(t, src, &same)
		for v, n := range verdicts {
			all[v] += n
		}
		if streams < want.Streams && want.Class == "http" || streams == 0 && want.Streams > 0 {
			t.Logf("%s (%s): %d streams, oracle %d: %s", want.Path, want.Link, streams, want.Streams, show(verdicts))
		}
	}
	t.Logf("%s; %d segments equal to gopacket's", show(all), same)
	if all[decode.TCP] < 100_000 || same < 50_000 {
		t.Error("too few segments")
	}
}

// streams counts the 5-tuples of TCP, and the verdicts.
func streams(t *testing.T, src *capture.Files, same *int) (int, [decode.Verdicts]int) {
	defer src.Close()
	d := decode.New(decode.Config{})
	var f capture.Frame
	var seg reassembly.Segment
	var verdicts [decode.Verdicts]int
	flows, frames := make(map[reassembly.Flow]bool), 0
	for {
		err := src.Next(&f)
		if err == io.EOF {
			return len(flows), verdicts
		}
		if err != nil {
			t.Fatal(err)
		}
		v := d.Frame(&f, &seg)
		if compared, diff := differential(&f, v, &seg); diff != "" {
			t.Errorf("frame %d: %s", frames, diff)
		} else if compared {
			*same++
		}
		frames++
		if verdicts[v]++; v == decode.TCP && !flows[seg.Flow.Reverse()] {
			flows[seg.Flow] = true
		}
	}
}

func show(verdicts [decode.Verdicts]int) (s string) {
	for v, n := range verdicts {
		if n > 0 {
			s += fmt.Sprintf("%v %d  ", decode.Verdict(v), n)
		}
	}
	return s
}

// differential compares with gopacket wherever that decodes nothing but Ethernet, tags, IP and TCP, in
// whole and unfragmented packets.
func differential(f *capture.Frame, v decode.Verdict, seg *reassembly.Segment) (compared bool, diff string) {
	if f.Link != capture.LinkEthernet || f.WireLen != len(f.Data) {
		return false, ""
	}
	p := gopacket.NewPacket(f.Data, layers.LayerTypeEthernet, gopacket.NoCopy)
	simple := []gopacket.LayerType{layers.LayerTypeEthernet, layers.LayerTypeDot1Q, layers.LayerTypeIPv4, layers.LayerTypeIPv6, layers.LayerTypeTCP}
	ips := 0
	for _, l := range p.Layers() {
		if l.LayerType() == layers.LayerTypeTCP {
			break
		}
		switch ip := l.(type) {
		case *layers.IPv4: // gopacket does not look at the version
			if ips++; ip.Version != 4 {
				return false, ""
			}
		case *layers.IPv6:
			if ips++; ip.Version != 6 {
				return false, ""
			}
		}
		if !slices.Contains(simple, l.LayerType()) || ips > 1 {
			return false, ""
		}
	}
	want, ok := p.TransportLayer().(*layers.TCP)
	if ip4, is := p.NetworkLayer().(*layers.IPv4); !ok || p.ErrorLayer() != nil || p.Metadata().Truncated || is && ip4.Length == 0 {
		return false, ""
	}
	switch {
	case v != decode.TCP:
		return true, v.String()
	case seg.Seq != want.Seq || seg.Ack != want.Ack || seg.Flow.Src.Port != uint16(want.SrcPort) || seg.Flow.Dst.Port != uint16(want.DstPort),
		seg.Flags&reassembly.SYN != 0 != want.SYN || seg.Flags&reassembly.FIN != 0 != want.FIN || seg.Flags&reassembly.RST != 0 != want.RST,
		seg.Window != want.Window, string(seg.Payload) != string(want.Payload), seg.Cut != 0:
		return true, fmt.Sprintf("%+v, gopacket %+v", seg, want)
	}
	src, dst := p.NetworkLayer().NetworkFlow().Endpoints()
	if seg.Flow.Src.AddrPort().Addr().String() != src.String() || seg.Flow.Dst.AddrPort().Addr().String() != dst.String() {
		return true, fmt.Sprintf("%v, gopacket %v → %v", seg.Flow, src, dst)
	}
	return true, ""
}
