package tls

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
)

// maxLine is the longest line of a key log that is read, in bytes; those with a
// meaning have at most 200.
const maxLine = 512

// Log reads one key log in the form of NSS, in parts of any size. A line counts
// once its end was given, so that one being written is waited for.
type Log struct {
	keys *Keys
	from int64
	line []byte // the line that is not over yet
	over bool   // it is too long
}

// NewLog returns a reader whose secrets go to k and are known from the packet time
// from on; Always for all times.
func NewLog(k *Keys, from int64) *Log { return &Log{keys: k, from: from} }

// Write reads the next part. It never fails and retains nothing of p.
func (l *Log) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			l.keep(p)
			break
		}
		if len(l.line) == 0 && end <= maxLine {
			l.keys.line(p[:end], l.from)
		} else {
			l.keep(p[:end])
			l.Flush()
		}
		p = p[end+1:]
	}
	return n, nil
}

// keep adds b to the unfinished line.
func (l *Log) keep(b []byte) {
	if len(l.line)+len(b) > maxLine {
		l.over = true
		b = b[:maxLine-len(l.line)]
	}
	l.line = append(l.line, b...)
}

// Flush reads the unfinished line as one: the log has ended.
func (l *Log) Flush() {
	if len(l.line) == 0 {
		return
	}
	if l.over {
		l.keys.count(&l.keys.mu.stats.Malformed)
	} else {
		l.keys.line(l.line, l.from)
	}
	l.Drop()
}

// Drop forgets the unfinished line: the log was truncated.
func (l *Log) Drop() { l.line, l.over = l.line[:0], false }

// Format writes that there is nothing to see, whatever the verb.
func (l *Log) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

func (k *Keys) count(n *uint64) {
	k.mu.Lock()
	*n++
	k.mu.Unlock()
}

// labelOf returns the label of a word, 0 for those that are not needed; known is
// false for words that no key log has.
func labelOf(word []byte) (l label, known bool) {
	switch string(word) {
	case "CLIENT_RANDOM":
		return masterSecret, true
	case "CLIENT_EARLY_TRAFFIC_SECRET":
		return clientEarly, true
	case "CLIENT_HANDSHAKE_TRAFFIC_SECRET":
		return clientHandshake, true
	case "SERVER_HANDSHAKE_TRAFFIC_SECRET":
		return serverHandshake, true
	case "CLIENT_TRAFFIC_SECRET_0":
		return clientTraffic, true
	case "SERVER_TRAFFIC_SECRET_0":
		return serverTraffic, true
	case "EXPORTER_SECRET", "EARLY_EXPORTER_SECRET", "EARLY_EXPORTER_MASTER_SECRET", "ECH_SECRET", "ECH_CONFIG":
		return 0, true
	}
	return 0, bytes.HasPrefix(word, []byte("QUIC_"))
}

// line reads one line: a label, a name, a secret, with a space between.
func (k *Keys) line(b []byte, from int64) {
	b = bytes.TrimSpace(b)
	if len(b) == 0 || b[0] == '#' {
		k.count(&k.mu.stats.Ignored)
		return
	}
	word, rest, _ := bytes.Cut(b, []byte(" "))
	if string(word) == "RSA" {
		k.oldLine(rest, from)
		return
	}
	l, known := labelOf(word)
	if known && l == 0 {
		k.count(&k.mu.stats.Ignored)
		return
	}
	name, value, ok := bytes.Cut(rest, []byte(" "))
	var id secretID
	var buf [48]byte
	n := unhex(buf[:], value)
	if !known || !ok || len(b) > maxLine || unhex(id.name[:], name) != 32 || n != 48 && (l == masterSecret || n != 32) {
		k.count(&k.mu.stats.Malformed)
		return
	}
	id.label = l
	k.add(id, buf[:n], from)
}

// oldLine reads what follows "RSA": a session id with its master secret, or the first
// 8 bytes of an encrypted premaster secret with the premaster secret.
func (k *Keys) oldLine(b []byte, from int64) {
	name, value, _ := bytes.Cut(b, []byte(" "))
	id := secretID{label: premaster}
	want := 8
	if rest, ok := bytes.CutPrefix(name, []byte("Session-ID:")); ok {
		name, id.label = rest, sessionMaster
		value, _ = bytes.CutPrefix(value, []byte("Master-Key:"))
		want = len(name) / 2
	}
	var buf [48]byte
	if got := unhex(id.name[:], name); got == 0 || got != want || unhex(buf[:], value) != 48 {
		k.count(&k.mu.stats.Malformed)
		return
	}
	k.add(id, buf[:], from)
}

// unhex decodes src into dst and returns the number of bytes, 0 when src is no
// hexadecimal text that fits.
func unhex(dst, src []byte) int {
	if len(src)%2 != 0 || len(src) > 2*len(dst) {
		return 0
	}
	n, err := hex.Decode(dst, src)
	if err != nil {
		return 0
	}
	return n
}
