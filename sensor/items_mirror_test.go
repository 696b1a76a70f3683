package sensor_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/decode"
)

// mirrored shows every packet a second time: up to 50 ms later, with another VLAN tag,
// other link addresses and one hop less, as if from the port of the next switch.
func mirrored(in tape) tape {
	rng := rand.New(rand.NewPCG(24, 24))
	var again tape
	for _, f := range in {
		f.Data = slices.Clone(f.Data)
		if f.Data[0]>>4 == 4 {
			f.Data[8]--
			f.Data[10], f.Data[11] = 0xab, 0xcd
		} else {
			f.Data[7]--
		}
		head := ether(0x0800, 0x81, 0, 0, byte(1+rng.IntN(3)))
		if f.Data[0]>>4 == 6 {
			head = ether(0x86dd, 0x81, 0, 0, 7)
		}
		f.Time += rng.Int64N(50e6)
		again = append(again, wrap(tape{f}, capture.LinkEthernet, head)...)
	}
	return join(in, again)
}

// retransmitted sends every fourth data packet again 30 ms later, with a new identification.
func retransmitted(in tape) tape {
	var again tape
	for i, f := range in {
		if i%4 == 0 && len(f.Data) > 60 {
			f.Data = slices.Clone(f.Data)
			be.PutUint16(f.Data[4:], be.Uint16(f.Data[4:])+20_000)
			f.Time += 30e6
			again = append(again, f)
		}
	}
	return join(in, again)
}

// dns is a datagram of every kind: one with an identification, one without.
func dns(at int64) tape {
	var out tape
	for i := range 100 {
		b := slices.Concat(inUDP(443)([]byte("a datagram like any")), fmt.Appendf(nil, "a datagram %08d", i))
		be.PutUint16(b[4:], uint16(i%2*(i+1)))
		out = append(out, capture.Frame{Data: b, WireLen: len(b), Time: at + int64(i)*1e6, Link: capture.LinkRaw})
	}
	return out
}

// Acceptance item 24: a capture of which every packet came twice gives the calls of
// the single one; the copies are counted, and what was sent again is not.
func TestItem24Duplicates(t *testing.T) {
	company := synth.Company(synth.Options{Seed: 24, Days: 1, Scale: 0.3})
	company.Link = synth.Raw
	v6 := talk(2, ask, answer, ask, answer)
	v6.Client, v6.Server = netip.MustParseAddrPort("[fd00::1]:4000"), netip.MustParseAddrPort("[fd00::2]:80")
	var many []*synth.Conversation
	for i := range 200 {
		c := talk(i%200, ask, answer, ask, answer)
		c.Client = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 5, byte(i), 1}), 4000)
		c.Start = 1_780_000_000e9 + int64(i)*1e6
		many = append(many, c)
	}
	for name, single := range map[string]tape{
		"company": record(company), "many at once": raw(many...), "IPv6": raw(v6),
		"retransmissions": retransmitted(raw(talk(1, ask, "< "+download(50_000), ask, answer))),
		"datagrams":       join(dns(1_780_000_000e9), raw(talk(1, ask, answer))),
	} {
		t.Run(name, func(t *testing.T) {
			want, before := hear(t, single)
			got, after := hear(t, mirrored(single))
			if before.Duplicates != 0 || len(want) == 0 {
				t.Errorf("%d calls and %d duplicates in the single copy", len(want), before.Duplicates)
			}
			missed := 0 // acknowledgements that nothing tells from each other
			if name == "IPv6" {
				for _, f := range single {
					if len(f.Data) <= 60+12 { // IPv6 without timestamps
						missed++
					}
				}
			}
			if n := uint64(len(single) - missed); after.Duplicates != n {
				t.Errorf("%d duplicates of %d packets", after.Duplicates, n)
			}
			if !slices.Equal(lines(want), lines(got)) {
				t.Errorf("%d calls, %d of the single copy", len(got), len(want))
			}
			for i := range min(len(want), len(got)) {
				if want[i].ID != got[i].ID {
					t.Fatalf("call %d has another id", i)
				}
			}
			if after.GapBytes != 0 || after.StreamBytes != before.StreamBytes || after.Connections != before.Connections {
				t.Errorf("%d gap bytes, %d stream bytes of %d, %d connections of %d",
					after.GapBytes, after.StreamBytes, before.StreamBytes, after.Connections, before.Connections)
			}
		})
	}
}

// Acceptance item 25: a request seen before and behind a load balancer is seen twice,
// as a call of the same service and path by two clients.
func TestItem25LoadBalancer(t *testing.T) {
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	in := func(fields string) string { return strings.TrimSuffix(ask, "\r\n") + fields + "\r\n" }
	for _, c := range []struct {
		front, back string
		same        bool
	}{
		{"traceparent: 00-" + trace + "-00f067aa0ba902b7-01\r\n", "Traceparent: 00-" + trace + "-b7ad6b7169203331-00\r\nX-Request-ID: 77aa77aa\r\n", true},
		{"X-Request-Id: f0a1-22\r\n", "x-request-id: f0a1-22\r\n", false}, // too short for a name
		{"X-Request-Id: f0a1-22-17\r\n", "x-request-id: f0a1-22-17\r\n", true},
		{"X-Request-Id: f0a1-22-17\r\n", "x-request-id: f0a1-22-18\r\n", false},
		{"", "", false},
		{"traceparent: 00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01\r\n", "traceparent: 00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01\r\n", false},
		{"traceparent: ff-" + trace + "-00f067aa0ba902b7-01\r\n", "traceparent: ff-" + trace + "-00f067aa0ba902b7-01\r\n", false},
		{"traceparent: 00-" + trace + "-00f067aa0ba902b7-01-x\r\n", "traceparent: 00-" + trace + "-00f067aa0ba902b7-01-x\r\n", false},
	} {
		calls, _ := hear(t, raw(talk(1, in(c.front), answer), talk(2, in(c.back), answer)))
		if same := calls[0].Trace == calls[1].Trace && calls[0].Trace != 0; len(calls) != 2 || same != c.same {
			t.Errorf("%q and %q: %d and %d", c.front, c.back, calls[0].Trace, calls[1].Trace)
		}
	}
	front, back := talk(1, ask, answer), talk(2, ask, answer)
	back.Start = front.Start + 1e6
	back.Client, back.Server = netip.MustParseAddrPort("10.9.9.9:51000"), netip.MustParseAddrPort("10.8.8.8:9000")
	calls, _ := hear(t, raw(front, back))
	wantLines(t, calls, "GET x.example /a 200", "GET x.example /a 200")
	if calls[0].Service() != calls[1].Service() || calls[0].Client == calls[1].Client || calls[0].ID == calls[1].ID {
		t.Errorf("%s by %s and %s by %s", calls[0].Service(), calls[0].Client, calls[1].Service(), calls[1].Client)
	}
}

// damage makes the checksums of the packets that f picks wrong.
func damage(in tape, f func(i int) bool) tape {
	out := slices.Clone(in)
	for i := range out {
		if f(i) {
			b := slices.Clone(out[i].Data)
			b[36], b[37] = b[36]^0xff, b[37]^0x0f
			out[i].Data = b
		}
	}
	return out
}

// Acceptance item 26: checksums that the sender left to its hardware cost no call;
// when they are verified, damaged packets are dropped and counted.
func TestItem26Checksums(t *testing.T) {
	c := synth.New(1, talk(1, ask, answer, ask, "< "+download(5000)))
	c.Link = synth.Raw
	good := record(c)
	want, _ := hear(t, good)
	all := damage(good, func(int) bool { return true })
	calls, cov := hear(t, all)
	if !slices.Equal(lines(calls), lines(want)) || cov.GapBytes != 0 {
		t.Errorf("calls %q, %d gap bytes", lines(calls), cov.GapBytes)
	}
	verify := decode.Config{Checksums: decode.VerifyChecksums}
	calls, cov = hearAs(t, verify, all)
	if len(calls) != 0 || cov.Undecoded["bad-checksum"] != uint64(len(all)) {
		t.Errorf("verified: %d calls, %v", len(calls), cov.Undecoded)
	}
	// A damaged copy of each packet before the packet itself.
	var both tape
	for i, f := range damage(good, func(int) bool { return true }) {
		f.Data[len(f.Data)-1] ^= 0x20
		both = append(both, f, good[i])
	}
	calls, cov = hearAs(t, verify, both)
	if !slices.Equal(lines(calls), lines(want)) || cov.Undecoded["bad-checksum"] != uint64(len(good)) || cov.Conflicts != 0 {
		t.Errorf("damaged copies: calls %q, %v", lines(calls), cov.Undecoded)
	}
}

// Acceptance item 26: auto mode makes up its mind within a thousand packets.
func TestItem26Auto(t *testing.T) {
	auto := decode.Config{Checksums: decode.AutoChecksums}
	var convs []*synth.Conversation
	for i := range 200 {
		v6 := talk(i, ask, "< "+download(3000), ask, answer)
		if i%2 == 0 {
			v6.Client, v6.Server = netip.MustParseAddrPort("[fd00::1]:4000"), netip.MustParseAddrPort("[fd00::2]:80")
		}
		convs = append(convs, v6)
	}
	good := raw(convs...)
	for name, c := range map[string]struct {
		damaged func(i int) bool
		dropped bool
	}{
		"none wrong":        {func(int) bool { return false }, false},
		"all wrong":         {func(int) bool { return true }, false},
		"one host offloads": {func(i int) bool { return i%3 == 0 }, false},
		"line errors":       {func(i int) bool { return i%500 == 499 }, true},
	} {
		tp := slices.Clone(good)
		for i := range tp {
			if c.damaged(i) {
				at := 36
				if tp[i].Data[0]>>4 == 6 {
					at += 20
				}
				tp[i].Data = slices.Clone(tp[i].Data)
				tp[i].Data[at] ^= 0xff
			}
		}
		calls, cov := hearAs(t, auto, tp)
		if dropped := cov.Undecoded["bad-checksum"]; (dropped > 0) != c.dropped || !c.dropped && len(calls) != 400 {
			t.Errorf("%s: %d calls, %d of %d segments dropped", name, len(calls), dropped, len(tp))
		}
	}
}

// Acceptance item 27: frames that segmentation offload made, up to 64 KiB and beyond.
func TestItem27Offload(t *testing.T) {
	conv := talk(1, ask, "< "+download(400_000), ask, answer)
	conv.MSS = 65_000
	big := raw(conv)
	zero := slices.Clone(big)
	for i := range zero {
		zero[i].Data = slices.Clone(zero[i].Data)
		be.PutUint16(zero[i].Data[2:], 0)
	}
	jumbo := byHand(1).open().say(client, getA, 1460).say(server, download(400_000), 200_000).exchange("/a").shut().tape
	for i := range jumbo {
		be.PutUint16(jumbo[i].Data[2:], 0) // BIG TCP
	}
	for name, tp := range map[string]tape{"64 KiB": big, "length 0": zero, "200 KB": jumbo} {
		calls, cov := hear(t, tp)
		wantLines(t, calls, "GET x.example /a 200", "GET x.example /a 200")
		if cov.GapBytes != 0 || len(calls) > 0 && calls[0].Response.Size != 400_000 {
			t.Errorf("%s: %d gap bytes", name, cov.GapBytes)
		}
	}
}

// Acceptance item 28: what pads an Ethernet frame is no payload, whatever it is.
func TestItem28Padding(t *testing.T) {
	tp := byHand(1).open().exchange("/a").ack(client).ack(server).exchange("/b").shut().tape
	tp = wrap(tp, capture.LinkEthernet, ether(0x0800))
	for i := range tp {
		for len(tp[i].Data) < 90 {
			tp[i].Data = append(tp[i].Data, "GET /pad HTTP/1.1\r\n\r\n"[len(tp[i].Data)%20])
		}
		tp[i].WireLen = len(tp[i].Data)
	}
	calls, cov := hear(t, tp)
	wantLines(t, calls, lineA, "GET x.example /b 200")
	if cov.Conflicts != 0 || cov.StreamBytes != uint64(2*len(getA)+2*len(okay)) {
		t.Errorf("%d conflicts, %d bytes", cov.Conflicts, cov.StreamBytes)
	}
}
