package http1

import "bytes"

// Verdict answers whether bytes belong to a protocol.
type Verdict uint8

// Verdicts.
const (
	NoMatch Verdict = iota
	NeedMore
	Match
)

// ProbeLen is the number of bytes after which Probe no longer answers NeedMore.
const ProbeLen = 1024

// preface is the client connection preface of HTTP/2, RFC 9113, Section 3.4.
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// methods are the registered methods that are common enough to be looked for in
// the middle of a stream, with their SP.
var methods = [...]string{
	"GET ", "POST ", "PUT ", "DELETE ", "HEAD ", "OPTIONS ", "PATCH ", "CONNECT ", "TRACE ", "QUERY ",
	"PROPFIND ", "PROPPATCH ", "MKCOL ", "COPY ", "MOVE ", "LOCK ", "UNLOCK ", "REPORT ", "SEARCH ", "PURGE ", "MERGE ", "SUBSCRIBE ",
	"UNSUBSCRIBE ", "NOTIFY ", "M-SEARCH ", "CHECKOUT ", "MKACTIVITY ", "LINK ", "UNLINK ", "VIEW ", "RPC_IN_DATA ", "RPC_OUT_DATA ",
}

// IsHTTP2Preface reports whether data, the first bytes of a stream, is the
// HTTP/2 connection preface or its beginning.
func IsHTTP2Preface(data []byte) Verdict { return hasPrefix(data, preface) }

// hasPrefix compares as much of p as data has.
func hasPrefix(data []byte, p string) Verdict {
	if len(data) >= len(p) {
		if string(data[:len(p)]) == p {
			return Match
		}
		return NoMatch
	}
	if string(data) == p[:len(data)] {
		return NeedMore
	}
	return NoMatch
}

// Probe says whether data, the first bytes of a stream, begins an HTTP/1
// request or response. The port does not matter. Of an HTTP/2 preface it says
// NoMatch: see IsHTTP2Preface.
func Probe(data []byte) Verdict {
	for len(data) > 0 && (data[0] == '\r' || data[0] == '\n') {
		data = data[1:] // RFC 9112, Section 2.2
	}
	if len(data) == 0 {
		return NeedMore
	}
	if v := plausible(data, expectResponse); v != NoMatch {
		return v
	}
	if hasPrefix(data, "PRI * HTTP/2") != NoMatch {
		if len(data) < len("PRI * HTTP/2") {
			return NeedMore
		}
		return NoMatch
	}
	return probeRequest(data)
}

// probeRequest looks for METHOD SP target SP HTTP/1.x, any token as method, or
// the GET of HTTP/0.9.
func probeRequest(data []byte) Verdict {
	end := bytes.IndexByte(data, '\n')
	line := data
	if end >= 0 {
		line, _ = cutEOL(data[:end+1])
	}
	sp := bytes.IndexByte(line, ' ')
	if sp < 0 {
		if end < 0 && isToken(line) && len(line) <= 64 {
			return NeedMore
		}
		return NoMatch
	}
	if sp == 0 || sp > 64 || !isToken(line[:sp]) {
		return NoMatch
	}
	rest := line[sp+1:]
	if end < 0 {
		rest = bytes.TrimSuffix(rest, []byte{'\r'})
	}
	for _, b := range rest {
		if b < ' ' && b != '\t' || b == 0x7f {
			return NoMatch
		}
	}
	if end < 0 {
		if len(data) < ProbeLen {
			return NeedMore
		}
		// A long target: take it when method and form leave no doubt.
		if known(data) != Match || len(rest) == 0 || rest[0] != '/' && hasPrefix(rest, "http://") != Match && hasPrefix(rest, "https://") != Match {
			return NoMatch
		}
		return Match
	}
	if last := bytes.LastIndexByte(rest, ' '); last > 0 && version(rest[last+1:]) != "" {
		return Match
	}
	if string(line[:sp]) == "GET" && len(rest) > 0 && rest[0] == '/' && bytes.IndexByte(rest, ' ') < 0 {
		return Match // HTTP/0.9
	}
	return NoMatch
}

// isMethod reports whether b is a method of the table.
func isMethod(b []byte) bool {
	for _, m := range methods {
		if string(b) == m[:len(m)-1] {
			return true
		}
	}
	return false
}

// known says whether data begins with a method of the table and a space.
func known(data []byte) Verdict {
	v := NoMatch
	for i := range methods {
		switch hasPrefix(data, methods[i]) {
		case Match:
			return Match
		case NeedMore:
			v = NeedMore
		}
	}
	return v
}

// expected says which kinds of message may begin somewhere.
type expected uint8

const (
	expectRequest  expected = 1
	expectResponse expected = 2
	expectAny               = expectRequest | expectResponse
	expectOdd      expected = 4 // white space round and in a request's target is allowed
)

// plausible says, strictly, whether data begins a message: a known method, a
// target, HTTP/1.x and a line end; or HTTP/1.x and a status.
func plausible(data []byte, what expected) Verdict {
	for len(data) > 0 && (data[0] == '\r' || data[0] == '\n') {
		data = data[1:]
	}
	if len(data) == 0 {
		return NeedMore
	}
	v := NoMatch
	if what&expectResponse != 0 {
		v = plausibleResponse(data)
	}
	if v == NoMatch && what&expectRequest != 0 {
		v = plausibleRequest(data, what&expectOdd != 0)
	}
	return v
}

// plausibleResponse looks for HTTP/1.x SP 3DIGIT and SP or a line end.
func plausibleResponse(data []byte) Verdict {
	const form = "HTTP/1.d ddd"
	for i := range len(form) {
		if i == len(data) {
			return NeedMore
		}
		switch b := data[i]; {
		case form[i] == 'd':
			if b < '0' || b > '9' {
				return NoMatch
			}
		case b != form[i]:
			return NoMatch
		}
	}
	if data[9] == '0' {
		return NoMatch
	}
	if len(data) == len(form) {
		return NeedMore
	}
	switch data[len(form)] {
	case ' ', '\r', '\n':
		return Match
	}
	return NoMatch
}

// plausibleRequest looks for a known method, a target of one of the four forms
// of RFC 9112, Section 3.2, and HTTP/1.x. When odd is true the target may have
// white space in and before it.
func plausibleRequest(data []byte, odd bool) Verdict {
	if v := known(data); v != Match {
		return v
	}
	sp := bytes.IndexByte(data, ' ')
	rest := data[sp+1:]
	if odd {
		rest = bytes.TrimLeft(rest, " \t")
	}
	if len(rest) == 0 {
		return NeedMore
	}
	if b := rest[0]; b != '/' && b != '*' && !('a' <= b|0x20 && b|0x20 <= 'z') && !('0' <= b && b <= '9') && b != '[' {
		return NoMatch
	}
	end := bytes.IndexByte(rest, '\n')
	if end < 0 {
		if targetSyntax(bytes.TrimSuffix(firstWord(rest), []byte{'\r'})) != 0 {
			return NoMatch
		}
		return NeedMore
	}
	line, _ := cutEOL(rest[:end+1])
	last := bytes.LastIndexByte(line, ' ')
	if last <= 0 || version(line[last+1:]) == "" || !odd && targetSyntax(line[:last]) != 0 || odd && hasControl(line) {
		return NoMatch
	}
	return Match
}

// hasControl reports whether b holds a control byte other than HTAB.
func hasControl(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return false
}

// firstWord returns b up to its first space.
func firstWord(b []byte) []byte {
	if i := bytes.IndexByte(b, ' '); i >= 0 {
		return b[:i]
	}
	return b
}
