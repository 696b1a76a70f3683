package normalize

import (
	"bytes"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// maxPath is the length in bytes at which a path is cut, maxWords the number of
// literal segments remembered.
const (
	maxPath  = 2048
	maxWords = 4096
	// maxPathIDs bounds the segments that have a digest; the rest of maxIDs is for bodies.
	maxPathIDs = 24
	// maxIdent is the length in bytes of the longest identifier that has a digest.
	maxIdent = 256
)

// path0 sets the path: as sent, with every segment of a sensitive class written
// {class} and bytes that no path has percent-encoded, and takes digests of the
// segments that look like values.
func (n *Normalizer) path0(c *schemas.Call, p []byte) {
	n.at = place{in: "request.path"}
	dst := n.tmp[:0]
	key, pos := keyNone, 0
	for i := 0; i < len(p) && len(dst) < maxPath; {
		if p[i] == '/' {
			dst = append(dst, '/')
			i++
			continue
		}
		end := bytes.IndexByte(p[i:], '/')
		if end < 0 {
			end = len(p) - i
		}
		seg := p[i : i+end]
		dst, key = n.segment(dst, seg, key, pos)
		if n.rpc.answered() {
			key = keyNone // the words of a name say nothing of the next one
		}
		i += end
		pos++
	}
	n.tmp = dst
	// One allocation for both.
	n.idPath = append(append(n.idPath[:0], n.id[:]...), cutPath(dst)...)
	text := string(n.idPath)
	c.ID, c.Path = text[:len(n.id)], text[len(n.id):]
}

// cutPath cuts p at the limit, not inside a percent-encoding or a placeholder.
func cutPath(p []byte) []byte {
	if len(p) <= maxPath {
		return p
	}
	p = p[:maxPath]
	for k := 1; k <= 2; k++ {
		if p[maxPath-k] == '%' {
			return append(p[:maxPath-k], "__"[:k]...)
		}
	}
	if open := bytes.LastIndexByte(p, '{'); open > bytes.LastIndexByte(p, '}') {
		for i := open; i < len(p); i++ {
			p[i] = '_'
		}
	}
	return p
}

// segment appends one path segment and returns the class that it, as a word,
// gives to the next one.
func (n *Normalizer) segment(dst, seg []byte, key keyClass, pos int) ([]byte, keyClass) {
	semi := bytes.IndexByte(seg, ';')
	if semi >= 0 {
		dst, key = n.segment(dst, seg[:semi], key, pos)
		return n.matrix(dst, seg[semi+1:]), key
	}
	if key == keyNone {
		if w, ok := n.words[string(seg)]; ok {
			n.addPathID(pos, w.digest)
			n.route = (n.route ^ w.digest) * 0x9E3779B97F4A7C15
			return append(dst, seg...), w.next
		}
	}
	v := n.decode(seg)
	f := shape.Classify(v)
	if f == shape.PathRef {
		f = shape.None
	}
	if key == keyPassword && f != shape.Token && f != shape.None || key != keyPassword || len(v) >= 16 {
		d := judge(key, keyNone, f, false, v)
		if d.class == "" && len(v) >= 15 && embeddedCard(v) {
			d = valid(classCard)
		}
		if d.class != "" {
			n.note(d, segmentName(pos))
			return append(dst, placeholderOf(d.class)...), keyNone
		}
	}
	next := segmentKey(f, v)
	if len(v) > maxIdent {
		return appendSegment(dst, seg), next
	}
	d := n.digests.of(domainID, v)
	n.addPathID(pos, d)
	if f == shape.Token && countDigits(seg) <= 1 && len(seg) <= 24 {
		if len(n.words) >= maxWords {
			clear(n.words)
		}
		n.words[string(seg)] = pathWord{next: next, digest: d}
	}
	return appendSegment(dst, seg), next
}

// pathWord is what is known of a literal segment.
type pathWord struct {
	next   keyClass // what it says of the next segment
	digest uint64
}

// matrix appends the parameters of a segment (RFC 3986, Section 3.3).
func (n *Normalizer) matrix(dst, params []byte) []byte {
	for more := true; more; {
		var p []byte
		p, params = cutByte(params, ';')
		more = params != nil
		name, val := cutByte(p, '=')
		dst = appendSegment(append(dst, ';'), name)
		if val == nil {
			continue
		}
		dst = append(dst, '=')
		v := n.decode(val)
		if d := judge(classOf(hintOf(name)), keyNone, shape.Classify(v), false, v); d.class != "" {
			n.note(d, n.safeName(name))
			dst = append(dst, placeholderOf(d.class)...)
		} else {
			dst = appendSegment(dst, val)
		}
	}
	return dst
}

// segmentKey returns the class that a literal segment gives to the next one.
func segmentKey(f shape.Format, v []byte) keyClass {
	if f != shape.Token && f != shape.None {
		return keyNone
	}
	switch k := classOf(hintOf(v)); k {
	case keySecret, keyClientSecret, keyCard, keyIBAN, keyAccount, keyEmail, keyPhone, keySSN, keyNational, keyPassport:
		return k
	case keyPassword:
		return keySecret // /reset-password/<token>
	case keyPayment:
		return keyCard
	}
	switch string(v) {
	case "reset", "verify", "confirm", "activate", "invite", "invitation", "unsubscribe", "magic", "magic-link", "magiclink", "verification", "confirmation", "activation",
		"reset-password", "password-reset", "verify-email", "confirm-email", "share", "shared", "webhook", "webhooks", "hook", "hooks", "tokens", "sessions", "secrets":
		return keySecret
	case "cards":
		return keyCard
	case "ibans":
		return keyIBAN
	}
	return keyNone
}

// addPathID records the digest of the segment at pos. Words have one too: whether a
// word names an object or a route is known only when it comes up in a body.
func (n *Normalizer) addPathID(pos int, digest uint64) {
	if pos < maxPathIDs {
		n.ids = append(n.ids, schemas.Ident{In: "path", Pos: pos, Digest: digest})
	}
}

// segmentNames are the places of findings in paths.
const segmentNames = "0123456789"

// segmentName returns the index of a segment as text; the tenth and later are "9+".
func segmentName(pos int) string {
	if pos > 8 {
		return "9+"
	}
	return segmentNames[pos : pos+1]
}

// decode returns seg with percent-encoding resolved, valid until the next call;
// invalid encodings stay.
func (n *Normalizer) decode(seg []byte) []byte {
	if bytes.IndexByte(seg, '%') < 0 {
		return seg
	}
	n.seg = appendUnescaped(n.seg[:0], seg, false)
	return n.seg
}

// appendUnescaped appends s with percent-encoding, and + for a space if plus, resolved.
func appendUnescaped(dst, s []byte, plus bool) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) {
			hi, lo := unhex(s[i+1]), unhex(s[i+2])
			if hi < 16 && lo < 16 {
				dst = append(dst, hi<<4|lo)
				i += 2
				continue
			}
		}
		if c == '+' && plus {
			c = ' '
		}
		dst = append(dst, c)
	}
	return dst
}

func unhex(c byte) byte {
	switch {
	case c-'0' < 10:
		return c - '0'
	case c|0x20-'a' < 6:
		return c | 0x20 - 'a' + 10
	}
	return 0xff
}

// appendSegment appends seg; bytes that a path cannot have (RFC 3986, Section 3.3) are
// percent-encoded, braces among them, so that a placeholder cannot be forged.
func appendSegment(dst, seg []byte) []byte {
	for _, c := range seg {
		switch {
		case c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\\' || c == '^' || c == '`' || c == '{' || c == '|' || c == '}' || c == '#' || c == '?':
			dst = appendPercent(dst, c)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
