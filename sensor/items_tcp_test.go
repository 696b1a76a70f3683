package sensor_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/publish"
)

const (
	client = synth.Client
	server = synth.Server

	getA  = "GET /a HTTP/1.1\r\nHost: x.example\r\n\r\n"
	getB  = "GET /b HTTP/1.1\r\nHost: x.example\r\n\r\n"
	okay  = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	made  = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"
	lineA = "GET x.example /a 200"
	lineB = "GET x.example /b 201"
)

// text is content of n bytes of which every place is different.
func text(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString(strconv.Itoa(i) + " ")
	}
	return b.String()[:n]
}

// download is a response with n bytes of text.
func download(n int) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", n, text(n))
}

// Acceptance item 14: disorder that TCP repairs changes nothing, down to the bytes.
func TestItem14Disorder(t *testing.T) {
	conversation := func(seq [2]uint32) *hand {
		h := byHand(1)
		h.step, h.seq = 1e5, seq
		h.open().say(client, getA, 20).say(server, download(150_000), 1000)
		return h.say(client, getB, 7).say(server, made, 10).shut()
	}
	clean, _ := hear(t, conversation([2]uint32{1000, 2000}).tape)
	wantLines(t, clean, lineA, lineB)
	reorder := func(by int) tape {
		tp := conversation([2]uint32{1000, 2000}).tape
		rng := rand.New(rand.NewPCG(1, uint64(by)))
		for i := 4; i+by < len(tp)-3; i += by {
			rng.Shuffle(by, func(a, b int) {
				tp[i+a].Data, tp[i+b].Data = tp[i+b].Data, tp[i+a].Data
				tp[i+a].WireLen, tp[i+b].WireLen = tp[i+b].WireLen, tp[i+a].WireLen
			})
		}
		return tp
	}
	resent := func() tape {
		var out tape
		for i, f := range conversation([2]uint32{1000, 2000}).tape {
			out = append(out, f)
			f.Data = slices.Clone(f.Data)
			be.PutUint16(f.Data[4:], uint16(30_000+i))
			out = append(out, f)
		}
		return out
	}
	odd := byHand(1)
	odd.open().say(client, getA, 20)
	odd.packet(server, ackf, odd.seq[1]-1, odd.seq[0], "\x00") // keep-alive with a stale byte
	odd.packet(client, ackf, odd.seq[0]-1, odd.seq[1], "")
	body := download(150_000)
	odd.packet(server, ackf, odd.seq[1], odd.seq[0], body[:1]) // zero-window probe: one byte, sent again
	odd.say(server, body[:5000], 1000)
	odd.packet(server, ackf|urg|psh, odd.seq[1], odd.seq[0], body[5000:6000])
	odd.seq[1] += 1000
	odd.say(server, body[6000:], 1000).say(client, getB, 7).say(server, made, 10).shut()
	for name, tp := range map[string]tape{
		"reordered by 4": reorder(4), "reordered by 64": reorder(64), "all sent twice": resent(), "oddities": odd.tape,
		"wrap in the head": conversation([2]uint32{1<<32 - 25, 1<<32 - 30}).tape,
		"wrap in the body": conversation([2]uint32{1<<32 - 5, 1<<32 - 70_000}).tape,
		"one byte each": func() tape {
			h := byHand(1)
			h.step = 1e4
			return h.open().say(client, getA, 1).say(server, body, 1).say(client, getB, 1).say(server, made, 1).shut().tape
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			calls, cov := hear(t, tp)
			wantLines(t, calls, lineA, lineB)
			if cov.GapBytes != 0 || cov.Conflicts > 1 || cov.Duplicates != 0 {
				t.Errorf("%d gap bytes, %d conflicts, %d duplicates", cov.GapBytes, cov.Conflicts, cov.Duplicates)
			}
			if len(calls) == 2 && (calls[0].Response.Print != clean[0].Response.Print || calls[0].Response.Print == 0 || calls[0].Response.Size != 150_000) {
				t.Errorf("other content: %+v", calls[0].Response)
			}
		})
	}
}

// Acceptance item 15: what came first counts; nothing is made of two versions.
func TestItem15Conflict(t *testing.T) {
	race := byHand(1).open() // a forged answer that differs in the path of a redirect
	race.say(client, getA, 1460)
	good := "HTTP/1.1 302 Found\r\nLocation: /good/good/good\r\nContent-Length: 0\r\n\r\n"
	evil := strings.ReplaceAll(strings.Replace(good, "302", "200", 1), "good", "evil")
	race.packet(server, ackf|psh, race.seq[1], race.seq[0], good)
	race.packet(server, ackf|psh, race.seq[1], race.seq[0], evil)
	race.seq[1] += uint32(len(good))
	race.exchange("/b").shut()
	queued := byHand(1).open() // the same while the bytes wait for a hole
	queued.say(client, getA, 1460)
	queued.packet(server, ackf|psh, queued.seq[1]+20, queued.seq[0], good[20:])
	queued.packet(server, ackf|psh, queued.seq[1]+20, queued.seq[0], evil[20:])
	queued.packet(server, ackf|psh, queued.seq[1], queued.seq[0], good[:20])
	queued.seq[1] += uint32(len(good))
	queued.exchange("/b").shut()
	for _, c := range []struct {
		h *hand
		a string // what comes behind the end of a call cannot be said of it any more
	}{{race, "GET x.example /a 302"}, {queued, "GET x.example /a 302 conflict"}} {
		calls, cov := hear(t, c.h.tape)
		wantLines(t, calls, c.a, "GET x.example /b 200 conflict")
		if cov.Conflicts != 1 {
			t.Errorf("%s: %d conflicts", c.a, cov.Conflicts)
		}
	}
	syns := byHand(1) // SYN and SYN-ACK again with other numbers
	syns.packet(client, syn, 77_000_000, 0, "").open()
	syns.packet(server, syn|ackf, 88_000_000, syns.seq[0], "").exchange("/a").exchange("/b").shut()
	calls, _ := hear(t, syns.tape)
	wantLines(t, calls, lineA, "GET x.example /b 200")
}

// Acceptance item 16: ends that are none, and ends with something still to come.
func TestItem16Close(t *testing.T) {
	for name, c := range map[string]struct {
		h    *hand
		want []string
	}{
		"reset with a wrong number": {func() *hand {
			h := byHand(1).open().exchange("/a")
			h.packet(client, rst, h.seq[0]+500_000, 0, "").packet(server, rst, h.seq[1]-70_000, 0, "")
			return h.exchange("/b").shut()
		}(), []string{lineA, "GET x.example /b 200"}},
		"FIN sent again": {func() *hand {
			h := byHand(1).open().exchange("/a").shut()
			h.packet(client, ackf|fin, h.seq[0]-1, h.seq[1]-1, "")
			return h.packet(server, ackf|fin, h.seq[1]-1, h.seq[0], "")
		}(), []string{lineA}},
		"half close": {func() *hand {
			h := byHand(1).open().say(client, getA, 1460)
			h.packet(client, ackf|fin, h.seq[0], h.seq[1], "")
			h.seq[0]++
			h.ack(server).say(server, okay, 5)
			return h.packet(server, ackf|fin, h.seq[1], h.seq[0], "")
		}(), []string{lineA}},
		"reset before reordered data": {func() *hand {
			h := byHand(1).open().say(client, getA, 1460)
			h.packet(server, ackf|psh, h.seq[1]+20, h.seq[0], okay[20:])
			h.packet(client, rst, h.seq[0], 0, "")
			return h.packet(server, ackf|psh, h.seq[1], h.seq[0], okay[:20])
		}(), []string{lineA}},
		"reset after the answer": {func() *hand {
			h := byHand(1).open().exchange("/a")
			return h.packet(server, rst|ackf, h.seq[1], h.seq[0], "")
		}(), []string{lineA}},
	} {
		t.Run(name, func(t *testing.T) {
			calls, cov := hear(t, c.h.tape)
			wantLines(t, calls, c.want...)
			if cov.Connections != 1 {
				t.Errorf("%d connections", cov.Connections)
			}
		})
	}
}

// Acceptance item 17: a 5-tuple used again 10 ms later is another connection; what
// the old one left unfinished is not carried over.
func TestItem17PortReuse(t *testing.T) {
	h := byHand(1).open().exchange("/a")
	h.say(client, "POST /old HTTP/1.1\r\nHost: x.example\r\nContent-Length: 500\r\n\r\n", 1460)
	h.now += 10e6
	h.seq = [2]uint32{3_000_000_000, 17}
	h.open().exchange("/b").exchange("/a").shut()
	calls, cov := hear(t, h.tape)
	wantLines(t, calls, lineA, "POST x.example /old - half,incomplete", "GET x.example /b 200", lineA)
	if cov.Connections != 2 || cov.GapBytes != 0 {
		t.Errorf("%d connections, %d gap bytes", cov.Connections, cov.GapBytes)
	}
}

// Acceptance item 18: joined at any packet, the first request that comes whole and
// all after it are found, and no server is taken for a client.
func TestItem18Midstream(t *testing.T) {
	post := "POST /up HTTP/1.1\r\nHost: x.example\r\nContent-Length: 3000\r\n\r\n" + text(3000)
	for skip := range 40 {
		h := byHand(1).open()
		starts := []int{}
		for range 6 {
			starts = append(starts, len(h.tape))
			h.say(client, post, 700).say(server, download(2000), 700)
			starts = append(starts, len(h.tape))
			h.say(client, getB, 20).say(server, made, 20)
		}
		h.shut()
		whole := 0
		for _, s := range starts {
			if s >= skip {
				whole++
			}
		}
		calls, _ := hear(t, h.tape[skip:])
		if len(calls) < whole || len(calls) > whole+1 {
			t.Fatalf("%d packets lost: %d calls of %d", skip, len(calls), whole)
		}
		for _, c := range calls {
			if c.Client != "10.1.0.1" || c.PeerPort != 8080 {
				t.Errorf("%d packets lost: %s called %s", skip, c.Client, c.Peer)
			}
		}
		for i, c := range calls[len(calls)-whole:] {
			if want := []string{"POST x.example /up 200", lineB}[(i+len(starts)-whole)%2]; !strings.HasPrefix(line(c), want) {
				t.Errorf("%d packets lost: %s, want %s", skip, line(c), want)
			}
		}
	}
}

// only keeps the packets that f allows.
func only(tp tape, f func(i int, b []byte) bool) tape {
	var out tape
	for i, x := range tp {
		if f(i, x.Data) {
			out = append(out, x)
		}
	}
	return out
}

func fromServer(b []byte) bool { return be.Uint16(b[20:]) == 8080 }

// Acceptance item 19: one direction alone gives requests without status, or counted
// responses, and invents nothing.
func TestItem19OneSided(t *testing.T) {
	tp := byHand(1).open().exchange("/a").exchange("/b").shut().tape
	calls, cov := hear(t, only(tp, func(_ int, b []byte) bool { return !fromServer(b) }))
	wantLines(t, calls, "GET x.example /a - half,one-sided", "GET x.example /b - half,one-sided")
	if cov.OneSided != 1 || cov.Half != 2 {
		t.Errorf("client only: %d one-sided, %d half", cov.OneSided, cov.Half)
	}
	calls, cov = hear(t, only(tp, func(_ int, b []byte) bool { return fromServer(b) }))
	wantLines(t, calls)
	if cov.OneSided != 1 || cov.Orphans != 2 || cov.Calls != 0 {
		t.Errorf("server only: %d one-sided, %d orphans, %d calls", cov.OneSided, cov.Orphans, cov.Calls)
	}
}

// Acceptance item 20: without handshake or bare acknowledgements nothing is missing.
func TestItem20NoHandshake(t *testing.T) {
	tp := byHand(1).open().exchange("/a").ack(client).ack(server).exchange("/b").ack(client).shut().tape
	for name, f := range map[string]func(i int, b []byte) bool{
		"no SYN":              func(i int, _ []byte) bool { return i != 0 },
		"no SYN-ACK":          func(i int, _ []byte) bool { return i != 1 },
		"no SYNs":             func(i int, _ []byte) bool { return i > 1 },
		"no handshake":        func(i int, _ []byte) bool { return i > 2 },
		"no acknowledgements": func(_ int, b []byte) bool { return len(b) > 40 || b[33] != ackf },
		"data only":           func(_ int, b []byte) bool { return len(b) > 40 },
	} {
		calls, cov := hear(t, only(tp, f))
		if len(calls) != 2 || !strings.HasPrefix(line(calls[0]), lineA) || !strings.HasPrefix(line(calls[1]), "GET x.example /b 200") || cov.GapBytes != 0 {
			t.Errorf("%s: %q, %d gap bytes", name, lines(calls), cov.GapBytes)
		}
	}
}

// Acceptance item 22: behind a gap the next message is found; the call says what is missing.
func TestItem22Gap(t *testing.T) {
	chunked := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	chunk := "3e8\r\n" + text(1000) + "\r\n"
	for name, c := range map[string]struct {
		response string
		lost     [2]int // of the response
		a        string
		size     int64
	}{
		"in a body":            {download(5000), [2]int{1000, 2000}, lineA + " gap", 5000},
		"at the end of a body": {download(5000), [2]int{4000, len(download(5000))}, lineA + " gap", 5000},
		"in a chunk":           {chunked + chunk + chunk + "0\r\n\r\n", [2]int{200, 700}, lineA + " gap", 2000},
		"over a chunk line":    {chunked + chunk + chunk + "0\r\n\r\n", [2]int{1000, 1100}, lineA + " gap,incomplete", 0},
		"over the last chunk":  {chunked + chunk + chunk + "0\r\n\r\n", [2]int{1900, len(chunked) + 2*len(chunk) + 5}, lineA + " gap,incomplete", 0},
		"over the head":        {okay, [2]int{0, len(okay)}, "GET x.example /a - half", 0},
	} {
		t.Run(name, func(t *testing.T) {
			h := byHand(1).open().say(client, getA, 1460)
			h.say(server, c.response[:c.lost[0]], 1460)
			h.seq[1] += uint32(c.lost[1] - c.lost[0])
			h.say(server, c.response[c.lost[1]:], 1460)
			h.ack(client).exchange("/n").exchange("/n").shut()
			calls, cov := hear(t, h.tape)
			wantLines(t, calls, c.a, "GET x.example /n 200", "GET x.example /n 200")
			if cov.GapBytes != uint64(c.lost[1]-c.lost[0]) {
				t.Errorf("%d gap bytes of %d", cov.GapBytes, c.lost[1]-c.lost[0])
			}
			if c.size > 0 && len(calls) > 0 && (calls[0].Response.Size != c.size || calls[0].Response.Unread != "gap") {
				t.Errorf("content %+v", calls[0].Response)
			}
		})
	}
	h := byHand(1).open().exchange("/a") // over the head of a request
	h.seq[0] += uint32(len(getB))
	h.say(server, made, 1460).exchange("/n").shut()
	calls, cov := hear(t, h.tape)
	wantLines(t, calls, lineA, "GET x.example /n 200")
	if cov.Orphans != 1 {
		t.Errorf("%d orphans", cov.Orphans)
	}
}

// Acceptance item 23: a gap is decided by an acknowledgement beyond it, after a
// second, or at 256 KiB, not by the end of the connection.
func TestItem23GapDecision(t *testing.T) {
	other := byHand(2)
	for name, c := range map[string]struct {
		size int
		more func(h *hand)
	}{
		"acknowledged": {3000, func(h *hand) {
			h.ack(client)
			h.now += 201e6
		}},
		"a second": {3000, func(h *hand) { h.now += 1001e6 }},
		"256 KiB":  {300_000, func(*hand) {}},
	} {
		t.Run(name, func(t *testing.T) {
			h := byHand(1).open().say(client, getA, 1460)
			h.step = 1e3
			body := download(c.size)
			h.say(server, body[:100], 1460)
			h.seq[1] += 1000
			h.say(server, body[1100:], 1000)
			held := len(h.tape)
			c.more(h)
			other.now = h.now
			at := len(other.tape)
			other.exchange("/other")
			// Nothing more comes on the connection: the mark of a later second, or the limit, must do.
			if c.size < 256<<10 {
				other.now += 2e9
			}
			other.exchange("/other")
			tp := append(h.tape, other.tape[at:]...)
			src := &source{tape: tp}
			at = 0
			_, err := sensor.Run(t.Context(), sensor.Config{Source: src, Key: []byte("k"), Sink: func(int) publish.Sink {
				return publish.Func(func(call *schemas.Call) {
					if call.Path == "/a" {
						at = src.at
						if line(call) != lineA+" gap" {
							t.Errorf("call %q", line(call))
						}
					}
				})
			}})
			if err != nil || at < held-50 || at == len(tp) {
				t.Errorf("call at frame %d of %d, %v", at, len(tp), err)
			}
		})
	}
}
