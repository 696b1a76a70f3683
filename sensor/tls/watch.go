package tls

// Handshake is what the handshake of one connection said in the clear.
type Handshake struct {
	Client *Hello       // nil: not seen, or unreadable
	Server *ServerHello // nil: likewise
	// Names are those of the server's certificate, which TLS 1.3 encrypts.
	Names []string
}

// Watch reads the handshake of one connection from the bytes of its directions,
// each in order from its start and in any pieces. It holds one handshake message of each
// direction, at most MaxHello bytes.
type Watch struct {
	dirs [2]side
	said Handshake
}

// side is one direction.
type side struct {
	in   messages
	done bool // there is nothing more to read
	role role
}

// role is who speaks in a direction.
type role uint8

const (
	anyone role = iota
	client
	server
)

// Append reads what comes next in direction dir, 0 or 1. It does not retain data.
func (w *Watch) Append(dir uint8, data []byte) {
	s := &w.dirs[dir&1]
	for !s.done {
		msg, rest, v := s.in.next(data)
		switch v {
		case NeedMore:
			return
		case NoMatch:
			w.Lost(dir)
		default:
			w.message(s, msg)
			data = rest
		}
	}
	s.in = messages{}
}

// Lost says that bytes of a direction are missing: what follows is not read.
func (w *Watch) Lost(dir uint8) {
	s := &w.dirs[dir&1]
	s.done, s.in = true, messages{}
}

// message reads one message of a direction. Of the client's the first one counts;
// of the server's the ServerHello, and in TLS 1.2 and before the Certificate, which
// follows it unless a session is resumed. A HelloRetryRequest is as good as a
// ServerHello: version and cipher suite stay (RFC 8446, Section 4.1.4).
func (w *Watch) message(s *side, msg []byte) {
	body := msg[4:]
	s.done = true
	switch msg[0] {
	case typeClientHello:
		s.role = client
		if h, ok := ParseClientHello(body, TCP); ok && w.said.Client == nil {
			w.said.Client = &h
		}
	case typeServerHello:
		if h, ok := ParseServerHello(body); ok && w.said.Server == nil {
			s.role, w.said.Server = server, &h
			s.done = h.Version >= 0x0304
		}
	case typeCertificate:
		if s.role == server {
			w.said.Names = CertificateNames(body)
		}
	}
}

// Done reports whether there is nothing more to learn.
func (w *Watch) Done() bool { return w.dirs[0].done && w.dirs[1].done }

// Held is the number of bytes that w holds.
func (w *Watch) Held() int { return cap(w.dirs[0].in.msg) + cap(w.dirs[1].in.msg) }

// Handshake returns what was read so far.
func (w *Watch) Handshake() Handshake { return w.said }

// Server returns the direction in which the server speaks; ok is false if nothing told.
func (w *Watch) Server() (dir uint8, ok bool) {
	for d := range w.dirs {
		switch w.dirs[d].role {
		case server:
			return uint8(d), true
		case client:
			return uint8(1 - d), true
		}
	}
	return 0, false
}
