package sensor

import (
	"wirecensus/reassembly"
	"wirecensus/schemas"
	"wirecensus/sensor/decode"
	"wirecensus/sensor/quic"
	"wirecensus/sensor/tls"
)

// Limits of the QUIC flows of all shards together.
const (
	maxQUICFlows = 1 << 16
	maxQUICHeld  = 16 << 20 // bytes
)

func newQUIC(shards int) *quic.Table {
	return quic.New(quic.Config{MaxFlows: maxQUICFlows / shards, MaxHeld: maxQUICHeld / shards})
}

// datagram hands on what may be QUIC of a UDP datagram; nothing else of it is read.
func datagram(seg *reassembly.Segment, out outlet) {
	n := quic.Wanted(seg.Payload)
	if n == 0 {
		return
	}
	seg.Cut += uint32(len(seg.Payload) - n)
	seg.Payload = seg.Payload[:n]
	out.datagram(seg)
}

// datagram reads one datagram. A panic of the parser costs that datagram and is
// counted in Evicted["panic"].
func (s *shard) datagram(seg *reassembly.Segment) {
	defer func() {
		if recover() != nil {
			s.books.panics++
		}
	}()
	s.hellos = s.quic.Append(s.hellos[:0], seg)
	s.bookQUIC()
}

// bookQUIC books the events at hand. A flow is booked as a connection when its
// ClientHello was read, its bytes when it is over.
func (s *shard) bookQUIC() {
	for i := range s.hellos {
		ev := &s.hellos[i]
		f := ev.Flow
		switch ev.Kind {
		case quic.Hello:
			said := tls.Handshake{}
			if h, ok := tls.ParseClientHello(ev.Message[4:], tls.QUIC); ok && ev.Message[0] == 1 {
				said.Client = &h
			}
			seen := schemas.TLSHost{Connections: 1, QUIC: 1, First: schemas.Time(f.Start), Last: schemas.Time(f.Start)}
			f.Name = describe(&seen, &said)
			s.books.tls.at(quicName(f)).Add(&seen)
		case quic.ServerHello:
			if h, ok := tls.ParseServerHello(ev.Message[4:]); ok && ev.Message[0] == 2 {
				var seen schemas.TLSHost
				describe(&seen, &tls.Handshake{Server: &h})
				s.books.tls.at(quicName(f)).Add(&seen)
			}
		case quic.Closed:
			seen := schemas.TLSHost{Bytes: f.Bytes, First: schemas.Time(f.Start), Last: schemas.Time(f.Last)}
			if !f.Read {
				seen.Connections, seen.QUIC = 1, 1
			}
			s.books.tls.at(quicName(f)).Add(&seen)
		}
	}
}

// quicName is the name to book a flow under.
func quicName(f *quic.Flow) string {
	if f.Name != "" {
		return f.Name
	}
	return f.Server.AddrPort().String()
}

// addQUIC adds what the shard's table saw. Its datagrams are those of the front's
// UDP frames that turned out to be QUIC.
func (s *shard) addQUIC(cov *schemas.Coverage) {
	st := s.quic.Stats()
	if st.Flows == 0 && st.Bogus == 0 && len(st.Others) == 0 {
		return
	}
	part := schemas.Coverage{
		QUIC: &schemas.QUICCoverage{Flows: st.Flows, Unread: st.Unread, Datagrams: st.Datagrams, Bytes: st.Bytes, Bogus: st.Bogus, Retries: st.Retries,
			Versions: st.Versions, Others: st.Others},
		Evicted: map[string]uint64{},
	}
	for cause, n := range map[string]uint64{"quic-flow": st.Evicted, "quic-handshake": st.GivenUp} {
		if n > 0 {
			part.Evicted[cause] = n
		}
	}
	cov.Add(&part)
	if n := st.Datagrams; n > 0 {
		udp := decode.UDP.String()
		cov.Undecoded["quic"] += n
		if cov.Undecoded[udp] -= min(n, cov.Undecoded[udp]); cov.Undecoded[udp] == 0 {
			delete(cov.Undecoded, udp)
		}
	}
}
