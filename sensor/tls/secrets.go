package tls

import "crypto/sha256"

// answer says whether a record can be opened.
type answer uint8

const (
	ready answer = iota
	wait         // not yet
	never
)

// need says whether the next encrypted record of h can be opened.
func (c *Conn) need(h *half) answer {
	hd := &c.hand
	if !hd.haveClient {
		return wait
	}
	version := c.version()
	if version == 0 {
		if h.dir != hd.client && !h.layer.on && !c.serverGone() {
			return ready // to read the ServerHello
		}
		if hd.haveServer || !c.serverGone() {
			return wait
		}
		return c.later()
	}
	if version < version13 {
		return c.need12(h)
	}
	if hd.haveServer && !hd.known {
		return never
	}
	if h.dir == hd.client && hd.early == earlyOffered {
		server := &c.halves[hd.client.Other()]
		if !server.ended && !server.dead && !server.passing && !h.passing && !server.hs.lost {
			return wait
		}
		hd.early = earlyUnknown
	}
	c.enter(h)
	l := &h.layer
	for stage := l.stage; stage <= l.last(); stage++ {
		if len(c.openers(h, stage)) > 0 {
			return ready
		}
	}
	if l.stage > stageApplication {
		return never
	}
	return c.later()
}

// later says whether secrets may still come.
func (c *Conn) later() answer {
	if c.pool.keys.mayCome(c.now) {
		return wait
	}
	return never
}

// need12 is need for TLS 1.2 and below.
func (c *Conn) need12(h *half) answer {
	hd, keys := &c.hand, c.pool.keys
	if len(h.layer.ops) > 0 {
		return ready
	}
	switch {
	case !hd.haveServer && c.serverGone():
		return never
	case !hd.haveServer:
		return wait
	case !hd.known:
		return never
	}
	if c.derive() {
		return ready
	}
	client := &c.halves[hd.client]
	if (keys.HasPrivate() || keys.odd.Load()) && !hd.tried && !client.ended && !client.hs.lost {
		return wait // for the key exchange
	}
	return c.later()
}

// version returns the version of the connection, 0 while it is not known. Without a
// ServerHello the kind of secrets tells.
func (c *Conn) version() uint16 {
	hd, keys := &c.hand, c.pool.keys
	if hd.version != 0 || !hd.haveClient {
		return hd.version
	}
	if c.serverGone() {
		if keys.get(hd.clientRandom, clientTraffic, c.now) != nil || keys.get(hd.clientRandom, serverTraffic, c.now) != nil {
			return version13
		}
	}
	return 0
}

// serverGone reports whether the ServerHello, which was not seen, cannot come any more.
func (c *Conn) serverGone() bool {
	server := &c.halves[c.hand.client.Other()]
	return c.hand.serverLost || server.hs.lost || server.ended
}

// enter begins encryption in TLS 1.3: there every record of type 23 is encrypted.
func (c *Conn) enter(h *half) {
	l := &h.layer
	if l.v13 {
		return
	}
	l.v13, l.on, l.stage = true, true, stageHandshake
	if l.losing {
		l.lostStage = stageHandshake
	}
	if h.dir == c.hand.client && c.hand.early == earlyAccepted {
		l.stage = stageEarly
	}
}

// last returns the last stage that the next record can be of.
func (l *layer) last() int {
	if !l.v13 {
		return l.stage + 1
	}
	if l.stage < stageApplication {
		return stageApplication
	}
	return l.stage + 1
}

// openers returns the candidates for a stage of h, none when their secret is not there.
func (c *Conn) openers(h *half, stage int) []opener {
	l := &h.layer
	if stage == l.stage && len(l.ops) > 0 {
		return l.ops
	}
	if !l.v13 {
		if stage > 0 && stage == c.hand.generation && c.derive() {
			return []opener{c.hand.keys[c.side(h)]}
		}
		return nil
	}
	if stage > stageApplication {
		if l.stage < stageApplication || l.secret == nil {
			return nil
		}
		if stage == l.stage {
			return l.ops
		}
		if l.next == nil {
			l.next = []opener{opener13(c.hand.suite, c.updated(l.secret))}
		}
		return l.next
	}
	if l.built[stage] == nil {
		l.built[stage] = c.build(h, stage)
	}
	return l.built[stage]
}

// updated is the traffic secret after a KeyUpdate, RFC 8446, Section 7.2.
func (c *Conn) updated(secret []byte) []byte {
	h := c.hand.suite.prf
	return expandLabel(h, secret, "traffic upd", h.Size())
}

// side is 0 for the client and 1 for the server.
func (c *Conn) side(h *half) int {
	if h.dir == c.hand.client {
		return 0
	}
	return 1
}

// labels are those of the stages of client and server.
var labels = [2][stageApplication + 1]label{
	{clientEarly, clientHandshake, clientTraffic},
	{0, serverHandshake, serverTraffic},
}

// build makes the openers of a stage of TLS 1.3: one, or one for each suite that is
// possible when the ServerHello was not seen.
func (c *Conn) build(h *half, stage int) []opener {
	secret := c.pool.keys.get(c.hand.clientRandom, labels[c.side(h)][stage], c.now)
	if secret == nil {
		return nil
	}
	if stage == stageApplication {
		h.layer.secret = secret
	}
	possible := []suite{c.hand.suite}
	if !c.hand.known {
		possible = suites13(len(secret))
	} else if c.hand.suite.prf.Size() != len(secret) {
		return nil
	}
	var out []opener
	for _, s := range possible {
		out = append(out, opener13(s, secret))
	}
	return out
}

// derive makes the keys of TLS 1.2 and below and reports whether they are there.
func (c *Conn) derive() bool {
	hd := &c.hand
	if hd.keys[0] != nil {
		return true
	}
	if !hd.haveServer || !hd.known {
		return false
	}
	master := c.master()
	if master == nil {
		return false
	}
	hd.keys = openers(hd.version, hd.suite, hd.etm, master, hd.clientRandom[:], hd.serverRandom[:])
	return true
}

// master finds the master secret, nil when it is not there.
func (c *Conn) master() []byte {
	hd, keys := &c.hand, c.pool.keys
	if hd.master != nil {
		return hd.master
	}
	if m := keys.get(hd.clientRandom, masterSecret, c.now); m != nil {
		return m
	}
	if keys.odd.Load() && len(hd.serverID) > 0 {
		var name [32]byte
		copy(name[:], hd.serverID)
		if m := keys.get(name, sessionMaster, c.now); m != nil {
			return m
		}
	}
	if hd.sealed == nil {
		if server := &c.halves[hd.client.Other()]; server.layer.on && !hd.serverDone {
			hd.master = c.resumed()
		}
		return hd.master
	}
	if hd.tried || hd.ems && !hd.serverDone {
		return nil
	}
	pre := c.premaster()
	hd.tried = !keys.live
	if pre == nil {
		return nil
	}
	var session []byte
	if hd.ems {
		session = hd.sessionHash()
	}
	hd.tried = true
	hd.master = masterOf(hd.version, hd.suite.prf, pre, hd.clientRandom[:], hd.serverRandom[:], session)
	c.remember()
	return hd.master
}

// premaster opens the encrypted premaster secret.
func (c *Conn) premaster() []byte {
	hd, keys := &c.hand, c.pool.keys
	if len(hd.sealed) >= 8 {
		var name [32]byte
		copy(name[:], hd.sealed[:8])
		if p := keys.get(name, premaster, c.now); p != nil {
			return p
		}
	}
	if hd.tried {
		return nil
	}
	return unwrap(keys.private(), hd.cert, hd.sealed)
}

// session returns the name of the session with this id or ticket.
func (c *Conn) session(id []byte) session {
	client, server := c.tcp.Flow.Src, c.tcp.Flow.Dst
	if c.hand.client != 0 {
		client, server = server, client
	}
	client.Port, server.Port = 0, 0
	return session{client, server, sha256.Sum256(id)}
}

// remember keeps the master secret, found with a private key, for resumptions.
func (c *Conn) remember() {
	hd := &c.hand
	for _, id := range [][]byte{hd.serverID, hd.newTicket} {
		if len(id) > 0 && hd.master != nil {
			c.pool.remember(c.session(id), hd.master)
		}
	}
}

// resumed finds the master secret of the session that is resumed, RFC 5246, Section
// 7.3, and RFC 5077.
func (c *Conn) resumed() []byte {
	for _, id := range [][]byte{c.hand.clientID, c.hand.ticket} {
		if len(id) == 0 {
			continue
		}
		if m := c.pool.recall(c.session(id)); m != nil {
			return m
		}
	}
	return nil
}
