package normalize

import (
	"bytes"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// Limits of forms.
const (
	maxBrackets = 8   // levels of a[b][c]
	maxParts    = 128 // parts of multipart content; further ones are dropped
)

// fillForm describes n.pairs as one object in the scanner's shape.
func (n *Normalizer) fillForm() {
	s := n.scanner
	root := s.Root()
	s.Object(root)
	n.opened = n.opened[:0]
	for i := range n.pairs {
		p := &n.pairs[i]
		if p.count == 0 {
			continue
		}
		r := n.formField(root, p.name)
		if p.count > 1 || bytes.HasSuffix(p.name, []byte("[]")) {
			n.several(r, i)
		} else if r >= 0 {
			s.String(r, p.value)
		}
	}
}

// formField returns the position of the field called name: a[b][c] is c in b in
// a; a[] is a.
func (n *Normalizer) formField(root shape.Ref, name []byte) shape.Ref {
	s := n.scanner
	base := name
	rest := []byte(nil)
	if open := bytes.IndexByte(name, '['); open > 0 && name[len(name)-1] == ']' {
		base, rest = name[:open], name[open:]
	}
	r := s.Property(root, base)
	for level := 0; len(rest) > 2 && rest[0] == '[' && r >= 0 && level < maxBrackets; level++ {
		end := bytes.IndexByte(rest, ']')
		key := rest[1:end]
		rest = rest[end+1:]
		if len(key) == 0 {
			continue
		}
		n.openOnce(r)
		r = s.Property(r, key)
	}
	return r
}

// openOnce counts one object per form at r.
func (n *Normalizer) openOnce(r shape.Ref) {
	for _, o := range n.opened {
		if o == r {
			return
		}
	}
	n.opened = append(n.opened, r)
	n.scanner.Object(r)
}

// boundaryOf returns the boundary of a multipart type (RFC 2046, Section 5.1.1).
func boundaryOf(typeField []byte) []byte {
	_, params := cutByte(typeField, ';')
	return headParam(params, "boundary")
}

// headParam returns the parameter called name of a field value's parameters.
func headParam(params []byte, name string) []byte {
	for len(params) > 0 {
		var p []byte
		p, params = cutByte(params, ';')
		k, v := cutByte(p, '=')
		if equalFoldTrim(k, name) {
			return bytes.Trim(bytes.TrimSpace(v), `"`)
		}
	}
	return nil
}

func equalFoldTrim(b []byte, s string) bool {
	return bytes.EqualFold(bytes.TrimSpace(b), []byte(s))
}

// multipart describes form data (RFC 7578): text parts as properties, files as parts.
func (n *Normalizer) multipart(c *schemas.Content, body, boundary []byte, loss string) {
	if len(boundary) == 0 || len(boundary) > 70 {
		c.Unread = unreadSyntax
		return
	}
	n.delim = append(append(n.delim[:0], "--"...), boundary...)
	s := n.scanner
	s.Begin()
	s.Object(s.Root())
	rest, parts, closed := body, 0, false
	if i := bytes.Index(rest, n.delim); i >= 0 {
		rest = rest[i+len(n.delim):]
	} else {
		rest = nil
	}
	for parts < maxParts && len(rest) > 0 {
		if bytes.HasPrefix(rest, []byte("--")) {
			closed = true
			break
		}
		end := bytes.Index(rest, n.delim)
		part, whole := rest, false
		if end >= 0 {
			part, rest, whole = rest[:end], rest[end+len(n.delim):], true
		} else {
			rest = nil
		}
		n.part(c, part, whole)
		parts++
	}
	switch {
	case loss != "":
		c.Unread = loss
	case parts == 0 || !closed && parts < maxParts:
		c.Unread = unreadSyntax
	default:
		c.Shape = s.Node()
		if n.asks.part != nil && n.at.ids == "request" {
			eachRequest(n.asks.part, func(i int, raw []byte) bool { return n.graphqlRequest(i, raw) })
		}
	}
}

// relatedParts describes the first part of related parts (RFC 2387), if it is XML: a SOAP envelope whose
// attachments follow (MTOM, XOP).
func (n *Normalizer) relatedParts(c *schemas.Content, body, boundary []byte, loss string) {
	n.delim = append(append(n.delim[:0], "--"...), boundary...)
	if i := bytes.Index(body, n.delim); i >= 0 && len(boundary) > 0 && len(boundary) <= 70 {
		part := body[i+len(n.delim):]
		if i = bytes.Index(part, []byte("\r\n\r\n")); i >= 0 {
			part = part[i+4:]
			if i = bytes.Index(part, n.delim); i >= 0 {
				part, loss = part[:i], ""
			}
			if first := bytes.TrimSpace(part); len(first) > 0 && first[0] == '<' {
				n.xml(c, first, loss)
				return
			}
		}
	}
	n.other(c, body, loss)
}

// part describes one part; whole says that its end was seen.
func (n *Normalizer) part(c *schemas.Content, part []byte, whole bool) {
	part = bytes.TrimPrefix(part, []byte("\r\n"))
	end := bytes.Index(part, []byte("\r\n\r\n"))
	if end < 0 {
		return // a head that was cut may hold half a name
	}
	head, value := part[:end], part[end+4:]
	if whole {
		value = bytes.TrimSuffix(value, []byte("\r\n"))
	}
	var name, media []byte
	file := false
	for len(head) > 0 {
		var line []byte
		line, head = cutByte(head, '\n')
		k, v := cutByte(line, ':')
		switch {
		case equalFoldTrim(k, "content-disposition"):
			_, params := cutByte(v, ';')
			name = headParam(params, "name")
			file = headParam(params, "filename") != nil || headParam(params, "filename*") != nil
		case equalFoldTrim(k, "content-type"):
			media = bytes.TrimSpace(v)
		}
	}
	if len(name) == 0 {
		return
	}
	r := n.scanner.Property(n.scanner.Root(), name)
	if r < 0 {
		return
	}
	if string(name) == "operations" && whole && n.scanner.Valid(value) { // GraphQL multipart requests
		n.asks.part = value
	}
	p := schemas.Part{Name: n.scanner.Name(r), MediaType: n.mediaType(media), File: file}
	c.Parts = append(c.Parts, p)
	switch {
	case file:
	case familyOf(p.MediaType) == asJSON && n.scanner.Valid(value):
		n.scanner.AddAt(r, value)
	default:
		n.scanner.String(r, value)
	}
}
