package http1

import (
	"bytes"
	"math"

	"wirecensus/sensor/message"
)

// lengthState says what the Content-Length fields of a head amount to.
type lengthState uint8

const (
	noLength  lengthState = iota
	oneLength             // facts.length is valid
	badLength             // contradictory or malformed
)

// codingState says what the Transfer-Encoding fields of a head amount to.
type codingState uint8

const (
	noCoding      codingState = iota
	chunkedCoding             // chunked is the last coding
	otherCoding               // a known coding is last, not chunked
	badCoding                 // unknown coding, or something after chunked
)

// facts are what a head says about framing, connection and host.
type facts struct {
	odd     message.Anomalies
	lengths lengthState
	length  int64
	coding  codingState
	teLines int  // Transfer-Encoding fields
	cut     bool // the head is not whole
	close   bool
	upgrade bool
	expect  bool
	hosts   int
	host    []byte // first Host value
}

// field folds one field into f.
func (f *facts) field(fd *message.Field) {
	if fd.Value == nil {
		return // a line without a colon
	}
	switch len(fd.Name) {
	case len("host"):
		if message.EqualFold(fd.Name, "host") {
			if f.hosts++; f.hosts == 1 {
				f.host = fd.Value
			}
		}
	case len("expect"):
		if message.EqualFold(fd.Name, "expect") {
			f.expect = true
		}
	case len("upgrade"):
		if message.EqualFold(fd.Name, "upgrade") {
			f.upgrade = true
		}
	case len("connection"):
		if message.EqualFold(fd.Name, "connection") {
			f.connection(fd.Value)
		}
	case len("content-length"):
		if message.EqualFold(fd.Name, "content-length") {
			f.contentLength(fd.Value)
		}
	case len("transfer-encoding"):
		if message.EqualFold(fd.Name, "transfer-encoding") {
			f.transferEncoding(fd.Value)
		}
	}
}

// connection looks for the option close, RFC 9112, Section 9.6.
func (f *facts) connection(v []byte) {
	for len(v) > 0 {
		var item []byte
		item, v, _ = cutComma(v)
		if message.EqualFold(trimOWS(item), "close") {
			f.close = true
		}
	}
}

// cutComma cuts v at its first comma.
func cutComma(v []byte) (item, rest []byte, found bool) {
	if i := bytes.IndexByte(v, ','); i >= 0 {
		return v[:i], v[i+1:], true
	}
	return v, nil, false
}

// contentLength folds a Content-Length value, RFC 9110, Section 8.6: a list of
// one repeated number is that number; anything else is no length.
func (f *facts) contentLength(v []byte) {
	for again := true; again; {
		var item []byte
		item, v, again = cutComma(v)
		n, ok := f.number(trimOWS(item))
		switch {
		case !ok, f.lengths == badLength, f.lengths == oneLength && n != f.length:
			f.lengths = badLength
			f.odd = f.odd.With(message.CLBad)
			return
		case f.lengths == oneLength:
			f.odd = f.odd.With(message.CLDup)
		}
		f.lengths, f.length = oneLength, n
	}
}

// number reads 1*DIGIT below 2^63.
func (f *facts) number(b []byte) (n int64, ok bool) {
	if len(b) > 1 && b[0] == '0' {
		f.odd = f.odd.With(message.CLZeros)
	}
	for _, c := range b {
		if c < '0' || c > '9' || n > (math.MaxInt64-9)/10 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, len(b) > 0
}

// transferEncoding folds a Transfer-Encoding value, RFC 9112, Section 6.1. Lines join to one list.
func (f *facts) transferEncoding(v []byte) {
	if f.teLines++; f.teLines > 1 {
		f.odd = f.odd.With(message.TEMulti)
	}
	for again := true; again; {
		var item []byte
		item, v, again = cutComma(v)
		item = trimOWS(item)
		switch {
		case len(item) == 0:
		case message.EqualFold(item, "chunked"):
			if f.coding == chunkedCoding {
				f.odd = f.odd.With(message.TEMulti)
			}
			if f.coding != badCoding {
				f.coding = chunkedCoding
			}
		case message.EqualFold(item, "identity"):
			// RFC 2616, Section 3.6, withdrawn since: it codes nothing.
			f.odd = f.odd.With(message.TEMulti)
		case f.coding == noCoding || f.coding == otherCoding:
			f.coding = otherCoding
			if !knownCoding(item) {
				f.coding = badCoding
			}
		default:
			f.coding = badCoding // something after chunked
		}
	}
	if f.coding == badCoding {
		f.odd = f.odd.With(message.TEBad)
	}
}

// knownCoding reports whether b is a registered transfer coding other than chunked.
func knownCoding(b []byte) bool {
	for _, s := range [...]string{"gzip", "x-gzip", "deflate", "compress", "x-compress"} {
		if message.EqualFold(b, s) {
			return true
		}
	}
	return false
}

// framing says how a message's content is delimited.
type framing uint8

const (
	noContent  framing = iota
	tunnel             // no content, and the connection stops being HTTP
	chunked            // RFC 9112, Section 7.1
	fixed              // facts.length bytes
	untilClose         // the rest of the stream
	unknown            // cannot be told: look for the next message
)

// bodyFraming decides how the content after a head is delimited, in the order
// of RFC 9112, Section 6.3. answered is the kind of the request that a response
// answers. The result is what most receivers would do; every reading that
// another receiver could differ in is flagged in f.odd (docs/http1.md).
func bodyFraming(f *facts, h *message.Header, answered kind) framing {
	switch s := h.Status; {
	case h.Version == "0.9" && !h.Request: // RFC 1945, Section 6
		return untilClose
	case h.Version == "0.9":
		return noContent
	case h.Request:
	case s == 101: // RFC 9110, Section 7.8
		return tunnel
	case answered == connectRequest && 200 <= s && s < 300: // rule 2, before rule 1 for 204
		return tunnel
	case answered == headRequest, 100 <= s && s < 200, s == 204, s == 304: // rule 1
		return noContent
	}
	if f.coding != noCoding {
		if f.lengths != noLength { // rule 3: Transfer-Encoding overrides
			f.odd = f.odd.With(message.TECL)
		}
		if h.Version == "1.0" { // RFC 9112, Section 6.1
			f.odd = f.odd.With(message.TEHTTP10)
			f.close = true
		}
		switch { // rule 4
		case f.coding == chunkedCoding:
			return chunked
		case h.Request:
			f.odd = f.odd.With(message.TEBad)
			return unknown
		}
		return untilClose
	}
	switch {
	case f.lengths == badLength: // rule 5
		return unknown
	case f.lengths == oneLength: // rule 6
		return fixed
	case h.Request: // rule 7
		return noContent
	}
	return untilClose // rule 8
}

// hostFacts flags a missing Host field and hosts that differ, RFC 9112, Sections 3.2 and 3.2.2.
func hostFacts(f *facts, h *message.Header) {
	if f.hosts > 1 {
		f.odd = f.odd.With(message.HostConflict)
	}
	if f.hosts == 0 && h.Version == "1.1" {
		f.odd = f.odd.With(message.NoHost)
	}
	if a, port := authority(h.Target); a != nil && f.hosts > 0 && !sameHost(a, f.host, port) {
		f.odd = f.odd.With(message.HostConflict)
	}
}

// authority returns the authority of an absolute-form target without userinfo,
// and its scheme's default port with a colon; nil for the other forms.
func authority(target []byte) (a []byte, port string) {
	if len(target) == 0 || target[0] == '/' {
		return nil, ""
	}
	i := bytes.Index(target, []byte("://"))
	switch {
	case i == 4 && message.EqualFold(target[:4], "http"):
		port = ":80"
	case i == 5 && message.EqualFold(target[:5], "https"):
		port = ":443"
	default:
		return nil, ""
	}
	a = target[i+3:]
	if e := bytes.IndexAny(a, "/?#"); e >= 0 {
		a = a[:e]
	}
	if u := bytes.LastIndexByte(a, '@'); u >= 0 {
		a = a[u+1:]
	}
	return a, port
}

// hostDigest returns the FNV-1a digest of host in lower case, 0 for none.
func hostDigest(host []byte) uint64 {
	if len(host) == 0 {
		return 0
	}
	d := uint64(14695981039346656037)
	for _, b := range host {
		if 'A' <= b && b <= 'Z' {
			b |= 0x20
		}
		d = (d ^ uint64(b)) * 1099511628211
	}
	return d
}

// sameHost compares two authorities, ignoring case and the default port.
func sameHost(a, b []byte, port string) bool {
	a = bytes.TrimSuffix(a, []byte(port))
	b = bytes.TrimSuffix(b, []byte(port))
	return bytes.EqualFold(a, b)
}
