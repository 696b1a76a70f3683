package http1

import (
	"bytes"

	"wirecensus/sensor/message"
)

// token marks the tchar bytes, RFC 9110, Section 5.6.2.
var token = [256]bool{
	'!': true, '#': true, '$': true, '%': true, '&': true, '\'': true, '*': true, '+': true, '-': true, '.': true, '^': true, '_': true,
	'`': true, '|': true, '~': true,
	'0': true, '1': true, '2': true, '3': true, '4': true, '5': true, '6': true, '7': true, '8': true, '9': true,
	'A': true, 'B': true, 'C': true, 'D': true, 'E': true, 'F': true, 'G': true, 'H': true, 'I': true, 'J': true, 'K': true, 'L': true, 'M': true,
	'N': true, 'O': true, 'P': true, 'Q': true, 'R': true, 'S': true, 'T': true, 'U': true, 'V': true, 'W': true, 'X': true, 'Y': true, 'Z': true,
	'a': true, 'b': true, 'c': true, 'd': true, 'e': true, 'f': true, 'g': true, 'h': true, 'i': true, 'j': true, 'k': true, 'l': true, 'm': true,
	'n': true, 'o': true, 'p': true, 'q': true, 'r': true, 's': true, 't': true, 'u': true, 'v': true, 'w': true, 'x': true, 'y': true, 'z': true,
}

// isToken reports whether b is a token.
func isToken(b []byte) bool {
	for _, c := range b {
		if !token[c] {
			return false
		}
	}
	return len(b) > 0
}

// version returns the version that b names ("HTTP/1.1" gives "1.1"), "" when it
// is not a version of HTTP/1.
func version(b []byte) string {
	if len(b) != 8 || string(b[:7]) != "HTTP/1." {
		return ""
	}
	switch c := b[7]; {
	case c == '1':
		return "1.1"
	case c == '0':
		return "1.0"
	case '2' <= c && c <= '9':
		// RFC 9110, Section 2.5: a higher minor version is read as the highest known.
		return "1.1"
	}
	return ""
}

// cutEOL returns line without its line end and the anomalies of the end.
func cutEOL(line []byte) ([]byte, message.Anomalies) {
	n := len(line)
	if n == 0 || line[n-1] != '\n' {
		return line, 0
	}
	if n > 1 && line[n-2] == '\r' {
		return line[:n-2], 0
	}
	return line[:n-1], message.Anomalies(0).With(message.BareLF)
}

// lineForm says how the start line of a message may look.
type lineForm struct {
	response bool
	simple   bool // HTTP/0.9 request lines are taken
	loose    bool // malformed lines are taken where their meaning is plain
}

// startLine reads the start line of a request or response into h and reports
// whether it is one.
func startLine(h *message.Header, line []byte, form lineForm) (message.Anomalies, bool) {
	line, odd := cutEOL(line)
	if !form.response {
		more, ok := requestLine(h, line, form)
		return odd | more, ok
	}
	if statusLine(h, line) {
		return odd, true
	}
	return odd.With(message.StatusLine), form.loose && looseStatusLine(h, line)
}

// statusLine reads a status-line, RFC 9112, Section 4.
func statusLine(h *message.Header, line []byte) bool {
	if len(line) < 12 || line[8] != ' ' {
		return false
	}
	v := version(line[:8])
	if v == "" || len(line) > 12 && line[12] != ' ' {
		return false
	}
	code := 0
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return false
		}
		code = code*10 + int(c-'0')
	}
	if code < 100 {
		return false
	}
	h.Version, h.Status = v, code
	if len(line) > 13 {
		h.Reason = line[13:]
	}
	return true
}

// looseStatusLine reads what clients are known to take for a status-line: HTTP/
// with any version, white space, and a number. The status is the number's first
// three digits after leading zeros, 0 when that is none.
func looseStatusLine(h *message.Header, line []byte) bool {
	if !bytes.HasPrefix(line, []byte("HTTP/")) {
		return false
	}
	i := bytes.IndexAny(line, " \t\r")
	if i < 0 || line[i] == '\r' {
		return false
	}
	if h.Version = version(line[:i]); h.Version == "" {
		h.Version = "1.1"
	}
	line = bytes.TrimLeft(bytes.TrimLeft(line[i:], " \t"), "0")
	code, digits := 0, 0
	for digits < min(3, len(line)) && '0' <= line[digits] && line[digits] <= '9' {
		code = code*10 + int(line[digits]-'0')
		digits++
	}
	if digits == 3 {
		h.Status = code
	}
	h.Reason = bytes.Trim(line[digits:], " \t\r\x00")
	return true
}

// requestLine reads a request-line, RFC 9112, Section 3. White space inside the
// target is kept and flagged: servers exist that accept it.
func requestLine(h *message.Header, line []byte, form lineForm) (odd message.Anomalies, ok bool) {
	sp := bytes.IndexByte(line, ' ')
	if sp < 0 && form.loose {
		return looseRequestLine(h, line, nil)
	}
	if sp <= 0 || !isToken(line[:sp]) {
		return 0, false
	}
	h.Request, h.Method = true, line[:sp]
	rest := line[sp+1:]
	if last := bytes.LastIndexByte(rest, ' '); last >= 0 {
		if h.Version = version(rest[last+1:]); h.Version != "" {
			h.Target = rest[:last]
		}
	}
	if h.Version == "" {
		// RFC 1945, Section 4.1: Simple-Request = "GET" SP Request-URI CRLF.
		if !form.simple || !simpleRequest(h.Method, rest) {
			if form.loose {
				return looseRequestLine(h, h.Method, rest)
			}
			return 0, false
		}
		h.Version, h.Target = "0.9", rest
		odd = odd.With(message.HTTP09)
	}
	trimmed := bytes.Trim(h.Target, " \t")
	if len(trimmed) != len(h.Target) {
		odd = odd.With(message.TargetSyntax)
		h.Target = trimmed
	}
	if len(h.Target) == 0 {
		return odd, false
	}
	return odd | targetSyntax(h.Target), true
}

// simpleRequest reports whether a request line without a version is one of
// HTTP/0.9, of which nothing follows.
func simpleRequest(method, target []byte) bool {
	return string(method) == "GET" && len(target) > 0 && target[0] == '/' &&
		bytes.IndexByte(target, ' ') < 0 && !bytes.HasSuffix(target, []byte("HTTP/1.1")) && !bytes.HasSuffix(target, []byte("HTTP/1.0"))
}

// looseRequestLine reads a request line without a valid version: METHOD,
// METHOD SP target, or METHOD SP target SP HTTP/ and anything. It only counts
// when fields follow. Servers answer such requests, some with success.
func looseRequestLine(h *message.Header, method, rest []byte) (odd message.Anomalies, ok bool) {
	if last := bytes.LastIndexByte(rest, ' '); last >= 0 {
		if !bytes.HasPrefix(rest[last+1:], []byte("HTTP/")) {
			return 0, false
		}
		rest = rest[:last]
	}
	if !isMethod(method) && (len(rest) == 0 || rest[0] != '/' || !upperToken(method)) {
		return 0, false
	}
	h.Request, h.Method, h.Target, h.Version = true, method, rest, "1.0"
	return targetSyntax(rest).With(message.RequestLine), true
}

// upperToken reports whether b is a token of at least three bytes without lower-case letters.
func upperToken(b []byte) bool {
	for _, c := range b {
		if 'a' <= c && c <= 'z' {
			return false
		}
	}
	return len(b) >= 3 && isToken(b)
}

// targetSyntax flags white space and control bytes in a target.
func targetSyntax(t []byte) message.Anomalies {
	for _, c := range t {
		if c <= ' ' || c == 0x7f {
			return message.Anomalies(0).With(message.TargetSyntax)
		}
	}
	return 0
}

// fieldSection appends the fields of raw up to the empty line, n bytes, and folds
// each into f. Fields beyond max are dropped from the result, not from f. When
// raw has no empty line, done is false and the other results mean nothing.
func (p *Pool) fieldSection(raw []byte, max int, f *facts) (fields []message.Field, n int, done bool) {
	first, whole := len(p.fields), raw
	lines := 0
	var extra message.Field // a field over the limit
	for len(raw) > 0 {
		n := bytes.IndexByte(raw, '\n') + 1
		if n == 0 {
			break
		}
		line, odd := cutEOL(raw[:n])
		raw = raw[n:]
		f.odd |= odd
		if len(line) == 0 {
			done = true
			break
		}
		cr := bytes.IndexByte(line, '\r') >= 0
		if cr {
			f.odd = f.odd.With(message.BareCR)
		}
		if c := line[0]; (c == ' ' || c == '\t') && lines > 0 {
			f.odd = f.odd.With(message.ObsFold)
			fd := &extra
			if lines <= max {
				fd = &p.fields[len(p.fields)-1]
			}
			if fd.Value != nil {
				fd.Value = p.fold(fd.Value, line)
			}
			continue
		}
		if cr {
			line = p.spaced(append(p.scratch, line...), len(p.scratch))
		}
		if lines++; lines <= max {
			p.fields = append(p.fields, field(line, f))
			continue
		}
		if lines > max+1 {
			f.field(&extra)
		}
		f.odd = f.odd.With(message.HeadTooLarge)
		extra = field(line, f)
	}
	if !done {
		p.fields = p.fields[:first]
		return nil, 0, false
	}
	n = len(whole) - len(raw)
	if bytes.IndexByte(whole[:n], 0) >= 0 {
		f.odd = f.odd.With(message.NUL)
	}
	if lines > max {
		f.field(&extra)
	}
	fields = p.fields[first:len(p.fields):len(p.fields)]
	for i := range fields {
		f.field(&fields[i])
	}
	return fields, n, true
}

// field splits a field line, RFC 9112, Section 5. A line without a colon, or
// with a name that is no token, is kept under a name that matches nothing.
func field(line []byte, f *facts) message.Field {
	colon := 0
	for colon < len(line) && token[line[colon]] {
		colon++
	}
	if colon == 0 || colon == len(line) || line[colon] != ':' {
		// Section 5.1: white space before the colon has been used for smuggling.
		f.odd = f.odd.With(message.FieldSyntax)
		if colon = bytes.IndexByte(line, ':'); colon < 0 {
			return message.Field{Name: line}
		}
	}
	return message.Field{Name: line[:colon], Value: trimOWS(line[colon+1:])}
}

// trimOWS returns b without optional white space at its ends.
func trimOWS(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// fold joins value and a continuation line by one SP, RFC 9112, Section 5.2.
func (p *Pool) fold(value, line []byte) []byte {
	if line = trimOWS(line); len(line) == 0 {
		return value
	}
	from, n := len(p.scratch), len(value)
	if n > 0 && from >= n && &p.scratch[from-n] == &value[0] {
		from -= n // the value is the scratch's tail already: grow it in place
	} else {
		p.scratch = append(p.scratch, value...)
	}
	if len(p.scratch) > from {
		p.scratch = append(p.scratch, ' ')
	}
	return p.spaced(append(p.scratch, line...), from)
}

// spaced makes s the scratch and returns its bytes from from on with each bare
// CR replaced by SP, RFC 9112, Section 2.2.
func (p *Pool) spaced(s []byte, from int) []byte {
	for i := len(p.scratch); i < len(s); i++ {
		if s[i] == '\r' {
			s[i] = ' '
		}
	}
	p.scratch = s
	return s[from:len(s):len(s)]
}
