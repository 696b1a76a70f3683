package synth_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"wirecensus/cmd/wiregen/synth"
)

// transportSum computes a transport checksum the slow way.
func transportSum(src, dst []byte, proto uint8, segment []byte) uint16 {
	var b []byte
	b = append(append(b, src...), dst...)
	b = append(b, 0, proto)
	b = binary.BigEndian.AppendUint16(b, uint16(len(segment)))
	b = append(b, segment...)
	if len(b)%2 == 1 {
		b = append(b, 0)
	}
	sum := 0
	for i := 0; i < len(b); i += 2 {
		sum += int(b[i])<<8 | int(b[i+1])
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// segment is what the decoder of others found in a frame.
type segment struct {
	flow    string // client's and server's view joined: src>dst
	reverse string
	tcp     *layers.TCP
	badSum  bool
}

// decode reads a frame with gopacket and fails the test on any fault of layout.
func decode(t *testing.T, first gopacket.Decoder, f synth.Frame) (seg segment, isTCP bool) {
	t.Helper()
	p := gopacket.NewPacket(f.Data, first, gopacket.DecodeOptions{Lazy: false, NoCopy: true})
	if e := p.ErrorLayer(); e != nil {
		t.Fatalf("frame %x: %v", f.Data, e.Error())
	}
	if p.Metadata().Truncated {
		t.Fatalf("frame %x: lengths exceed the frame", f.Data)
	}
	var src, dst []byte
	for _, l := range p.Layers() {
		switch l := l.(type) {
		case *layers.IPv4:
			if ipSum(l.Contents) != 0 {
				t.Fatalf("IPv4 checksum of %x", l.Contents)
			}
			src, dst = l.SrcIP.To4(), l.DstIP.To4()
		case *layers.IPv6:
			src, dst = l.SrcIP, l.DstIP
		case *layers.TCP:
			a, _ := netip.AddrFromSlice(src)
			b, _ := netip.AddrFromSlice(dst)
			from, to := netip.AddrPortFrom(a, uint16(l.SrcPort)), netip.AddrPortFrom(b, uint16(l.DstPort))
			seg = segment{flow: from.String() + ">" + to.String(), reverse: to.String() + ">" + from.String(), tcp: l}
			seg.badSum = transportSum(src, dst, 6, slices.Concat(l.Contents, l.Payload)) != 0
			isTCP = true
		}
	}
	return seg, isTCP
}

func ipSum(h []byte) uint16 {
	sum := 0
	for i := 0; i < len(h); i += 2 {
		sum += int(h[i])<<8 | int(h[i+1])
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// stream is one direction of a connection put together byte by byte.
type stream struct {
	isn  uint32
	data []byte
	have []bool
}

// streams reassembles all connections of a capture, stupidly.
func streams(t *testing.T, c *synth.Capture) map[string]*stream {
	t.Helper()
	all := map[string]*stream{}
	last := int64(0)
	for f := range c.Frames() {
		if f.Time < last {
			t.Fatalf("frame at %d after one at %d", f.Time, last)
		}
		last = f.Time
		seg, ok := decode(t, layers.LayerTypeEthernet, f)
		if !ok {
			continue
		}
		if seg.badSum {
			t.Fatalf("TCP checksum of %s", seg.flow)
		}
		s := all[seg.flow]
		if s == nil {
			s = &stream{isn: seg.tcp.Seq}
			all[seg.flow] = s
		}
		if seg.tcp.SYN {
			s.isn = seg.tcp.Seq + 1
		}
		for i, b := range seg.tcp.Payload {
			at := int(seg.tcp.Seq + uint32(i) - s.isn)
			for at >= len(s.data) {
				s.data, s.have = append(s.data, 0), append(s.have, false)
			}
			if s.have[at] && s.data[at] != b {
				t.Fatalf("%s: byte %d was sent twice and differs", seg.flow, at)
			}
			s.data[at], s.have[at] = b, true
		}
	}
	return all
}

func (s *stream) join(t *testing.T) []byte {
	t.Helper()
	if at := slices.Index(s.have, false); at >= 0 {
		t.Fatalf("gap in a stream without loss: byte %d of %d", at, len(s.data))
	}
	return s.data
}

// dialogue returns the exchanges of all connections in one line each, sorted.
func dialogue(t *testing.T, all map[string]*stream) []string {
	t.Helper()
	var out []string
	exchanges(t, all, func(from, to string, q *http.Request, _ []byte, r *http.Response, _ []byte) {
		path, _, _ := strings.Cut(q.RequestURI, "?")
		out = append(out, fmt.Sprintf("%s %s %s %s %s %d", from, to, q.Method, q.Host, path, r.StatusCode))
	})
	slices.Sort(out)
	return out
}

// exchanges parses both directions of every HTTP connection with net/http.
func exchanges(t *testing.T, all map[string]*stream, yield func(from, to string, q *http.Request, sent []byte, r *http.Response, answer []byte)) {
	t.Helper()
	for flow, s := range all {
		from, to, _ := strings.Cut(flow, ">")
		server := netip.MustParseAddrPort(to)
		if netip.MustParseAddrPort(from).Port() < 30000 || server.Port() == 443 {
			continue
		}
		requests := bufio.NewReader(bytes.NewReader(s.join(t)))
		responses := bufio.NewReader(bytes.NewReader(nil))
		if r := all[to+">"+from]; r != nil {
			responses = bufio.NewReader(bytes.NewReader(r.join(t)))
		}
		for {
			q, err := http.ReadRequest(requests)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", flow, err)
			}
			sent, err := io.ReadAll(q.Body)
			if err != nil {
				t.Fatalf("%s: %v", flow, err)
			}
			r, err := http.ReadResponse(responses, q)
			for err == nil && r.StatusCode < 200 && r.StatusCode != http.StatusSwitchingProtocols {
				r, err = http.ReadResponse(responses, q)
			}
			var answer []byte
			if err == nil {
				answer, err = io.ReadAll(r.Body)
			}
			if err != nil {
				t.Fatalf("%s: response to %s %s: %v", flow, q.Method, q.URL, err)
			}
			yield(from, to, q, sent, r, answer)
			if r.StatusCode == http.StatusSwitchingProtocols {
				frames(t, requests, true)
				frames(t, responses, false)
				break
			}
		}
		if n := responses.Buffered(); n > 0 {
			t.Fatalf("%s: %d bytes after the last response", flow, n)
		}
	}
}

// frames reads WebSocket frames to the end: each a whole text in JSON, masked by clients only.
func frames(t *testing.T, r *bufio.Reader, masked bool) {
	t.Helper()
	for {
		head := make([]byte, 2)
		if _, err := io.ReadFull(r, head); err == io.EOF {
			return
		} else if err != nil || head[0] != 0x81 || head[1]&0x80 != 0 != masked {
			t.Fatalf("frame %x: %v", head, err)
		}
		n, mask := int(head[1]&0x7f), make([]byte, 4)
		if n == 126 {
			long := make([]byte, 2)
			if _, err := io.ReadFull(r, long); err != nil {
				t.Fatal(err)
			}
			n = int(long[0])<<8 | int(long[1])
		}
		if masked {
			if _, err := io.ReadFull(r, mask); err != nil {
				t.Fatal(err)
			}
		}
		text := make([]byte, n)
		if _, err := io.ReadFull(r, text); err != nil {
			t.Fatal(err)
		}
		for i := range text {
			text[i] ^= mask[i%4]
		}
		if !json.Valid(text) {
			t.Fatalf("%q is no JSON", text)
		}
	}
}

func said(calls []*synth.Call) []string {
	var out []string
	for _, c := range calls {
		out = append(out, fmt.Sprintf("%s %s %s %s %s %d", c.Client, c.Server, c.Method, c.Host, c.Path, c.Status))
	}
	slices.Sort(out)
	return out
}

// TestCompanyIsWhatItSays reads the company's capture with other people's
// decoder and parser and finds the calls of the truth, each once.
func TestCompanyIsWhatItSays(t *testing.T) {
	for name, o := range map[string]synth.Options{
		"clean":    {},
		"disorder": {Trouble: synth.Trouble{Reorder: 0.05, Duplicate: 0.05, Retransmit: 0.05, Small: 0.3, KeepAlive: 1}},
		"offload":  {MSS: 1 << 20, Trouble: synth.Trouble{Retransmit: 0.1}},
	} {
		t.Run(name, func(t *testing.T) {
			o.Seed, o.Days = 3, 4
			c := synth.Company(o)
			got, want := dialogue(t, streams(t, c)), said(c.Truth.Calls)
			if len(want) < 800 {
				t.Fatalf("only %d calls", len(want))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d calls read, %d said", len(got), len(want))
				for i := range min(len(got), len(want)) {
					if got[i] != want[i] {
						t.Fatalf("first difference: read %s, said %s", got[i], want[i])
					}
				}
			}
			if s := c.Truth.Summary; s.Whole != s.Calls || c.Truth.LostBytes != 0 {
				t.Errorf("nothing was lost, but the truth says %+v, %d bytes", s, c.Truth.LostBytes)
			}
		})
	}
}

// TestLoadIsWhatItSays does the same with dense traffic.
func TestLoadIsWhatItSays(t *testing.T) {
	for _, kind := range synth.Loads() {
		if kind == "disorder" {
			continue // it loses packets: TestLossIsCounted
		}
		t.Run(kind, func(t *testing.T) {
			c := synth.Load(kind, synth.LoadOptions{Seed: 3, Bytes: 3 << 20, Calls: true})
			var got, want []string
			var text uint64
			exchanges(t, streams(t, c), func(_, _ string, q *http.Request, sent []byte, r *http.Response, answer []byte) {
				for _, b := range [][]byte{sent, inflate(t, r.Header.Get("Content-Encoding"), answer)} {
					text += uint64(len(b))
					if len(b) > 0 && !json.Valid(b) {
						t.Fatalf("%s %s: no JSON: %.200s", q.Method, q.RequestURI, b)
					}
				}
				path, _, _ := strings.Cut(q.RequestURI, "?")
				got = append(got, fmt.Sprintf("%s %s %s %d", q.Method, q.Host, path, r.StatusCode))
			})
			for _, call := range c.Truth.Calls {
				want = append(want, fmt.Sprintf("%s %s %s %d", call.Method, call.Host, call.Path, call.Status))
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) || len(got) < 300 || uint64(len(got)) != c.Truth.Summary.Calls {
				t.Errorf("%d calls read, %d said, %d counted", len(got), len(want), c.Truth.Summary.Calls)
			}
			if text != c.Truth.Summary.JSONBytes {
				t.Errorf("%d bytes of JSON read, %d said", text, c.Truth.Summary.JSONBytes)
			}
			templates, calls := map[string]bool{}, 0
			for _, e := range c.Truth.Endpoints {
				templates[e.Service+" "+e.Method+" "+e.Template] = true
				calls += e.Calls
			}
			if len(templates) != 100 || calls != len(want) {
				t.Errorf("%d templates with %d calls", len(templates), calls)
			}
		})
	}
}
