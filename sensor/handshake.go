package sensor

import (
	stdtls "crypto/tls"

	"wirecensus/reassembly"
	"wirecensus/schemas"
	"wirecensus/sensor/tls"
)

const (
	// maxHandshakes is the bytes of unfinished TLS handshakes that all shards hold.
	maxHandshakes = 32 << 20
	// A connection that was joined midway is TLS when so many of its segments begin like records.
	enoughRecords = 2
)

// watched is the handshake of a connection that is being read, in the shard's list of them.
type watched struct {
	tls.Watch
	conn       *conn
	held       int
	prev, next *watched
}

// handshakes are the handshakes that are being read, the oldest first.
type handshakes struct {
	oldest, newest *watched
	held, most     int    // bytes
	evicted        uint64 // handshakes given up to stay below most
}

func (h *handshakes) add(w *watched) {
	w.prev = h.newest
	if w.prev != nil {
		w.prev.next = w
	} else {
		h.oldest = w
	}
	h.newest = w
}

func (h *handshakes) remove(w *watched) {
	h.held -= w.held
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		h.oldest = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		h.newest = w.prev
	}
}

// startWatch begins to read the handshake of a TLS connection.
func (c *conn) startWatch(s *shard) {
	c.watch = &watched{conn: c}
	s.handshakes.add(c.watch)
}

// stopWatch keeps what was read of the handshake. Unless it is being decrypted, the
// connection is only counted from here on.
func (c *conn) stopWatch(s *shard) {
	said := c.watch.Handshake()
	c.said = &said
	s.handshakes.remove(c.watch)
	if dir, ok := c.watch.Server(); ok {
		c.server = 1 + dir
	}
	c.watch = nil
	if c.sec == nil {
		c.close(s, "tls")
	}
}

// watchTLS reads what the handshake says in the clear.
func (c *conn) watchTLS(s *shard, ev *reassembly.Event) {
	w := c.watch
	switch ev.Kind {
	case reassembly.Data:
		w.Append(uint8(ev.Dir), ev.Data)
	default: // a gap or the end
		w.Lost(uint8(ev.Dir))
	}
	h := &s.handshakes
	held := w.Held()
	h.held += held - w.held
	w.held = held
	if w.Done() {
		c.stopWatch(s)
	}
	for h.held > h.most && h.oldest != nil {
		h.evicted++
		h.oldest.conn.stopWatch(s)
	}
}

// searchTLS looks for TLS in a connection that was joined midway, or that passed a
// proxy: a handshake that begins with the segment, or records. Other protocols begin a
// segment like a record only by chance, so that one is not enough.
func (c *conn) searchTLS(s *shard, ev *reassembly.Event) {
	if ev.Kind != reassembly.Data || !tls.IsRecord(ev.Data) {
		return
	}
	if tls.Probe(ev.Data) == tls.Match && c.sec == nil {
		c.startTLS(s)
		c.ciphertext(s, ev)
		return
	}
	if c.records++; c.records == enoughRecords {
		c.close(s, "tls")
	}
}

// tls books an encrypted connection under its server name.
func (s *shard) tls(c *conn) {
	s.books.opaque["tls"]++
	seen := schemas.TLSHost{Connections: 1, Bytes: c.bytes, First: schemas.Time(c.tcp.Start), Last: schemas.Time(c.last)}
	name := ""
	if c.said == nil {
		seen.Midstream = 1
	} else {
		name = describe(&seen, c.said)
	}
	if name == "" {
		name = c.serverAddress().AddrPort().String()
	}
	s.books.tls.at(name).Add(&seen)
}

// echMark precedes the outer name of an encrypted ClientHello, which is not the
// name of the service (RFC 9849, Section 10.1).
const echMark = "ech:"

// describe adds to seen what a handshake said and returns the name to book it under, "" none.
func describe(seen *schemas.TLSHost, said *tls.Handshake) (name string) {
	if h := said.Client; h != nil {
		seen.Hellos = 1
		name = h.ServerName
		if h.ECH {
			seen.ECH = 1
			if name != "" {
				name = echMark + name
			}
		}
		for _, p := range h.ALPN {
			once(&seen.ALPN, p)
		}
		if h.JA4 != "" {
			once(&seen.JA4, h.JA4)
		}
	}
	if h := said.Server; h != nil {
		once(&seen.Versions, stdtls.VersionName(h.Version))
		once(&seen.Suites, stdtls.CipherSuiteName(h.Suite))
		if h.ALPN != "" {
			once(&seen.Selected, h.ALPN)
		}
	}
	for _, n := range said.Names {
		once(&seen.Certificates, n)
	}
	return name
}

// once counts a name for one connection.
func once(m *map[string]uint64, name string) {
	if *m == nil {
		*m = map[string]uint64{}
	}
	(*m)[name] = 1
}

// serverAddress returns the address of the side that is the server: as the
// handshake told, otherwise the one that reassembly takes for the responder.
func (c *conn) serverAddress() reassembly.Addr {
	if c.server == 1+uint8(reassembly.Orig) {
		return c.tcp.Flow.Src
	}
	return c.tcp.Flow.Dst
}
