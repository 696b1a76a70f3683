package normalize

import (
	"bytes"
	"net/netip"

	"wirecensus/schemas"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/message"
)

// maxHost is the length in bytes of the longest host name (RFC 1035, Section 2.3.4).
const maxHost = 253

// target sets scheme, host, port and path from the request target and the Host
// field and returns the query. The authority of the target comes before Host
// (RFC 9112, Section 3.2.2), :authority counts as the target's.
func (n *Normalizer) target(c *schemas.Call, m *exchange.Message) (query []byte) {
	t := m.Target
	authority, path, scheme := split(t)
	if bytes.EqualFold(m.Method, []byte("CONNECT")) && scheme == "" && len(t) > 0 && t[0] != '/' {
		authority = t // RFC 9112, Section 3.2.3; the path is the target as sent
	}
	if scheme == "" && m.Version == "2" {
		scheme = schemeField(m.Fields)
	}
	if scheme != "" {
		c.Scheme = scheme
	}
	if authority == nil {
		authority = hostField(m.Fields)
	}
	n.setHost(c, authority)
	path, _ = cutByte(path, '#')
	path, query = cutByte(path, '?')
	n.path0(c, path)
	return query
}

// split parts an absolute-form target; path is t itself for the other forms.
func split(t []byte) (authority, path []byte, scheme string) {
	if len(t) == 0 || t[0] == '/' {
		return nil, t, ""
	}
	i := bytes.Index(t, []byte("://"))
	if i < 2 || i > 10 {
		return nil, t, ""
	}
	switch {
	case message.EqualFold(t[:i], "http"), message.EqualFold(t[:i], "ws"):
		scheme = "http"
	case message.EqualFold(t[:i], "https"), message.EqualFold(t[:i], "wss"):
		scheme = "https"
	default:
		return nil, t, ""
	}
	rest := t[i+3:]
	end := bytes.IndexAny(rest, "/?#")
	if end < 0 {
		return rest, []byte("/"), scheme
	}
	if rest[end] != '/' {
		return rest[:end], append([]byte("/"), rest[end:]...), scheme
	}
	return rest[:end], rest[end:], scheme
}

// schemeField returns http or https when :scheme says so (RFC 9113, Section
// 8.3.1), which it does behind a proxy that ends TLS as well.
func schemeField(fields []message.Field) string {
	for i := range fields {
		f := &fields[i]
		if len(f.Name) == 0 || f.Name[0] != ':' {
			break
		}
		if string(f.Name) != ":scheme" {
			continue
		}
		switch {
		case message.EqualFold(f.Value, "http"):
			return "http"
		case message.EqualFold(f.Value, "https"):
			return "https"
		}
	}
	return ""
}

// hostField returns the first :authority or Host.
func hostField(fields []message.Field) []byte {
	for i := range fields {
		if f := &fields[i]; message.EqualFold(f.Name, "host") || message.EqualFold(f.Name, ":authority") {
			return f.Value
		}
	}
	return nil
}

// setHost sets the service: the host that was asked for with the port that was
// named, or the scheme's; the server's own address when none was named or what
// was named cannot be a host.
func (n *Normalizer) setHost(c *schemas.Call, authority []byte) {
	if at := bytes.LastIndexByte(authority, '@'); at >= 0 {
		authority = authority[at+1:]
	}
	host, port, ok := splitPort(authority)
	if ok && len(host) > 0 {
		if n.tmp, ok = hostBytes(n.tmp[:0], host); ok {
			c.Host = n.intern(n.tmp)
			c.Port = port
			if port == 0 {
				c.Port = defaultPort(c.Scheme)
			}
			return
		}
	}
	if len(authority) > 0 {
		n.odd = n.odd.With(message.HostConflict)
	}
	c.Host, c.Port = c.Peer, c.PeerPort
}

func defaultPort(scheme string) uint16 {
	if scheme == "https" {
		return 443
	}
	return 80
}

// splitPort parts host[:port] (RFC 3986, Section 3.2); port 0 when none was named.
func splitPort(a []byte) (host []byte, port uint16, ok bool) {
	host = a
	if i := bytes.LastIndexByte(a, ':'); i >= 0 && i > bytes.LastIndexByte(a, ']') && (a[0] == '[' || bytes.IndexByte(a[:i], ':') < 0) {
		p := 0
		for _, c := range a[i+1:] {
			if c-'0' > 9 || p > 6553 {
				return nil, 0, false
			}
			p = p*10 + int(c-'0')
		}
		if p > 65535 {
			return nil, 0, false
		}
		host, port = a[:i], uint16(p)
	}
	return host, port, true
}

// hostBytes appends host in normal form: lower case, no final dot, addresses in
// their shortest form without brackets, bytes that no name has percent-encoded.
// It fails on what is too long or mostly no name.
func hostBytes(dst, host []byte) ([]byte, bool) {
	if host[0] == '[' || bytes.IndexByte(host, ':') >= 0 {
		a, err := netip.ParseAddr(string(bytes.Trim(host, "[]")))
		if err != nil || a.Zone() != "" {
			return dst, false
		}
		return a.Unmap().AppendTo(dst), true
	}
	host = bytes.TrimSuffix(host, []byte("."))
	odd := 0
	for _, c := range host {
		switch {
		case 'A' <= c && c <= 'Z':
			dst = append(dst, c|0x20)
		case 'a' <= c && c <= 'z' || c-'0' < 10 || c == '-' || c == '.' || c == '_':
			dst = append(dst, c)
		case c <= ' ' || c == 0x7f || c == '/' || c == '\\' || c == '?' || c == '#' || c == '<' || c == '>' || c == '"':
			return dst, false
		default:
			odd++
			dst = appendPercent(dst, c)
		}
	}
	return dst, len(dst) > 0 && len(dst) <= maxHost && odd*2 <= len(host) && judgeHost(host)
}

// judgeHost reports whether the labels of a host name hold no value.
func judgeHost(host []byte) bool {
	if len(host) < minPart || countDigits(host) < 3 {
		return true
	}
	if c := prefixed(host); c != "" {
		return false
	}
	label := host
	for rest := host; len(rest) > 0; {
		if label, rest = cutByte(rest, '.'); len(label) >= minPart && countDigits(label) > 2 {
			if d, random := judgeName(label); d.class != "" || random {
				return false
			}
		}
	}
	return true
}

func appendPercent(dst []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(dst, '%', digits[c>>4], digits[c&15])
}
