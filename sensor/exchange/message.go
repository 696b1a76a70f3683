package exchange

import (
	"bytes"
	"math/bits"

	"wirecensus/sensor/message"
)

// setHead copies a head into m.
func (m *Message) setHead(h *message.Header) {
	n := len(h.Method) + len(h.Target)
	for i := range h.Fields {
		n += len(h.Fields[i].Name) + len(h.Fields[i].Value)
	}
	if cap(m.text) < n {
		m.text = make([]byte, 0, 1<<max(8, bits.Len(uint(n-1))))
	}
	t := m.text[:0]
	m.Request, m.Status, m.Version, m.Unknown = h.Request, h.Status, h.Version, h.Unknown
	if h.Request {
		t, m.Method = keep(t, h.Method)
		t, m.Target = keep(t, h.Target)
	}
	m.Fields = m.Fields[:0]
	for i := range h.Fields {
		var f message.Field
		t, f.Name = keep(t, h.Fields[i].Name)
		t, f.Value = keep(t, h.Fields[i].Value)
		m.Fields = append(m.Fields, f)
	}
	m.text = t
}

// keep appends b to t, which has room for it, and returns the copy.
func keep(t, b []byte) ([]byte, []byte) {
	from := len(t)
	t = append(t, b...)
	return t, t[from:len(t):len(t)]
}

// fieldSize is the size of a message.Field in bytes.
const fieldSize = 48

// held is how many bytes the head of m takes.
func (m *Message) held() int { return cap(m.text) + cap(m.Fields)*fieldSize }

// setTrailer copies trailer fields into m.
func (m *Message) setTrailer(fields []message.Field) {
	for i := range fields {
		m.Trailer = append(m.Trailer, message.Field{Name: bytes.Clone(fields[i].Name), Value: bytes.Clone(fields[i].Value)})
	}
}

// addContent counts b and captures it as far as m's limit allows.
func (m *Message) addContent(p *Pool, b []byte) {
	m.Size += int64(len(b))
	if m.Gap || m.Truncated {
		return
	}
	if room := m.limit - len(m.Body); len(b) > room {
		b = b[:room]
		m.Truncated = true
		p.stats.Truncated++
	}
	if need := len(m.Body) + len(b); need > cap(m.Body) && len(b) > 0 {
		// Grow to twice the content seen, not to what the message declares.
		want := min(2*need, m.limit)
		if m.BodyLen >= 0 {
			want = min(want, int(min(m.BodyLen, int64(m.limit))))
		}
		grown := append(p.body(max(want, need)), m.Body...)
		p.putBody(m.Body)
		m.Body = grown
	}
	m.Body = append(m.Body, b...)
}

// addGap counts n missing bytes of content, 0 for an unknown number.
func (m *Message) addGap(n uint64) {
	m.Size += int64(n)
	m.Gap = true
}

// captureLimit returns how much of m's content is worth capturing.
func (l *Limits) captureLimit(m *Message) int {
	for i := range m.Fields {
		if message.EqualFold(m.Fields[i].Name, "content-type") {
			if opaque(m.Fields[i].Value) {
				return min(l.Opaque, l.Body)
			}
			break
		}
	}
	return l.Body
}

// opaqueTypes are prefixes of the media types whose content nobody reads.
var opaqueTypes = [...]string{
	"video/", "audio/", "image/", "font/", "application/octet-stream", "application/zip", "application/pdf", "application/x-tar",
	"application/font", "application/vnd.ms-fontobject", "application/wasm", "application/x-7z", "application/x-rar", "application/java-archive",
	"application/vnd.android.package-archive", "application/dash+", "application/vnd.apple.mpegurl", "application/x-iso9660-image",
}

// opaque reports whether the content type v is of opaqueTypes. SVG is text.
func opaque(v []byte) bool {
	if len(v) > 12 && (v[12] == 'j' || v[12] == 'x' && v[0] == 'a' && v[13] == 'm') || len(v) > 0 && v[0]|0x20 == 't' {
		return false // application/json, application/xml, text/…: the common case, quickly
	}
	for _, p := range opaqueTypes {
		if len(v) >= len(p) && message.EqualFold(v[:len(p)], p) {
			return !(len(v) >= 9 && message.EqualFold(v[:9], "image/svg"))
		}
	}
	return false
}
