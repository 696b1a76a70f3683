package normalize

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"wirecensus/schemas"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/message"
)

// maxPrint is the number of leading bytes of content that its print covers.
const maxPrint = 16 << 10

// Reasons why content has no shape, as in schemas.Content.Unread.
const (
	unreadTruncated = "truncated"
	unreadGap       = "gap"
	unreadCoding    = "coding"
	unreadSyntax    = "syntax"
	unreadType      = "type"
	unreadShed      = "shed"
)

// strike notes a bomb on the connection of the call.
func (n *Normalizer) strike() {
	if id := connOf(n.ex); n.struck[id] > 0 || len(n.struck) < maxStruck {
		n.struck[id]++
	}
}

// content describes the content of m.
func (n *Normalizer) content(c *schemas.Content, m *exchange.Message) {
	c.Size = m.Size
	typeField := fieldOf(m.Fields, "content-type")
	if m.Shed != exchange.ShedNothing {
		n.side().whole = false
		if m.Size > 0 {
			c.MediaType, c.Unread = n.mediaType(typeField), unreadShed
		}
		return
	}
	if len(m.Body) == 0 {
		n.side().whole = lossless(m)
		if m.Size > 0 {
			c.MediaType = n.mediaType(typeField)
			c.Unread = lossOf(m)
		}
		return
	}
	c.MediaType = n.mediaType(typeField)
	var room [maxCodings + 2]coding
	list := codingsOf(room[:0], m.Fields)
	if len(list) == 0 && c.MediaType != "application/gzip" && c.MediaType != "application/x-gzip" && c.MediaType != "application/zstd" {
		if s := sniffCoding(m.Body); s != identity {
			list = append(list, s)
		}
	}
	body, cut := m.Body, false
	if len(list) > 0 {
		var ok bool
		if n.struck[connOf(n.ex)] >= maxStrikes {
			c.Unread = unreadCoding
			return
		}
		body, cut, ok = n.codings.decodeAll(body, list, n.cfg.MaxBody)
		if n.codings.bomb {
			n.strike()
		}
		if !ok {
			c.Unread = unreadCoding
			if loss := lossOf(m); m.Gap || m.Truncated || m.Incomplete {
				c.Unread = loss
			}
			return
		}
	}
	if len(body) > n.cfg.MaxBody {
		body, cut = body[:n.cfg.MaxBody], true
	}
	loss := ""
	if cut || m.Gap || m.Truncated || m.Incomplete && c.MediaType != "text/event-stream" {
		loss = lossOf(m)
	}
	if n.rpc.streamed && strings.HasPrefix(c.MediaType, "application/") && (strings.HasPrefix(c.MediaType[12:], "grpc") || strings.HasPrefix(c.MediaType[12:], "connect+")) {
		n.rpcContent(c, m.Fields, body, loss)
		return
	}
	n.describeBody(c, body, typeField, loss)
}

// lossless reports whether all content of m was captured.
func lossless(m *exchange.Message) bool { return !m.Gap && !m.Truncated && !m.Incomplete }

// lossOf says why content is not whole.
func lossOf(m *exchange.Message) string {
	if m.Truncated || !m.Gap && !m.Incomplete {
		return unreadTruncated
	}
	return unreadGap
}

func fieldOf(fields []message.Field, name string) []byte {
	for i := range fields {
		if message.EqualFold(fields[i].Name, name) {
			return fields[i].Value
		}
	}
	return nil
}

// mediaType returns the type of a Content-Type field without parameters in lower
// case, "" when it is none (RFC 9110, Section 8.3.1).
func (n *Normalizer) mediaType(v []byte) string {
	v, _ = cutByte(v, ';')
	v = bytes.TrimSpace(v)
	if len(v) == 0 || len(v) > 127 {
		return ""
	}
	dst, slash := n.tmp[:0], 0
	for _, c := range v {
		switch {
		case 'A' <= c && c <= 'Z':
			c |= 0x20
		case c == '/':
			slash++
		case 'a' <= c && c <= 'z' || c-'0' < 10 || c == '-' || c == '+' || c == '.' || c == '_' || c == '!' || c == '#' || c == '$' || c == '&' || c == '^' || c == '*':
		default:
			return ""
		}
		dst = append(dst, c)
	}
	n.tmp = dst
	if s, ok := n.strings[string(dst)]; ok {
		return s
	}
	if slash != 1 || !knownType(v) {
		return ""
	}
	return n.intern(dst)
}

// knownType reports whether the top-level type is registered (RFC 6838, Section 4.2) and the
// subtype is a name rather than a value.
func knownType(t []byte) bool {
	top, sub := cutByte(t, '/')
	for _, known := range [...]string{"application", "text", "image", "audio", "video", "font", "multipart", "message", "model", "binary"} {
		if message.EqualFold(top, known) {
			d, random := judgeName(sub)
			return len(sub) > 0 && d.class == "" && !random
		}
	}
	return false
}

// family is how content is read.
type family uint8

const (
	asOther family = iota
	asJSON
	asLines
	asForm
	asMultipart
	asRelated // the first part
	asXML
	asEvents
	asGraphQL
	asText // JSON when it looks like it
	asProtobuf
)

func familyOf(mediaType string) family {
	switch mediaType {
	case "application/json", "text/json", "application/x-json", "application/javascript+json":
		return asJSON
	case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/jsonlines", "application/json-seq", "application/stream+json":
		return asLines
	case "application/x-www-form-urlencoded":
		return asForm
	case "multipart/form-data":
		return asMultipart
	case "multipart/related":
		return asRelated
	case "text/event-stream":
		return asEvents
	case "application/graphql":
		return asGraphQL
	case "", "text/plain", "application/octet-stream", "binary/octet-stream", "text/javascript", "text/html":
		return asText
	case "application/proto", "application/protobuf", "application/x-protobuf", "application/vnd.google.protobuf":
		return asProtobuf
	}
	if len(mediaType) > 5 && mediaType[len(mediaType)-5:] == "+json" {
		return asJSON
	}
	if isXML(mediaType) {
		return asXML
	}
	return asOther
}

// describeBody sets shape, parts or print of decoded content. loss is why it is
// not whole, "" when it is; what there is of it is searched for classes all the same.
func (n *Normalizer) describeBody(c *schemas.Content, body, typeField []byte, loss string) {
	body = trimPrefixes(body)
	switch familyOf(c.MediaType) {
	case asJSON:
		n.json(c, body, loss)
	case asLines:
		n.lines(c, body, loss)
	case asForm:
		n.form(c, body, loss)
	case asMultipart:
		n.multipart(c, body, boundaryOf(typeField), loss)
	case asRelated:
		n.relatedParts(c, body, boundaryOf(typeField), loss)
	case asXML:
		n.xml(c, body, loss)
	case asEvents:
		n.events(c, body, loss)
	case asGraphQL:
		n.other(c, body, loss)
		if n.at.ids == "request" && loss == "" {
			n.graphqlDocument(body)
		}
	case asText:
		n.text(c, body, loss)
	case asProtobuf:
		n.bareMessage(c, body, loss)
	default:
		n.other(c, body, loss)
	}
}

// trimPrefixes removes a byte order mark and the guards that some servers put
// before JSON against script inclusion.
func trimPrefixes(b []byte) []byte {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	for _, p := range [...]string{")]}',", ")]}'", "for(;;);", "while(1);"} {
		if len(b) > len(p) && string(b[:len(p)]) == p {
			return bytes.TrimLeft(b[len(p):], "\r\n")
		}
	}
	return b
}

func (n *Normalizer) json(c *schemas.Content, body []byte, loss string) {
	s := n.scanner
	s.Begin()
	s.Expect(n.route)
	ok := s.Add(body)
	switch {
	case loss != "":
		c.Unread = loss
	case ok:
		c.Shape = s.Node()
		n.carried(c.Shape, body)
	case looksLikeLines(body):
		n.lines(c, body, loss)
	default:
		c.Unread = unreadSyntax
	}
}

// looksLikeLines reports whether body is several JSON texts on lines.
func looksLikeLines(body []byte) bool {
	i := bytes.IndexByte(body, '\n')
	return i > 1 && i+1 < len(body) && (body[0] == '{' || body[0] == '[') && (body[i+1] == '{' || body[i+1] == '[')
}

// lines describes JSON texts on lines of their own as one shape. Of content that is
// not whole the whole lines are described.
func (n *Normalizer) lines(c *schemas.Content, body []byte, loss string) {
	s := n.scanner
	s.Begin()
	docs, bad := 0, 0
	for rest := body; len(rest) > 0; {
		var line []byte
		whole := bytes.IndexByte(rest, '\n') >= 0 || loss == ""
		line, rest = cutByte(rest, '\n')
		line = bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(line), []byte{0x1e})) // RFC 7464, Section 2.2
		if len(line) == 0 || line[0] != '{' && line[0] != '[' || !whole {
			continue
		}
		if !s.Valid(line) {
			bad++
			continue
		}
		s.Add(line)
		docs++
	}
	c.Unread = loss
	if docs > 0 && bad <= docs/16 {
		c.Shape = s.Node()
	} else if loss == "" {
		c.Unread = unreadSyntax
	}
}

func (n *Normalizer) form(c *schemas.Content, body []byte, loss string) {
	if first := bytes.TrimLeft(body, " \r\n\t"); len(first) > 0 && (first[0] == '{' || first[0] == '[') && n.scanner.Valid(body) {
		c.Sniffed = true // JSON under the type that HTTP libraries set by default
		n.json(c, body, loss)
		return
	}
	n.split(bytes.TrimSpace(body))
	s := n.scanner
	s.Begin()
	n.fillForm()
	if loss != "" {
		c.Unread = loss
		return
	}
	if len(n.pairs) == 0 {
		c.Unread = unreadSyntax
		return
	}
	c.Shape = s.Node()
}

// text describes content whose type says little: JSON when it is, a form when a
// request without a type looks like one.
func (n *Normalizer) text(c *schemas.Content, body []byte, loss string) {
	first := bytes.TrimLeft(body, " \t\r\n")
	if len(first) > 0 && (first[0] == '{' || first[0] == '[') {
		n.json(c, body, loss)
		if c.Shape != nil || loss != "" {
			c.Sniffed = true
			if c.MediaType == "" {
				c.MediaType = "application/json"
			}
			return
		}
		c.Unread = ""
	}
	if c.MediaType == "" {
		c.Sniffed = true
		if n.at.ids == "request" && looksLikeForm(first) {
			c.MediaType = "application/x-www-form-urlencoded"
			n.form(c, body, loss)
			return
		}
		if c.MediaType = sniffType(first); c.MediaType == "application/xml" {
			n.xml(c, body, loss)
			return
		}
	}
	n.other(c, body, loss)
}

// looksLikeForm reports whether b is name=value pairs without white space.
func looksLikeForm(b []byte) bool {
	if eq := bytes.IndexByte(b, '='); eq < 1 || eq > 64 {
		return false
	}
	for _, c := range b[:min(len(b), 512)] {
		if c <= ' ' || c >= 0x7f || c == '<' || c == '{' || c == '"' {
			return false
		}
	}
	return true
}

// sniffType returns a type for content without one, by its first bytes.
func sniffType(b []byte) string {
	head := bytes.ToLower(b[:min(len(b), 64)])
	switch {
	case bytes.HasPrefix(head, []byte("<!doctype html")), bytes.HasPrefix(head, []byte("<html")):
		return "text/html"
	case bytes.HasPrefix(head, []byte("<?xml")), bytes.HasPrefix(head, []byte("<soap")):
		return "application/xml"
	case bytes.HasPrefix(b, []byte("%PDF-")):
		return "application/pdf"
	case bytes.HasPrefix(b, []byte("\x89PNG")):
		return "image/png"
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		return "image/jpeg"
	case plausibleText(b) && utf8.Valid(b[:min(len(b), 512)&^3]):
		return "text/plain"
	}
	return "application/octet-stream"
}

// other gives content without a shape its print.
func (n *Normalizer) other(c *schemas.Content, body []byte, loss string) {
	if loss != "" {
		c.Unread = loss
		return
	}
	c.Unread = unreadType
	n.tmp = append(n.tmp[:0], body[:min(len(body), maxPrint)]...)
	for l := len(body); l > 0; l >>= 8 {
		n.tmp = append(n.tmp, byte(l))
	}
	c.Print = n.digests.compute(domainPrint, n.tmp)
}
