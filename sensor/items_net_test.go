package sensor_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/decode"
)

var be = binary.BigEndian

// wrap puts bytes before the data of every frame, which then has link type l.
func wrap(in tape, l capture.LinkType, before func(data []byte) []byte) tape {
	out := slices.Clone(in)
	for i := range out {
		f := &out[i]
		head := before(f.Data)
		f.Data = slices.Concat(head, f.Data)
		f.WireLen += len(head)
		f.Link = l
	}
	return out
}

func fixed(b ...byte) func([]byte) []byte { return func([]byte) []byte { return b } }

// ether is an Ethernet header with tags before the type.
func ether(t uint16, tags ...byte) func([]byte) []byte {
	return fixed(be.AppendUint16(slices.Concat([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}, tags), t)...)
}

// inIP is an outer IPv4 header of the protocol, with more before the data.
func inIP(proto byte, more ...byte) func([]byte) []byte {
	return func(data []byte) []byte {
		h := make([]byte, 20)
		h[0], h[8], h[9] = 0x45, 64, proto
		be.PutUint16(h[2:], uint16(20+len(more)+len(data)))
		copy(h[12:], []byte{172, 31, 0, 1, 172, 31, 0, 2})
		return append(h, more...)
	}
}

// inUDP is inIP with a UDP header to the port.
func inUDP(port uint16, more ...byte) func([]byte) []byte {
	return func(data []byte) []byte {
		u := be.AppendUint16(be.AppendUint16([]byte{0xc0, 1}, port), uint16(8+len(more)+len(data)))
		return inIP(17, slices.Concat(u, []byte{0, 0}, more)...)(data)
	}
}

// after is b around a: a is nearer to the data.
func after(b, a func([]byte) []byte) func([]byte) []byte {
	return func(data []byte) []byte {
		in := a(data)
		return append(b(slices.Concat(in, data)), in...)
	}
}

var twoCalls = []string{"GET x.example /a 200", "GET x.example /a 200"}

// Acceptance item 1: the same calls from every capture format.
func TestItem01Formats(t *testing.T) {
	c := func() *synth.Capture {
		return synth.Company(synth.Options{Seed: 9, Days: 1, Scale: 0.2})
	}
	var want []string
	for _, f := range []synth.Format{synth.PCAPNano, synth.PCAPNG, synth.PCAPMicro} {
		calls, err := replay(t, write(t, c(), synth.Files{Path: "x", Format: f}), 1)
		if err != nil {
			t.Fatal(err)
		}
		got := lines(calls)
		slices.Sort(got) // microseconds tie
		if want == nil {
			want = got
		}
		if len(want) < 50 || !slices.Equal(got, want) {
			t.Errorf("format %d: %d other calls than the %d", f, len(got), len(want))
		}
	}
}

// Acceptance item 2: every call over every link layer; an unknown one is counted.
func TestItem02Links(t *testing.T) {
	in := raw(talk(1, ask, answer, ask, answer))
	mpls := []byte{0, 1, 0, 64, 0, 2, 0, 64, 0, 3, 1, 64}
	for name, tp := range map[string]tape{
		"raw":      in,
		"ethernet": wrap(in, capture.LinkEthernet, ether(0x0800)),
		"802.1q":   wrap(in, capture.LinkEthernet, ether(0x0800, 0x81, 0, 0, 5)),
		"802.1ad":  wrap(in, capture.LinkEthernet, ether(0x0800, 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6)),
		"qinq":     wrap(in, capture.LinkEthernet, ether(0x0800, 0x91, 0, 0, 5, 0x81, 0, 0, 6)),
		"mpls":     wrap(in, capture.LinkEthernet, after(ether(0x8847), fixed(mpls...))),
		"pppoe": wrap(in, capture.LinkEthernet, after(ether(0x8864), func(d []byte) []byte {
			return append(be.AppendUint16([]byte{0x11, 0, 0, 7}, uint16(len(d)+2)), 0, 0x21)
		})),
		"null": wrap(in, capture.LinkNull, fixed(2, 0, 0, 0)),
		"loop": wrap(in, capture.LinkLoop, fixed(0, 0, 0, 2)),
		"sll":  wrap(in, capture.LinkLinuxSLL, fixed(0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0)),
		"sll2": wrap(in, capture.LinkLinuxSLL2, fixed(8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0)),
	} {
		t.Run(name, func(t *testing.T) {
			calls, _ := hear(t, tp)
			wantLines(t, calls, twoCalls...)
		})
	}
	calls, cov := hear(t, wrap(in, 147, fixed()))
	if len(calls) != 0 || cov.Undecoded["unknown-link"] != uint64(len(in)) {
		t.Errorf("unknown link type: %d calls, %v", len(calls), cov.Undecoded)
	}
}

// Acceptance item 3: the calls inside of tunnels, with the tunnel's kind and identifier.
func TestItem03Tunnels(t *testing.T) {
	in := raw(talk(1, ask, answer, ask, answer))
	frame := ether(0x0800)
	for _, c := range []struct {
		name  string
		outer func([]byte) []byte
		kind  decode.TunnelKind
		id    uint32
	}{
		{"vxlan", after(inUDP(4789, 8, 0, 0, 0, 0, 0x13, 0x88, 0), frame), decode.VXLAN, 5000},
		{"vxlan, reserved bits", after(inUDP(4789, 0xff, 0xff, 0xff, 0, 0, 0x13, 0x88, 0xff), frame), decode.VXLAN, 5000},
		{"vxlan, 8472", after(inUDP(8472, 8, 0, 0, 0, 0, 0, 1, 0), frame), decode.VXLAN, 1},
		{"geneve", after(inUDP(6081, 0, 0, 0x65, 0x58, 0, 0, 7, 0), frame), decode.GENEVE, 7},
		{"geneve, gateway load balancer", inUDP(6081, slices.Concat([]byte{8, 0, 8, 0, 0, 0, 0, 0},
			[]byte{1, 8, 1, 2, 0, 1, 2, 3, 4, 5, 6, 7, 1, 8, 2, 2, 7, 6, 5, 4, 3, 2, 1, 0, 1, 8, 3, 1, 9, 9, 9, 9})...), decode.GENEVE, 0},
		{"gre", inIP(47, 0, 0, 8, 0), decode.GRE, 0},
		{"gre, checksum, key, sequence", inIP(47, 0xb0, 0, 8, 0, 1, 2, 0, 0, 0, 0, 0x10, 0x92, 0, 0, 0, 77), decode.GRE, 4242},
		{"erspan i", after(inIP(47, 0, 0, 0x88, 0xbe), frame), decode.ERSPAN, 0},
		{"erspan ii", after(inIP(47, 0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0, 0, 100, 0, 0, 0, 0), frame), decode.ERSPAN, 100},
		{"erspan iii", after(inIP(47, 0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 0), frame), decode.ERSPAN, 100},
		{"ip in ip", inIP(4), decode.IPinIP, 0},
		{"gtp-u", func(d []byte) []byte {
			return inUDP(2152, append(be.AppendUint16([]byte{0x30, 255}, uint16(len(d))), 0, 0, 0, 9)...)(d)
		}, decode.GTPU, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls, _ := hear(t, wrap(in, capture.LinkRaw, c.outer))
			wantLines(t, calls, twoCalls...)
			for _, call := range calls {
				if kind, id, exact := decode.Tunnel(call.Net); kind != c.kind || id != c.id || !exact {
					t.Errorf("in %v %d, want %v %d", kind, id, c.kind, c.id)
				}
			}
		})
	}
}

// Acceptance item 4: four tunnels are looked through, a fifth is not; no frame takes long.
func TestItem04Nesting(t *testing.T) {
	in := raw(talk(1, ask, answer, ask, answer))
	for depth := range 7 {
		calls, cov := hear(t, in)
		if depth <= 4 {
			wantLines(t, calls, twoCalls...)
		} else if len(calls) != 0 || cov.Undecoded["too-deep"] != uint64(len(in)) {
			t.Errorf("%d deep: %d calls, %v", depth, len(calls), cov.Undecoded)
		}
		in = wrap(in, capture.LinkRaw, after(inUDP(4789, 8, 0, 0, 0, 0, 0, byte(depth), 0), ether(0x0800)))
	}
	// A GRE packet in itself as far as a frame goes, and options that begin anew.
	b := bytes.Repeat([]byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, 47, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 8, 0}, 2000)
	deep := capture.Frame{Data: b, WireLen: len(b), Link: capture.LinkRaw}
	many := tape(slices.Repeat([]capture.Frame{deep}, 1000))
	best := time.Hour
	for range 8 {
		from := time.Now()
		_, cov := hear(t, many)
		best = min(best, time.Since(from))
		if cov.Undecoded["too-deep"] != 1000 {
			t.Fatalf("undecoded %v", cov.Undecoded)
		}
	}
	if best > 20*time.Millisecond { // 5 µs each, and what Run costs by itself
		t.Errorf("%v for 1000 frames", best)
	}
}

// Acceptance item 5: one connection in two networks is two.
func TestItem05Networks(t *testing.T) {
	in := func(vni byte, path string) tape {
		tp := raw(talk(1, strings.Replace(ask, "/a", path, 1), answer))
		return wrap(tp, capture.LinkRaw, after(inUDP(4789, 8, 0, 0, 0, 0, 0, vni, 0), ether(0x0800)))
	}
	a, b := in(1, "/1"), in(2, "/2")
	calls, cov := hear(t, join(a, b))
	wantLines(t, calls, "GET x.example /1 200", "GET x.example /2 200")
	if cov.Connections != 2 || cov.Conflicts != 0 || cov.Duplicates != 0 || calls[0].ID == calls[1].ID {
		t.Errorf("%+v", cov)
	}
	// One network id per direction: a connection only if they are ignored.
	way := func(server bool) tape {
		return only(raw(talk(1, ask, answer)), func(_ int, b []byte) bool { return fromServer(b) == server })
	}
	split := join(wrap(way(false), capture.LinkRaw, after(inUDP(4789, 8, 0, 0, 0, 0, 0, 1, 0), ether(0x0800))),
		wrap(way(true), capture.LinkRaw, after(inUDP(4789, 8, 0, 0, 0, 0, 0, 2, 0), ether(0x0800))))
	calls, _ = hearAs(t, decode.Config{IgnoreTunnelID: true}, split)
	wantLines(t, calls, "GET x.example /a 200")
	calls, _ = hear(t, split)
	wantLines(t, calls, "GET x.example /a - half,one-sided")
}

// Acceptance item 6: of cut packets the heads that are whole are found, nothing is
// invented, and what is missing is known in bytes.
func TestItem06Truncated(t *testing.T) {
	const short = "> GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
	body := strings.Repeat("GET /phantom HTTP/1.1\r\nHost: evil\r\n\r\n", 200)
	reply := fmt.Sprintf("< HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	post := fmt.Sprintf("> POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	for _, snap := range []int{96, 128, 1400} {
		want := []string{"/a", "/p", "/a"}
		if snap == 96 { // the head of the POST does not fit
			want = []string{"/a", "/a"}
		}
		c := synth.New(1, talk(1, short, reply, post, reply, short, reply))
		c.SnapLen = snap
		calls, cov := hear(t, record(c))
		var paths []string
		for _, call := range calls {
			paths = append(paths, call.Path)
		}
		if !slices.Equal(paths, want) {
			t.Errorf("snap length %d: %q", snap, lines(calls))
			continue
		}
		if cov.GapBytes != 0 || cov.CutBytes != c.Truth.LostBytes || cov.CutBytes+cov.StreamBytes != c.Truth.StreamBytes {
			t.Errorf("snap length %d: %d bytes cut of %d, lost %d", snap, cov.CutBytes, c.Truth.StreamBytes, c.Truth.LostBytes)
		}
		for _, call := range calls {
			if call.Status != 200 || call.Response.Size != int64(len(body)) || !slices.Contains(call.Flags, "gap") {
				t.Errorf("snap length %d: %s, size %d", snap, line(call), call.Response.Size)
			}
		}
	}
}

// Acceptance item 8: a pipe that ends inside a record gives every call up to there.
func TestItem08Pipe(t *testing.T) {
	b := synth.New(1, talk(1, ask, answer, ask, answer)).Bytes(synth.PCAPNano)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		w.Write(b[:len(b)-100]) // the reader is there until the end
		w.Close()
	}()
	src, err := capture.OpenFiles([]string{"-"}, r)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	calls, _ := hearFrom(t, src)
	wantLines(t, calls, twoCalls...)
}

// Acceptance item 9: the capture's clock is set back, and ten years ahead.
func TestItem09Clock(t *testing.T) {
	conv := func(n int) *hand {
		h := byHand(0)
		h.client = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, 1, byte(n)}), 40000)
		h.open()
		for range 20 {
			h.exchange("/a")
		}
		return h.shut()
	}
	for _, by := range []time.Duration{-time.Second, 20 * time.Second, -time.Hour, 10 * 365 * 24 * time.Hour, -10 * 365 * 24 * time.Hour} {
		all := join(conv(1).tape, conv(2).tape, conv(3).tape)
		for i := range all {
			if i > len(all)/3 && i < 2*len(all)/3 {
				all[i].Time += int64(by)
			}
		}
		calls, cov := hear(t, all)
		if len(calls) != 60 || cov.Half != 0 || cov.Connections != 3 {
			t.Errorf("clock off by %v: %d calls, %d half, %d connections", by, len(calls), cov.Half, cov.Connections)
		}
		for cause, n := range cov.Evicted {
			t.Errorf("clock off by %v: %d evicted, %s", by, n, cause)
		}
		for _, c := range calls {
			if c.Duration < 0 {
				t.Errorf("clock off by %v: duration %d", by, c.Duration)
			}
		}
	}
}

// fragments cuts bare IPv4 packets into fragments of n bytes of payload.
func fragments(in tape, n int, options []byte) tape {
	var out tape
	for i, f := range in {
		data := f.Data[20:]
		for off := 0; off < len(data); off += n {
			end := min(off+n, len(data))
			h := slices.Concat(f.Data[:20], options, data[off:end])
			h[0] = 0x45 + byte(len(options)/4)
			be.PutUint16(h[2:], uint16(len(h)))
			be.PutUint16(h[4:], uint16(1000+i))
			field := uint16(off / 8)
			if end < len(data) {
				field |= 0x2000
			}
			be.PutUint16(h[6:], field)
			out = append(out, capture.Frame{Data: h, WireLen: len(h), Time: f.Time, Link: f.Link})
		}
	}
	return out
}

// Acceptance item 10: every call from fragments in any order, with options, tags and tunnels.
func TestItem10Fragments(t *testing.T) {
	in := raw(talk(1, ask, "< HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n"+strings.Repeat("0123456789", 300), ask, answer))
	tunnel := after(inUDP(4789, 8, 0, 0, 0, 0, 0, 9, 0), ether(0x0800))
	small, opts := fragments(in, 64, nil), fragments(in, 64, []byte{1, 1, 1, 0})
	twice := slices.Clone(small)
	for i := len(twice) - 1; i >= 0; i-- {
		twice = slices.Insert(twice, i, twice[i])
	}
	shuffled := slices.Clone(small)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range shuffled {
		if i%10 == 0 && i > 0 && i+10 <= len(shuffled) {
			part := shuffled[i : i+10]
			rng.Shuffle(10, func(a, b int) { part[a], part[b] = part[b], part[a] })
		}
	}
	for name, tp := range map[string]tape{
		"in order": small, "options": opts, "duplicated": twice, "shuffled": shuffled,
		"vlan":         wrap(small, capture.LinkEthernet, ether(0x0800, 0x81, 0, 0, 5)),
		"inside vxlan": wrap(small, capture.LinkRaw, tunnel),
		"vxlan itself": fragments(wrap(in, capture.LinkRaw, tunnel), 200, nil),
		"both":         fragments(wrap(small, capture.LinkRaw, tunnel), 64, nil),
	} {
		t.Run(name, func(t *testing.T) {
			calls, cov := hear(t, tp)
			wantLines(t, calls, twoCalls...)
			if cov.Undecoded["fragment"] == 0 || cov.Undecoded["fragment-bad"] != 0 || cov.GapBytes != 0 {
				t.Errorf("undecoded %v, %d gap bytes", cov.Undecoded, cov.GapBytes)
			}
		})
	}
}

// Acceptance items 11 and 13: fragments that share an identification but not the
// network are of two packets; a flood of first fragments is bounded and counted,
// and packets behind it are whole.
func TestItem13FragmentFlood(t *testing.T) {
	in := fragments(raw(talk(1, ask, answer, ask, answer)), 64, nil)
	first := in[0].Time
	var flood tape
	for i := range 100_000 {
		b := slices.Clone(in[0].Data[:20])
		be.PutUint16(b[2:], 20+512)
		be.PutUint16(b[6:], 0x2000)
		be.PutUint32(b[12:], uint32(i)|11<<24)
		b = append(b, make([]byte, 512)...)
		flood = append(flood, capture.Frame{Data: b, WireLen: len(b), Time: first - 5e9, Link: capture.LinkRaw})
	}
	calls, cov := hear(t, append(flood, in...))
	wantLines(t, calls, twoCalls...)
	if cov.Evicted["fragments"] == 0 || cov.Undecoded["fragment"] < 100_000 {
		t.Errorf("evicted %v, undecoded %v", cov.Evicted, cov.Undecoded)
	}
}

func TestItem11SameIdentification(t *testing.T) {
	in := func(vni byte, path string) tape {
		tp := raw(talk(1, strings.Replace(ask, "/a", path, 1), answer))
		return wrap(fragments(tp, 16, nil), capture.LinkRaw, after(inUDP(4789, 8, 0, 0, 0, 0, 0, vni, 0), ether(0x0800)))
	}
	calls, _ := hear(t, join(in(1, "/1"), in(2, "/2")))
	wantLines(t, calls, "GET x.example /1 200", "GET x.example /2 200")
}

// Acceptance item 12: fragments that overlap with other bytes never give a call of
// both; they are counted.
func TestItem12Overlap(t *testing.T) {
	in := fragments(raw(talk(1, "> GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\nHost: x.example\r\n\r\n", answer)), 32, nil)
	var out tape
	for _, f := range in {
		out = append(out, f)
		if i := bytes.Index(f.Data, []byte("aaaaaaaaaaaaaaaa")); i > 0 {
			other := f
			other.Data = bytes.ReplaceAll(f.Data, []byte("aaaa"), []byte("bbbb"))
			out = append(out, other)
		}
	}
	calls, cov := hear(t, out)
	for _, c := range calls {
		if strings.Contains(c.Path, "a") && strings.Contains(c.Path, "b") {
			t.Errorf("a path of both: %s", c.Path)
		}
	}
	if len(calls) != 1 || cov.Conflicts == 0 {
		t.Errorf("%d calls, %d conflicts", len(calls), cov.Conflicts)
	}
}

// Acceptance item 7: of a folder with files that are no captures, empty, cut and
// compressed ones, every capture is read once.
func TestItem07Folder(t *testing.T) {
	dir := t.TempDir()
	conv := func(n int) []byte { return synth.New(uint64(n), talk(n, ask, answer)).Bytes(synth.PCAPNano) }
	for name, b := range map[string][]byte{"1.pcap": conv(1), "2.pcap": conv(2)[:200], "3.pcap": nil, "4.txt": []byte("notes"), "5.pcap": conv(5)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := (synth.Files{Path: filepath.Join(dir, "6.pcap.gz")}).Write(synth.New(6, talk(6, ask, answer))); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	calls, err := replay(t, dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	clients := map[string]int{}
	for _, c := range calls {
		clients[c.Client]++
	}
	if len(calls) != 3 || clients["10.0.0.1"] != 1 || clients["10.0.0.5"] != 1 || clients["10.0.0.6"] != 1 {
		t.Errorf("calls by %v", clients)
	}
}
