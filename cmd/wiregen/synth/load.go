package synth

import (
	"net/netip"
	"time"
)

// LoadOptions say how much dense traffic to make.
type LoadOptions struct {
	Seed    uint64
	Bytes   int64 // of TCP payload
	Trouble Trouble
	Link    Link
	SnapLen int
	Tunnel  Tunnel
	MSS     int // payload of full segments, default 1460
	// HTTP2 says the same calls in HTTP/2 with prior knowledge.
	HTTP2 bool
	// Calls lists every call in the truth, not only their sums.
	Calls bool
}

// profile is what a kind of dense traffic is like.
type profile struct {
	conns          int // at a time
	reqMin, reqMax int // per connection
	short          bool
	median, sigma  float64 // bytes of response content
	reqMedian      float64 // bytes of request content
	gzip, chunked  float64 // shares of responses
	think          float64 // ns, median pause between requests
	ramp           int64   // ns in which the connections begin
}

const maxContent = 512 << 10

// Loads are the kinds of dense traffic.
func Loads() []string { return []string{"mix", "tiny", "disorder", "manyconns"} }

func profileOf(kind string) profile {
	mix := profile{conns: 2000, reqMin: 3, reqMax: 40, median: 1.26 * 1024, sigma: 1.674, reqMedian: 512,
		gzip: 0.15, chunked: 0.20, think: 40e6, ramp: 400e6}
	tiny := mix
	tiny.short, tiny.median, tiny.sigma, tiny.reqMedian, tiny.gzip = true, 213, 0.95, 170, 0
	switch kind {
	case "tiny":
		return tiny
	case "manyconns":
		tiny.conns, tiny.reqMin, tiny.reqMax, tiny.think, tiny.ramp = 50000, 2, 4, 6e9, 4e9
		return tiny
	}
	return mix
}

// LoadTrouble is the trouble that belongs to a kind: only disorder has any.
func LoadTrouble(kind string) Trouble {
	if kind == "disorder" {
		return Trouble{Reorder: 0.01, Loss: 0.005, Retransmit: 0.005}
	}
	return Trouble{}
}

// Load makes dense traffic of a kind of Loads: five hosts with a hundred
// endpoints, called over many keep-alive connections at a time.
func Load(kind string, o LoadOptions) *Capture {
	l := &load{profile: profileOf(kind), o: o, d: newDice(o.Seed, "load"), truth: &Truth{Seed: o.Seed}, left: o.Bytes}
	l.invent()
	c := New(o.Seed)
	c.Truth, c.Trouble, c.Link, c.SnapLen = l.truth, o.Trouble, o.Link, o.SnapLen
	c.Conversations = func(yield func(*Conversation) bool) {
		for i := range l.conns {
			at := loadStart + int64(i)*l.ramp/int64(l.conns)
			if l.left <= 0 || !yield(l.connect(&slot{load: l, n: i}, at)) {
				return
			}
		}
	}
	return c
}

// loadStart is 2026-06-01 12:00 UTC.
const loadStart = 1780315200 * int64(time.Second)

// load is dense traffic in the making.
type load struct {
	profile
	o     LoadOptions
	d     dice
	truth *Truth
	left  int64 // bytes still to be said
	serial
	pool pool
	zip  zipper
}

// slot is one of the connections at a time and those that follow it.
type slot struct {
	*load
	n, round int
	requests int // left on this connection
	site     int
	client   netip.Addr
	fixed    []byte // the fields that a client sends with every request
	call     Call
	bufs     [4][]byte
	h2       *h2 // nil for HTTP/1
}

func (l *load) connect(s *slot, at int64) *Conversation {
	d := l.d
	s.round++
	if l.o.HTTP2 {
		s.h2 = newH2()
	}
	s.requests = d.between(l.reqMin, l.reqMax)
	s.site = d.IntN(len(loadHosts))
	s.client = netip.AddrFrom4([4]byte{10, 100 + byte(s.n>>16), byte(s.n >> 8), byte(s.n)})
	s.fixed = l.clientFields(s.fixed[:0])
	port := uint16(32768 + (s.round*1009+s.n*7)%28000)
	c := &Conversation{Client: netip.AddrPortFrom(s.client, port),
		Server: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 30, 0, byte(10 + s.site)}), 80),
		Start:  at, RTT: time.Duration(d.between(200, 9000)) * time.Microsecond, MSS: l.o.MSS, Tunnel: l.o.Tunnel, VNI: 77}
	c.Next = s.exchange
	c.Then = func(end int64) *Conversation {
		if l.left <= 0 {
			return nil
		}
		return l.connect(s, end+d.Int64N(20e6))
	}
	return c
}

// exchange is one request and its response.
func (s *slot) exchange(dst []Message) []Message {
	for i := range s.bufs {
		s.pool.put(s.bufs[i])
		s.bufs[i] = nil
	}
	if s.requests == 0 || s.left <= 0 {
		return dst
	}
	s.requests--
	d := s.d
	e := s.pickEndpoint(s.site)
	call := &s.call
	if s.o.Calls {
		call = &Call{}
		s.truth.Calls = append(s.truth.Calls, call)
	}
	*call = Call{}
	var body []byte
	if e.request != nil {
		size := min(d.logNormal(s.reqMedian, 0.9), 64<<10)
		body = s.document(s.pool.get(int(size)+1024), e.request, int(size))
		call.bytesJSON = len(body)
	}
	head := s.requestHead(s.pool.get(1024), s, e, body, call)
	s.bufs[0], s.bufs[1] = head, body
	reply, content, wait := s.answer(e, call)
	s.bufs[2], s.bufs[3] = reply, content
	s.left -= int64(len(head) + len(body) + len(reply) + len(content))
	think := time.Duration(min(d.logNormal(s.think, 1), 60e9))
	s.truth.Endpoints[e.n].Calls++
	dst = append(dst, Message{Side: Client, Head: head, Body: body, After: think, Call: call},
		Message{Side: Server, Head: reply, Body: content, After: wait, Call: call})
	if s.h2 != nil {
		s.h2.exchange(dst[len(dst)-2:])
	}
	return dst
}

// answer is the head and the content of a response.
func (s *slot) answer(e *loadEndpoint, call *Call) (head, content []byte, wait time.Duration) {
	d := s.d
	call.Status = e.status
	wait = time.Duration(d.logNormal(3e6, 0.7))
	if d.chance(0.02) {
		call.Status = 404
	}
	if call.Status == 204 {
		return s.responseHead(s.pool.get(1024), 204, -1, false, false), nil, wait
	}
	size := int(min(d.logNormal(s.median, s.sigma), maxContent))
	shape := e.response
	if call.Status == 404 {
		size, shape = 90, s.problem
	}
	content = s.document(s.pool.get(size+1024), shape, size)
	call.bytesJSON += len(content)
	zipped := d.chance(s.gzip)
	if zipped {
		z := s.zip.append(s.pool.get(len(content)/2+64), content)
		s.pool.put(content)
		content = z
	}
	length := len(content)
	if chunked := d.chance(s.chunked); chunked && s.o.HTTP2 {
		length = -2
	} else if chunked {
		c := appendChunks(s.pool.get(length+length/1024+64), content)
		s.pool.put(content)
		content, length = c, -2
	}
	return s.responseHead(s.pool.get(1024), call.Status, length, zipped, call.Status == 404), content, wait
}
