package http2

import (
	"bytes"

	"wirecensus/sensor/message"
)

// section gathers the fields of one header block.
type section struct {
	from   int // of its fields in Pool.fields
	count  int // fields, dropped ones included
	bytes  int // of their names and values
	odd    message.Anomalies
	has    uint16 // classes that were seen with name, by 1<<class
	lost   uint16 // of these: the value is unknown
	blank  int    // fields of which not even the name is known
	valued int    // fields whose value is unknown, pseudo-fields left out

	method, path, authority, host []byte
	status                        int
	length                        int64 // Content-Length, -1 none
	cookie                        int   // index of the first cookie in Pool.fields, -1 none
	cookies                       int
	regular                       bool // a field that is no pseudo-field came
}

func (p *Pool) section() section {
	return section{from: len(p.fields), length: -1, cookie: -1}
}

// add takes a field. Over the limits it only counts.
func (sec *section) add(p *Pool, f *field) {
	sec.count++
	sec.bytes += len(f.name) + len(f.value)
	if !f.nameKnown {
		sec.blank++
		p.stats.Unknown++
		return
	}
	if sec.count > p.limits.Fields || sec.bytes > p.limits.Head {
		sec.odd = sec.odd.With(message.HPACKBomb)
		if f.class < isMethod || f.class > isProtocol {
			return
		}
	}
	sec.odd |= f.odd
	if f.class >= isMethod && f.class <= isPseudo {
		sec.pseudo(p, f)
		return
	}
	sec.regular = true
	sec.has |= 1 << f.class
	if !f.valueKnown {
		sec.valued++
		p.stats.Unknown++
		return
	}
	switch f.class {
	case isCookie:
		if sec.cookies++; sec.cookies == 1 {
			sec.cookie = len(p.fields)
		}
	case isLength:
		sec.contentLength(f.value)
	case isHost:
		if sec.host == nil {
			sec.host = f.value
		}
	case isHop:
		sec.odd = sec.odd.With(message.ConnField)
	}
	p.fields = append(p.fields, message.Field{Name: f.name, Value: f.value})
}

// pseudo takes a pseudo-field, RFC 9113, Section 8.3. The first of a name rules.
func (sec *section) pseudo(p *Pool, f *field) {
	if sec.regular || sec.has&(1<<f.class) != 0 || f.class == isPseudo {
		sec.odd = sec.odd.With(message.PseudoField)
		if sec.has&(1<<f.class) != 0 || f.class == isPseudo {
			return
		}
	}
	sec.has |= 1 << f.class
	if !f.valueKnown {
		sec.lost |= 1 << f.class
		p.stats.Unknown++
		return
	}
	switch f.class {
	case isMethod:
		sec.method = f.value
	case isPath:
		sec.path = f.value
	case isStatus:
		sec.setStatus(f.value)
	case isAuthority:
		sec.authority = f.value
		p.fields = append(p.fields, message.Field{Name: f.name, Value: f.value})
	case isScheme, isProtocol:
		p.fields = append(p.fields, message.Field{Name: f.name, Value: f.value})
	}
}

func (sec *section) setStatus(v []byte) {
	if len(v) == 3 && v[0]-'1' < 9 && v[1]-'0' < 10 && v[2]-'0' < 10 {
		sec.status = int(v[0]-'0')*100 + int(v[1]-'0')*10 + int(v[2]-'0')
		return
	}
	sec.odd = sec.odd.With(message.StatusLine)
}

// contentLength reads a Content-Length, RFC 9110, Section 8.6.
func (sec *section) contentLength(v []byte) {
	n := int64(0)
	for _, c := range v {
		if c-'0' > 9 || n > 1<<53 {
			sec.odd = sec.odd.With(message.CLBad)
			return
		}
		n = n*10 + int64(c-'0')
	}
	switch {
	case len(v) == 0 || sec.length >= 0 && sec.length != n:
		sec.odd = sec.odd.With(message.CLBad)
	case sec.length == n:
		sec.odd = sec.odd.With(message.CLDup)
	default:
		sec.length = n
	}
}

const (
	requestPseudo  = 1<<isMethod | 1<<isPath | 1<<isScheme | 1<<isAuthority | 1<<isProtocol
	responsePseudo = 1 << isStatus
)

// fields returns the fields of the section, cookies joined (RFC 9113, Section 8.2.3).
func (sec *section) fields(p *Pool) []message.Field {
	if sec.cookies > 1 {
		sec.join(p)
	}
	return p.fields[sec.from:len(p.fields):len(p.fields)]
}

func (sec *section) join(p *Pool) {
	n := 0
	list := p.fields[sec.cookie:]
	for i := range list {
		if isCookieName(list[i].Name) {
			n += len(list[i].Value) + 2
		}
	}
	v := p.room(n)
	kept := list[:1]
	for i := range list {
		switch {
		case !isCookieName(list[i].Name):
			kept = append(kept, list[i])
		case i == 0:
			v = append(v, list[i].Value...)
		default:
			v = append(append(v, "; "...), list[i].Value...)
		}
	}
	p.keep(v)
	kept[0].Value = v[:len(v):len(v)]
	p.fields = p.fields[:sec.cookie+len(kept)]
}

func isCookieName(b []byte) bool { return string(b) == "cookie" }

// header makes the head of a request or response of the section.
func (sec *section) header(p *Pool, request bool) *message.Header {
	h := p.header()
	h.Request, h.Version = request, "2"
	h.Fields = sec.fields(p)
	missing := func(c class) bool { return sec.lost&(1<<c) != 0 || sec.has&(1<<c) == 0 && sec.blank > 0 }
	if sec.blank+sec.valued > 0 {
		h.Unknown |= message.UnknownFields
	}
	if !request {
		if h.Status = sec.status; missing(isStatus) {
			h.Unknown |= message.UnknownStatus
		}
		return h
	}
	h.Method, h.Target = sec.method, sec.path
	if missing(isMethod) {
		h.Unknown |= message.UnknownMethod
	}
	if missing(isAuthority) && sec.host == nil {
		h.Unknown |= message.UnknownAuthority
	}
	connect := string(sec.method) == "CONNECT" && sec.has&(1<<isProtocol) == 0
	switch {
	case connect && sec.has&(1<<isPath) == 0:
		// RFC 9113, Section 8.5: the authority is the target.
		if h.Target = sec.authority; missing(isAuthority) {
			h.Unknown |= message.UnknownTarget
		}
	case missing(isPath):
		h.Unknown |= message.UnknownTarget
	}
	return h
}

// judge returns the anomalies of the request that the section is.
func (sec *section) judge(h *message.Header) message.Anomalies {
	odd := sec.odd
	if sec.authority != nil && sec.host != nil && !bytes.EqualFold(sec.authority, sec.host) {
		odd = odd.With(message.HostConflict)
	}
	if bytes.IndexByte(sec.authority, '@') >= 0 {
		odd = odd.With(message.Userinfo)
	}
	if h.Unknown.Has(message.UnknownTarget) || sec.has&(1<<isPath) == 0 {
		return odd
	}
	t := h.Target
	if len(t) == 0 || t[0] != '/' && !(len(t) == 1 && t[0] == '*') {
		odd = odd.With(message.TargetSyntax)
	}
	for _, c := range t {
		if c <= ' ' || c == 0x7f {
			return odd.With(message.TargetSyntax)
		}
	}
	return odd
}

// malformed reports whether the section lacks what every request has, though
// nothing of it is unknown (RFC 9113, Section 8.3.1).
func (sec *section) malformed(h *message.Header) bool {
	return !h.Unknown.Has(message.UnknownMethod) && len(h.Method) == 0 ||
		!h.Unknown.Has(message.UnknownTarget) && len(h.Target) == 0
}
