package sensor

import (
	"wirecensus/reassembly"
	"wirecensus/schemas"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/tls"
)

// secure is what a connection has while its records are decrypted.
type secure struct {
	sec    *tls.Conn // nil: what is read is what was on the wire
	waitAt int       // index in shard.waiting plus 1, 0 none
}

// openTLS reads a connection as TLS from what is held of it on. TLS inside TLS is counted only.
func (c *conn) openTLS(s *shard) {
	if c.sec != nil {
		c.close(s, "tls")
		return
	}
	st := c.start
	c.start = nil
	c.startTLS(s)
	for i := range st.held {
		c.ciphertext(s, &st.held[i])
	}
	s.dropStart(st)
}

// startTLS reads the handshake from the next event on, and the plaintext too if there
// may be secrets.
func (c *conn) startTLS(s *shard) {
	c.startWatch(s)
	c.mode = asTLS
	if s.secrets != nil && !s.secrets.Useless(c.last) {
		c.sec, c.mode = s.secrets.Conn(), undecided
	}
}

// ciphertext reads an event of a connection that is TLS.
func (c *conn) ciphertext(s *shard, ev *reassembly.Event) {
	if c.watch != nil {
		c.watchTLS(s, ev)
	}
	if c.sec != nil {
		c.decrypt(s, ev)
	}
}

// decrypt runs ev through the record layer and reads what comes out.
func (c *conn) decrypt(s *shard, ev *reassembly.Event) {
	s.plain = c.sec.Append(s.plain[:0], *ev)
	c.plaintext(s)
	if c.mode != opaque && c.sec.Hopeless() {
		c.dropSecure(s)
		if c.watch == nil {
			c.close(s, "tls")
			return
		}
		c.forget(s)
		c.mode = asTLS
		return
	}
	if c.waitAt == 0 && c.sec.Waiting() {
		s.waiting = append(s.waiting, c)
		c.waitAt = len(s.waiting)
	}
}

// plaintext reads the decrypted events at hand.
func (c *conn) plaintext(s *shard) {
	for i := range s.plain {
		c.read(s, &s.plain[i])
	}
}

// endSecure reads what the record layer still holds: the connection is over.
func (c *conn) endSecure(s *shard) {
	if c.sec == nil {
		return
	}
	s.plain = c.sec.Close(s.plain[:0])
	c.plaintext(s)
	if !c.sec.Decrypted() {
		c.close(s, "tls")
	}
}

// dropSecure gives the record layer back.
func (c *conn) dropSecure(s *shard) {
	if c.sec == nil {
		return
	}
	c.sec.Release()
	c.sec = nil
	if c.waitAt > 0 {
		s.waiting[c.waitAt-1] = nil
		c.waitAt = 0
	}
}

// tick lets the connections that wait for secrets go on.
func (s *shard) tick(now int64) {
	old := s.waiting
	s.waiting = s.waiting[:0]
	for _, c := range old {
		if c == nil {
			continue
		}
		c.waitAt = 0
		if c.tickOne(s, now); c.gone && c.sec != nil && !c.sec.Waiting() {
			s.bury(c)
		} else if c.sec != nil && c.sec.Waiting() {
			s.waiting = append(s.waiting, c)
			c.waitAt = len(s.waiting)
		}
	}
	clear(old[len(s.waiting):])
}

// lingers keeps a connection that is over while secrets for it may still come, and
// reports whether it does.
func (s *shard) lingers(c *conn) bool {
	if c.sec == nil || c.waitAt == 0 || !c.sec.Waiting() {
		return false
	}
	tcp := *c.tcp // the original is about to become another connection
	c.tcp, c.gone = &tcp, true
	c.sec.Detach(&tcp)
	if c.h1 != nil {
		c.h1.Detach(&tcp)
	}
	if c.pair != nil {
		c.pair.Detach(&tcp)
	}
	if c.start != nil {
		for i := range c.start.held {
			c.start.held[i].Conn = &tcp
		}
	}
	return true
}

// bury finishes a connection that lingered. A panic is survived, as in event.
func (s *shard) bury(c *conn) {
	defer s.survive(c.tcp)
	c.gone = false
	s.finish(c)
	s.free = append(s.free, c)
}

// buryAll finishes all connections that linger.
func (s *shard) buryAll() {
	for _, c := range s.waiting {
		if c != nil && c.gone {
			s.bury(c)
		}
	}
}

// tickOne is tick for one connection. A panic ends it, as in event.
func (c *conn) tickOne(s *shard, now int64) {
	defer s.survive(c.tcp)
	s.plain = c.sec.Tick(s.plain[:0], now)
	c.plaintext(s)
}

// addTLS adds what was decrypted.
func (s *shard) addTLS(cov *schemas.Coverage) {
	if s.secrets == nil {
		return
	}
	st := s.secrets.Stats()
	cov.Decrypted += st.Decrypted
	cov.DecryptedRecords += st.Records
	cov.DecryptedFailures += st.Undecryptable
	for cause, n := range map[string]uint64{"tls-waiting": st.Overflow, "tls-session": st.Forgotten} {
		if n > 0 {
			cov.Evicted[cause] += n
		}
	}
}

// secretive is a source that carries secrets.
type secretive interface {
	// Ahead returns those of all inputs that can be read twice, Secrets those met so far.
	Ahead() []capture.Secret
	Secrets() []capture.Secret
}

// embedded takes the secrets of a source into the keys as they come.
type embedded struct {
	src  secretive // nil: there are none
	keys *tls.Keys
	seen int // of Secrets
}

// newEmbedded returns the keys to decrypt with and what feeds them.
func newEmbedded(src Source, keys *tls.Keys) (*tls.Keys, embedded) {
	e := embedded{keys: keys}
	e.src, _ = src.(secretive)
	if e.src == nil {
		return keys, e
	}
	if e.keys == nil {
		e.keys = tls.NewKeys(false, 0)
	}
	for _, s := range e.src.Ahead() {
		e.add(&s, tls.Always)
	}
	return e.keys, e
}

// follow takes what was met before the frame of packet time now.
func (e *embedded) follow(now int64) {
	if e.src == nil {
		return
	}
	for all := e.src.Secrets(); e.seen < len(all); e.seen++ {
		e.add(&all[e.seen], now)
	}
}

func (e *embedded) add(s *capture.Secret, from int64) {
	if s.Type != capture.SecretsTLS {
		return
	}
	log := tls.NewLog(e.keys, from)
	_, _ = log.Write(s.Data) // never fails
	log.Flush()
}
