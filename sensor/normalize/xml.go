package normalize

import (
	"bytes"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// Limits of XML texts. One that has more is not described (Unread is truncated).
const (
	maxXMLNodes = 1 << 15 // elements and pieces of text
	maxXMLDepth = 64      // elements inside each other
	maxXMLNames = 4096    // names remembered from text to text
)

// textName is the property that holds text beside attributes or elements.
const textName = "#text"

// xmlNode is an element or a piece of text.
type xmlNode struct {
	name              []byte // as written; nil for text
	first, last, next int32  // children and sibling, 0 none
	elements          int32  // children that are elements
	total             int32  // elements of the same name in the same parent, 0 when the parent was cut
	chief             bool   // the first of these
	attrs             [2]int32
	text              [2]int32 // in xmlTree.text
}

// xmlTree is an XML text as elements; it is re-used. Node 0 is what holds the root.
type xmlTree struct {
	lex   xmlText
	nodes []xmlNode
	attrs []xmlAttr
	text  []byte
	value []byte // of an attribute
	open  [maxXMLDepth + 1]int32
	names map[string]int32
	same  []sameName // by name
	over  bool       // a limit was reached
}

// sameName counts the elements of one name in one parent.
type sameName struct{ parent, total int32 }

// parse reads in, as far as it is well-formed, and reports whether it is one whole element.
func (t *xmlTree) parse(in []byte) bool {
	t.lex = xmlText{in: in, attrs: t.lex.attrs[:0]}
	clear(t.nodes)
	t.nodes, t.attrs, t.text, t.over = append(t.nodes[:0], xmlNode{}), t.attrs[:0], t.text[:0], false
	if t.names == nil || len(t.names) > maxXMLNames {
		t.names, t.same = map[string]int32{}, nil
	}
	for i := range t.same {
		t.same[i] = sameName{}
	}
	depth := 0
	for {
		t.lex.next()
		switch t.lex.kind {
		case xmlEnd:
			return depth == 0 && t.nodes[0].elements == 1
		case xmlBad:
			return false
		case xmlOpen:
			if len(t.nodes) >= maxXMLNodes || depth == maxXMLDepth {
				t.over = true
				return false
			}
			if depth == 0 && t.nodes[0].elements > 0 {
				return false
			}
			e := t.element(t.open[depth])
			if t.lex.empty {
				continue
			}
			depth++
			t.open[depth] = e
		case xmlClose:
			if depth == 0 || !bytes.Equal(t.nodes[t.open[depth]].name, t.lex.name) {
				return false
			}
			t.settle(t.open[depth])
			depth--
		case xmlChars:
			if depth == 0 {
				if len(bytes.TrimSpace(t.lex.chars)) > 0 {
					return false
				}
				continue
			}
			t.chars(t.open[depth])
			if t.over {
				return false
			}
		}
	}
}

// add appends a child to parent and returns it.
func (t *xmlTree) add(parent int32, n xmlNode) int32 {
	at := int32(len(t.nodes))
	t.nodes = append(t.nodes, n)
	p := &t.nodes[parent]
	if p.last > 0 {
		t.nodes[p.last].next = at
	} else {
		p.first = at
	}
	p.last = at
	return at
}

// element adds the element of the start tag at hand.
func (t *xmlTree) element(parent int32) int32 {
	from := int32(len(t.attrs))
	for _, a := range t.lex.attrs {
		if len(t.attrs) < maxXMLNodes {
			t.attrs = append(t.attrs, a)
		}
	}
	t.nodes[parent].elements++
	return t.add(parent, xmlNode{name: t.lex.name, attrs: [2]int32{from, int32(len(t.attrs))}})
}

// chars adds the character data at hand; pieces that only a comment or the like parts are one.
func (t *xmlTree) chars(parent int32) {
	from := int32(len(t.text))
	if t.lex.cdata {
		t.text = append(t.text, t.lex.chars...)
	} else {
		t.text = appendChars(t.text, t.lex.chars)
	}
	end := int32(len(t.text))
	if last := t.nodes[parent].last; last > 0 && t.nodes[last].name == nil {
		t.nodes[last].text[1] = end
		return
	}
	if len(t.nodes) >= maxXMLNodes {
		t.over = true
		return
	}
	t.add(parent, xmlNode{text: [2]int32{from, end}})
}

// settle counts the children of a whole element by name.
func (t *xmlTree) settle(parent int32) {
	if t.nodes[parent].elements == 0 {
		return
	}
	for c := t.nodes[parent].first; c > 0; c = t.nodes[c].next {
		if n := &t.nodes[c]; n.name != nil {
			s := &t.same[t.nameID(localName(n.name))]
			if s.parent != parent {
				*s = sameName{parent: parent}
				n.chief = true
			}
			s.total++
		}
	}
	for c := t.nodes[parent].first; c > 0; c = t.nodes[c].next {
		if n := &t.nodes[c]; n.name != nil {
			n.total = t.same[t.nameID(localName(n.name))].total
		}
	}
}

func (t *xmlTree) nameID(name []byte) int32 {
	id, ok := t.names[string(name)]
	if !ok {
		id = int32(len(t.names))
		t.names[string(name)] = id
		t.same = append(t.same, sameName{})
	}
	return id
}

// child returns the first element in parent whose local name is name, any if it is "", 0 when there is none.
func (t *xmlTree) child(parent int32, name string) int32 {
	for c := t.nodes[parent].first; c > 0; c = t.nodes[c].next {
		if n := &t.nodes[c]; n.name != nil && (name == "" || string(localName(n.name)) == name) {
			return c
		}
	}
	return 0
}

// xml describes an XML text as an object with the root element as its property. An element is a
// string if it has text alone, else an object: elements by their local names, arrays where a name
// is repeated, attributes as @name, text as #text.
func (n *Normalizer) xml(c *schemas.Content, body []byte, loss string) {
	t := &n.asks.xml
	ok := t.parse(body)
	s := n.scanner
	s.Begin()
	s.Object(s.Root())
	if root := t.child(0, ""); root > 0 {
		n.element(s.Property(s.Root(), localName(t.nodes[root].name)), root)
	}
	switch {
	case loss != "":
		c.Unread = loss
	case t.over:
		c.Unread = unreadTruncated
	case !ok:
		c.Unread = unreadSyntax
	default:
		c.Shape = s.Node()
	}
	n.soap(c, t)
	if cap(t.text) > keepText || cap(t.nodes) > maxXMLNodes/8 {
		t.text, t.nodes, t.attrs = nil, nil, nil
	}
}

// element describes the element e at r.
func (n *Normalizer) element(r shape.Ref, e int32) {
	s, t := n.scanner, &n.asks.xml
	x := &t.nodes[e]
	attrs, null := 0, false
	for _, a := range t.attrs[x.attrs[0]:x.attrs[1]] {
		if !declares(a.name) {
			attrs++
			null = null || string(localName(a.name)) == "nil" && (string(a.value) == "true" || string(a.value) == "1")
		}
	}
	if x.elements == 0 && attrs == 0 {
		if r >= 0 {
			s.String(r, bytes.TrimSpace(t.piece(x.first)))
		}
		return
	}
	if null && x.elements == 0 && attrs == 1 {
		s.AddAt(r, []byte("null"))
		return
	}
	s.Object(r)
	for _, a := range t.attrs[x.attrs[0]:x.attrs[1]] {
		if declares(a.name) {
			continue
		}
		t.value = append(append(t.value[:0], '@'), localName(a.name)...)
		p := s.Property(r, t.value)
		t.value = appendChars(t.value[:0], a.value)
		if p >= 0 {
			s.String(p, t.value)
		}
	}
	n.children(r, x)
}

// children describes what is in the element x, which is an object at r.
func (n *Normalizer) children(r shape.Ref, x *xmlNode) {
	s, t := n.scanner, &n.asks.xml
	for c := x.first; c > 0; c = t.nodes[c].next {
		k := &t.nodes[c]
		if k.name == nil {
			if v := bytes.TrimSpace(t.piece(c)); len(v) > 0 {
				if p := s.Property(r, []byte(textName)); p >= 0 {
					s.String(p, v)
				}
			}
			continue
		}
		p := s.Property(r, localName(k.name))
		if k.total > 1 {
			if k.chief {
				s.Array(p, int(k.total))
			}
			p = s.Item(p)
		}
		n.element(p, c)
	}
}

// piece returns the text of a piece, nil when it is none.
func (t *xmlTree) piece(i int32) []byte {
	if i == 0 {
		return nil
	}
	return t.text[t.nodes[i].text[0]:t.nodes[i].text[1]]
}

// declares reports whether an attribute declares a namespace.
func declares(name []byte) bool {
	return bytes.HasPrefix(name, []byte("xmlns")) && (len(name) == 5 || name[5] == ':')
}

// isXML reports whether a media type is data in XML: documents to be shown are not.
func isXML(mediaType string) bool {
	switch mediaType {
	case "text/xml", "application/xml", "text/xml-external-parsed-entity", "application/xml-external-parsed-entity":
		return true
	case "image/svg+xml", "application/xhtml+xml", "application/mathml+xml", "application/xslt+xml", "application/smil+xml", "application/dash+xml",
		"application/vnd.mozilla.xul+xml", "application/ttml+xml", "application/xml-dtd":
		return false
	}
	return len(mediaType) > 4 && mediaType[len(mediaType)-4:] == "+xml"
}
