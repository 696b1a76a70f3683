package sensor

import (
	"testing"

	"wirecensus/reassembly"
	"wirecensus/schemas"
	"wirecensus/sensor/publish"
	"wirecensus/sensor/tls"
)

// TestSurvive: a connection that panics is nowhere in its shard afterwards, however it was being
// read, and the others are read on.
func TestSurvive(t *testing.T) {
	keys := tls.NewKeys(true, 0)
	newOne := func() (*shard, *conn) {
		s := newShard(Config{Progress: new(Progress), Keys: keys}, []byte("k"), 1, publish.Func(func(*schemas.Call) {}))
		tcp := new(reassembly.Conn)
		s.event(&reassembly.Event{Kind: reassembly.Open, Conn: tcp})
		hello := "\x16\x03\x01\x00\x30\x01\x00\x00\x40" // the rest of the message does not come
		for _, dir := range []reassembly.Dir{reassembly.Orig, reassembly.Resp} {
			s.event(&reassembly.Event{Kind: reassembly.Data, Conn: tcp, Dir: dir, Data: append([]byte(hello), make([]byte, 0x2c)...)})
		}
		c := tcp.User.(*conn)
		if c.watch == nil || s.handshakes.oldest == nil || s.handshakes.held == 0 {
			t.Fatal("no handshake is being read")
		}
		c.startParser(s)
		c.mode = asHTTP1
		return s, c
	}
	for name, do := range map[string]func(*shard, *conn){
		"data": func(s *shard, c *conn) {
			c.sec, c.h1 = nil, nil // reading on is impossible
			s.event(&reassembly.Event{Kind: reassembly.Data, Conn: c.tcp, Data: []byte("x")})
		},
		"lingering": func(s *shard, c *conn) {
			c.pair, c.gone = nil, true // ending is impossible
			s.waiting = append(s.waiting, c)
			c.waitAt = len(s.waiting)
			s.buryAll()
		},
	} {
		s, c := newOne()
		do(s, c)
		if s.books.panics != 1 || s.handshakes.oldest != nil || s.handshakes.held != 0 || c.sec != nil {
			t.Errorf("%s: %d panics, %d bytes of handshakes held, decrypting %v", name, s.books.panics, s.handshakes.held, c.sec != nil)
		}
		for _, w := range s.waiting {
			if w != nil {
				t.Errorf("%s: it still waits for secrets", name)
			}
		}
		tcp := new(reassembly.Conn)
		s.event(&reassembly.Event{Kind: reassembly.Open, Conn: tcp})
		s.event(&reassembly.Event{Kind: reassembly.Data, Conn: tcp, Data: []byte("SSH-2.0-x\r\n")})
		s.event(&reassembly.Event{Kind: reassembly.Close, Conn: tcp})
		if s.books.opaque["ssh"] != 1 {
			t.Errorf("%s: the next connection is %v", name, s.books.opaque)
		}
	}
}
