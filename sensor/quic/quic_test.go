package quic

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"wirecensus/reassembly"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// seal protects frames as an Initial packet: what Open undoes.
func seal(k *Keys, version uint32, dcid, scid, token []byte, pn uint32, frames []byte) []byte {
	kind := byte(0)
	if version == Version2 {
		kind = 1
	}
	b := []byte{0xc3 | kind<<4}
	b = binary.BigEndian.AppendUint32(b, version)
	b = append(append(b, byte(len(dcid))), dcid...)
	b = append(append(b, byte(len(scid))), scid...)
	b = append(append(b, 0x40|byte(len(token)>>8), byte(len(token))), token...)
	n := 4 + len(frames) + k.aead.Overhead()
	b = append(b, 0x40|byte(n>>8), byte(n))
	at := len(b)
	b = binary.BigEndian.AppendUint32(b, pn)
	nonce := k.iv
	for i := range 4 {
		nonce[8+i] ^= b[at+i]
	}
	b = k.aead.Seal(b, nonce[:], frames, b)
	mask := make([]byte, 16)
	k.header.Encrypt(mask, b[at+4:at+20])
	b[0] ^= mask[0] & 0x0f
	for i := range 4 {
		b[at+i] ^= mask[1+i]
	}
	return b
}

func crypto(at int, data []byte) []byte {
	b := []byte{6}
	b = binary.BigEndian.AppendUint32(b, uint32(at)|0x80000000)
	b = append(b, 0x40|byte(len(data)>>8), byte(len(data)))
	return append(b, data...)
}

// TestVectors: RFC 9001, Appendix A, and RFC 9369, Appendix A.
func TestVectors(t *testing.T) {
	dcid := unhex(t, "8394c8f03e515708")
	hello := unhex(t, `
		060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868
		04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578
		616d706c652e636f6dff01000100000a00080006001d00170018001000070005
		04616c706e000500050100000000003300260024001d00209370b2c9caa47fba
		baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400
		0d0010000e0403050306030203080408050806002d00020101001c0002400100
		3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000
		75300901100f088394c8f03e51570806048000ffff`)
	for _, c := range []struct {
		version       uint32
		clientIV, hp  string // of the client
		serverIV      string
		first         string // protected header and first bytes of the client's packet
		server, reply string // the server's packet and its frames
	}{
		{
			version: Version1, clientIV: "fa044b2f42a3fd3b46fb255c", serverIV: "0ac1493ca1905853b0bba03e",
			first: "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9bd8bab936b47d92ec356c0bab7df5976d27cd449f63300099f399",
			server: `cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a
				5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3
				dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84
				022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc4
				2158407dd074ee`,
		},
		{
			version: Version2, clientIV: "91f73e2351d8fa91660e909f", serverIV: "dd13c276499c0249d3310652",
			first: "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071bf03dceebfa162e75d6c96058bdbfb127cdfcbf903388e99ad04",
			server: `dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698
				baeea26b91eb761d9b89237bbf87263017915358230035f7fd3945d88965cf17
				f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698075b2
				c984c707f0a0812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca8
				4bed8521e2e140`,
		},
	} {
		t.Run(VersionName(c.version), func(t *testing.T) {
			client, server := InitialKeys(c.version, dcid, Client), InitialKeys(c.version, dcid, Server)
			if got := hex.EncodeToString(client.iv[:]); got != c.clientIV {
				t.Errorf("client iv %s", got)
			}
			if got := hex.EncodeToString(server.iv[:]); got != c.serverIV {
				t.Errorf("server iv %s", got)
			}
			// The client's packet of the appendix is made anew from its frames: packet number 2, 1,162 bytes.
			frames := append(bytes.Clone(hello), make([]byte, 1162-len(hello))...)
			packet := sealAs(client, unhex(t, c.first[:36]), frames)
			if got := hex.EncodeToString(packet[:len(c.first)/2]); got != c.first {
				t.Fatalf("packet  %s\nwant    %s", got, c.first)
			}
			p, rest, ok := Next(packet)
			if !ok || len(rest) > 0 || p.Kind != Initial || !bytes.Equal(p.DCID, dcid) {
				t.Fatalf("%+v, %v", p, ok)
			}
			if got, ok := client.Open(nil, &p); !ok || !bytes.Equal(got, frames) {
				t.Fatalf("opened %v, %x", ok, got)
			}
			if _, ok := server.Open(nil, &p); ok {
				t.Error("the server's keys open the client's packet")
			}
			p, _, ok = Next(unhex(t, c.server))
			if !ok || p.Kind != Initial || hex.EncodeToString(p.SCID) != "f067a5502a4262b5" {
				t.Fatalf("%+v, %v", p, ok)
			}
			got, ok := server.Open(nil, &p)
			if !ok || !strings.HasPrefix(hex.EncodeToString(got), "02000000000600405a020000560303eefce7f7b37ba1d163") {
				t.Fatalf("opened %v, %x", ok, got)
			}
			var s stream
			s.frames(got)
			if msg, more := s.message(); more || len(msg) != 0x5a || msg[0] != 2 {
				t.Fatalf("message %x", msg)
			}
		})
	}
}

// sealAs protects frames under the unprotected form of the protected header given, with packet number 2.
func sealAs(k *Keys, protected, frames []byte) []byte {
	head := bytes.Clone(protected)
	kind := byte(0xc3)
	if head[1] == 0x6b {
		kind = 0xd3
	}
	head[0] = kind
	head = append(head, 0, 0, 0, 2)
	at := len(head) - 4
	nonce := k.iv
	nonce[11] ^= 2
	b := k.aead.Seal(head, nonce[:], frames, head)
	mask := make([]byte, 16)
	k.header.Encrypt(mask, b[at+4:at+20])
	b[0] ^= mask[0] & 0x0f
	for i := range 4 {
		b[at+i] ^= mask[1+i]
	}
	return b
}

// TestRetryVectors: the Retry packets of RFC 9001, Appendix A.4, and RFC 9369, Appendix A.4.
func TestRetryVectors(t *testing.T) {
	for _, packet := range []string{
		"ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba",
		"cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6",
	} {
		if p, _, ok := Next(unhex(t, packet)); !ok || p.Kind != Retry || hex.EncodeToString(p.SCID) != "f067a5502a4262b5" {
			t.Errorf("%s: %+v, %v", packet, p, ok)
		}
	}
}

// helloOf is the first flight of Go's own QUIC client.
func helloOf(t testing.TB, name string) []byte {
	t.Helper()
	c := tls.QUICClient(&tls.QUICConfig{TLSConfig: &tls.Config{ServerName: name, NextProtos: []string{"h3"}, MinVersion: tls.VersionTLS13}})
	c.SetTransportParameters([]byte{1, 2, 0x67, 0x10})
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for {
		switch ev := c.NextEvent(); ev.Kind {
		case tls.QUICWriteData:
			return bytes.Clone(ev.Data)
		case tls.QUICNoEvent:
			t.Fatal("no hello")
		}
	}
}

var (
	client0 = reassembly.AddrOf(netip.MustParseAddrPort("10.0.0.1:50000"))
	server0 = reassembly.AddrOf(netip.MustParseAddrPort("10.9.9.9:8443"))
)

func up(at int64, b []byte) *reassembly.Segment {
	return &reassembly.Segment{Flow: reassembly.Flow{Src: client0, Dst: server0}, Time: at, Payload: b}
}

func down(at int64, b []byte) *reassembly.Segment {
	return &reassembly.Segment{Flow: reassembly.Flow{Src: server0, Dst: client0}, Time: at, Payload: b}
}

func padded(packet []byte) []byte {
	return append(packet, make([]byte, max(0, 1200-len(packet)))...)
}

// say runs datagrams through a table and returns what was read as words.
func say(t *Table, ds ...*reassembly.Segment) (said []string) {
	var evs []Event
	for _, d := range ds {
		evs = t.Append(evs[:0], d)
		for _, ev := range evs {
			said = append(said, wordOf(&ev))
		}
	}
	return said
}

func wordOf(ev *Event) string {
	switch ev.Kind {
	case Hello:
		return fmt.Sprintf("hello %d", len(ev.Message))
	case ServerHello:
		return fmt.Sprintf("server %d", len(ev.Message))
	}
	return "closed"
}

// TestHandshakes: in pieces, out of order, twice, coalesced, after a Retry, in another version.
func TestHandshakes(t *testing.T) {
	hello := helloOf(t, "q.example")
	answer := append([]byte{2, 0, 0, 90}, make([]byte, 90)...)
	a, b := []byte("original"), []byte("fromRetry")
	ck, sk := InitialKeys(Version1, a, Client), InitialKeys(Version1, a, Server)
	ck2 := InitialKeys(Version1, b, Client)
	n := len(hello)
	first := seal(ck, Version1, a, nil, nil, 0, crypto(0, hello[:n/3]))
	middle := seal(ck, Version1, a, nil, nil, 1, append(crypto(2*n/3, hello[2*n/3:]), crypto(n/3, hello[n/3:2*n/3])...))
	reply := seal(sk, Version1, nil, b, nil, 0, append([]byte{2, 0, 0, 0, 0}, crypto(0, answer)...))
	whole := seal(ck, Version1, a, nil, nil, 0, crypto(0, hello))
	zeroRTT := append([]byte{0xd0, 0, 0, 0, 1, 8}, append([]byte("original\x00\x40\x20"), make([]byte, 32)...)...)
	retry := append([]byte("\xf0\x00\x00\x00\x01\x00\x09fromRetrytoken"), make([]byte, 16)...)
	again := seal(ck2, Version1, b, nil, []byte("token"), 1, crypto(0, hello))
	v2 := seal(InitialKeys(Version2, a, Server), Version2, nil, b, nil, 0, crypto(0, answer))
	short := append([]byte{0x41}, make([]byte, 40)...)
	want := []string{fmt.Sprintf("hello %d", n), "server 94"}
	for name, c := range map[string]struct {
		ds   []*reassembly.Segment
		want []string
	}{
		"in order":             {[]*reassembly.Segment{up(1, first), up(2, middle), down(3, reply)}, want},
		"out of order":         {[]*reassembly.Segment{up(1, middle), up(2, first), down(3, reply)}, want},
		"twice":                {[]*reassembly.Segment{up(1, first), up(2, first), up(3, middle), up(4, middle), down(5, reply), down(6, reply)}, want},
		"coalesced":            {[]*reassembly.Segment{up(1, append(bytes.Clone(first), padded(middle)...)), down(2, append(bytes.Clone(reply), short...))}, want},
		"0-RTT between":        {[]*reassembly.Segment{up(1, append(bytes.Clone(first), zeroRTT...)), up(2, append(bytes.Clone(zeroRTT), middle...)), down(3, reply)}, want},
		"Retry, hello read":    {[]*reassembly.Segment{up(1, whole), down(2, retry), up(3, again), down(4, seal(InitialKeys(Version1, b, Server), Version1, nil, b, nil, 0, crypto(0, answer)))}, want},
		"Retry, hello in part": {[]*reassembly.Segment{up(1, first), down(2, retry), up(3, again)}, want[:1]},
		"Retry not captured":   {[]*reassembly.Segment{up(1, first), up(3, again)}, want[:1]},
		"answer in version 2":  {[]*reassembly.Segment{up(1, whole), down(2, v2)}, want},
		"acknowledged":         {[]*reassembly.Segment{up(1, whole), down(2, reply), up(3, seal(ck, Version1, b, nil, nil, 2, []byte{2, 0, 0, 0, 0})), up(4, short)}, want},
		"a second connection":  {[]*reassembly.Segment{up(1, whole), down(2, reply), up(3, again)}, append(append([]string{}, want...), "closed", want[0])},
		"server alone":         {[]*reassembly.Segment{down(2, reply)}, nil},
		"tampered":             {[]*reassembly.Segment{up(1, append(bytes.Clone(whole[:len(whole)-1]), whole[len(whole)-1]^1))}, nil},
		"cut short":            {[]*reassembly.Segment{up(1, whole[:len(whole)-1])}, nil},
	} {
		tab := New(Config{})
		if got := say(tab, c.ds...); strings.Join(got, ", ") != strings.Join(c.want, ", ") {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if flows := tab.Stats().Flows; (flows == 0) != (c.want == nil) {
			t.Errorf("%s: %d flows", name, flows)
		}
		if tab.Close(nil); tab.held != 0 || len(tab.flows) != 0 || tab.oldest != nil || tab.first != nil {
			t.Errorf("%s: %d bytes held after the end", name, tab.held)
		}
	}
}

// TestCounts: short packets count for the flow they belong to and open none; silence closes it.
func TestCounts(t *testing.T) {
	a := []byte("original")
	tab := New(Config{})
	whole := seal(InitialKeys(Version1, a, Client), Version1, a, nil, nil, 0, crypto(0, helloOf(t, "q.example")))
	short := append([]byte{0x41}, make([]byte, 40)...)
	say(tab, up(0, short), up(second, whole), up(2*second, short), down(100*second, short))
	if st := tab.Stats(); st.Flows != 1 || st.Datagrams != 3 || st.Bytes != uint64(len(whole)+2*len(short)) || st.Bogus != 0 {
		t.Errorf("%+v", st)
	}
	if evs := tab.Expire(nil, 399*second); len(evs) != 0 || tab.held != 0 {
		t.Errorf("%d events, %d bytes held", len(evs), tab.held)
	}
	evs := tab.Expire(nil, 401*second)
	if len(evs) != 1 || evs[0].Kind != Closed || evs[0].Flow.Start != second || evs[0].Flow.Last != 100*second || len(tab.flows) != 0 {
		t.Errorf("%+v", evs)
	}
	for _, b := range []string{"\x0d12345678Q043....", "\xc3Q046\x50........", "\xc0\xff\x00\x00\x07\x00\x00....", "\x00\x01\x00\x00dns?"} {
		if Wanted([]byte(b)) > 0 {
			say(tab, up(500*second, []byte(b)))
		}
	}
	if st := tab.Stats(); st.Others["gquic Q043"] != 1 || st.Others["gquic Q046"] != 1 || st.Others["draft-07"] != 1 || len(st.Others) != 3 {
		t.Errorf("%v", st.Others)
	}
}

// TestFlood: more flows and handshakes that never end than are kept. The oldest go.
func TestFlood(t *testing.T) {
	const flows, most, held = 3000, 1000, 1 << 20
	tab := New(Config{MaxFlows: most, MaxHeld: held})
	a := []byte("original")
	valid := seal(InitialKeys(Version1, a, Client), Version1, a, nil, nil, 0, crypto(9000, make([]byte, 600)))
	var evs []Event
	closed := 0
	for i := range flows {
		d := up(int64(i), valid)
		d.Flow.Src.IP[3], d.Flow.Src.Port = byte(i>>8), uint16(i)
		evs = tab.Append(evs[:0], d)
		for _, ev := range evs {
			if ev.Kind != Closed || ev.Flow.Start != int64(closed) {
				t.Fatalf("closed %+v, want that of %d", ev, closed)
			}
			closed++
		}
		if tab.held > held {
			t.Fatalf("%d bytes held", tab.held)
		}
	}
	if st := tab.Stats(); st.Flows != flows || st.Evicted != flows-most || closed != flows-most || st.GivenUp == 0 {
		t.Errorf("%+v, %d closed", st, closed)
	}
}

// TestNoAllocation: what is not QUIC, and short packets of flows, allocate nothing.
func TestNoAllocation(t *testing.T) {
	tab := New(Config{})
	a := []byte("original")
	say(tab, up(1, seal(InitialKeys(Version1, a, Client), Version1, a, nil, nil, 0, crypto(0, helloOf(t, "q.example")))))
	dns, short := up(2, []byte("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01x")), up(2, append([]byte{0x41}, make([]byte, 40)...))
	other := up(2, append([]byte{0x41}, make([]byte, 40)...))
	other.Flow.Src.Port = 7
	var evs []Event
	if n := testing.AllocsPerRun(100, func() {
		for _, d := range []*reassembly.Segment{dns, short, other} {
			if Wanted(d.Payload) > 0 {
				evs = tab.Append(evs[:0], d)
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkInitial reads the first datagram of a new connection: keys, header protection,
// AES-GCM, and a whole ClientHello.
func BenchmarkInitial(b *testing.B) {
	tab := New(Config{})
	a := []byte("original")
	first := padded(seal(InitialKeys(Version1, a, Client), Version1, a, nil, nil, 0, crypto(0, helloOf(b, "q.example"))))
	var evs []Event
	b.SetBytes(int64(len(first)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		d := up(int64(i), first)
		d.Flow.Src.IP[2], d.Flow.Src.IP[3], d.Flow.Src.Port = byte(i>>24), byte(i>>16), uint16(i)
		evs = tab.Append(evs[:0], d)
	}
	if st := tab.Stats(); st.Bogus+st.Unread != 0 || st.Flows != uint64(b.N) {
		b.Fatalf("%+v of %d", st, b.N)
	}
}

// naive puts pieces in order by a map: what came first counts.
func naive(pieces [][2][]byte) map[int]byte {
	out := map[int]byte{}
	for _, p := range pieces {
		at := int(binary.BigEndian.Uint16(p[0]))
		for i, c := range p[1] {
			if _, ok := out[at+i]; !ok && at+i < maxStream {
				out[at+i] = c
			}
		}
	}
	return out
}

// TestStreamModel: against a map of bytes, for pieces that overlap in every way.
func TestStreamModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for round := range 3000 {
		var s stream
		var pieces [][2][]byte
		for range 1 + rng.IntN(20) {
			at, data := rng.IntN(120), make([]byte, rng.IntN(30))
			for i := range data {
				data[i] = byte(rng.Uint32())
			}
			pieces = append(pieces, [2][]byte{binary.BigEndian.AppendUint16(nil, uint16(at)), data})
			s.add(uint64(at), data)
		}
		want, n := naive(pieces), 0
		for i, p := range s.pieces {
			if p.from >= p.to || i > 0 && s.pieces[i-1].to >= p.from {
				t.Fatalf("round %d: pieces %v", round, s.pieces)
			}
			for at := p.from; at < p.to; at++ {
				if c, ok := want[at]; !ok || c != s.buf[at] {
					t.Fatalf("round %d: byte %d is %x, want %x, %v", round, at, s.buf[at], c, ok)
				}
				n++
			}
		}
		if n != len(want) {
			t.Fatalf("round %d: %d bytes, want %d", round, n, len(want))
		}
	}
	var s stream
	for i := range 2 * maxPieces {
		s.add(uint64(2*i), []byte{1})
	}
	s.add(1<<40, []byte{1})
	s.add(maxStream-1, []byte("beyond"))
	if len(s.pieces) != maxPieces || len(s.buf) > maxStream {
		t.Errorf("%d pieces, %d bytes", len(s.pieces), len(s.buf))
	}
}

// FuzzDatagrams: any datagrams, protected as they must be so that their frames are
// looked at, say the same whether packets are coalesced or come alone, and hold no more than allowed.
func FuzzDatagrams(f *testing.F) {
	hello := helloOf(f, "q.example")
	f.Add(crypto(0, hello[:100]), crypto(100, hello[100:]), []byte("\xc0\x00\x00\x00\x01\x00\x00\x00"), false)
	f.Add(crypto(100, hello[100:]), append([]byte{2, 5, 1, 1, 0, 0, 0}, crypto(0, hello[:100])...), append([]byte{0x41}, make([]byte, 40)...), true)
	f.Add([]byte{6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, []byte{3, 0xbf, 0xff, 0xff, 0xff}, []byte{}, false)
	a := []byte("original")
	f.Fuzz(func(t *testing.T, x, y, raw []byte, v2 bool) {
		version := uint32(Version1)
		if v2 {
			version = Version2
		}
		if len(x) > 8000 || len(y) > 8000 {
			return
		}
		k := InitialKeys(version, a, Client)
		p, q := seal(k, version, a, nil, nil, 0, x), seal(k, version, a, nil, nil, 1, y)
		apart, joined := New(Config{MaxHeld: 64 << 10}), New(Config{MaxHeld: 64 << 10})
		one := say(apart, up(1, p), up(2, q))
		two := say(joined, up(1, append(bytes.Clone(p), q...)))
		if strings.Join(one, ",") != strings.Join(two, ",") || apart.Stats().Flows != 1 {
			t.Fatalf("apart %q, coalesced %q, %d flows", one, two, apart.Stats().Flows)
		}
		if apart.Stats().Bytes != joined.Stats().Bytes {
			t.Fatalf("%d bytes, %d", apart.Stats().Bytes, joined.Stats().Bytes)
		}
		in := bytes.Clone(raw)
		for _, d := range []*reassembly.Segment{up(3, raw), down(4, raw)} {
			if Wanted(d.Payload) > 0 {
				say(apart, d)
			}
		}
		if !bytes.Equal(in, raw) {
			t.Fatal("the datagram was changed")
		}
		for b := raw; len(b) > 0; {
			pk, rest, ok := Next(b)
			if !ok {
				break
			}
			if len(rest) >= len(b) || pk.Kind == Initial && len(pk.raw)+len(rest) != len(b) {
				t.Fatalf("packet of %d, rest %d of %d", len(pk.raw), len(rest), len(b))
			}
			b = rest
		}
		if apart.held > 64<<10 {
			t.Fatalf("%d bytes held", apart.held)
		}
		if apart.Close(nil); apart.held != 0 || apart.first != nil || apart.newest != nil {
			t.Fatal("something is left")
		}
	})
}
