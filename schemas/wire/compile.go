package wire

import (
	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// Limits of a structure.
const (
	maxStructure = 1 << 20 // bytes of a definition
	maxPositions = 1 << 14 // nodes, and entries of lists
	nodeSize     = 400     // bytes that a node takes in memory, about
	maxDepth     = 2 * shape.MaxDepth
	maxCases     = 1 << 8 // of a node
)

// structure is a definition made ready for calls: fill writes a call's tally into its shapes.
type structure struct {
	kind Kind
	// of a request or a response
	call    schemas.Call // the side's own fields
	params  []param
	content *schemas.Content
	auth    []authDigests
	// of a shape
	positions *position
	twin      *structure // the same once more, for calls whose messages both have it
	// of operations
	asked []asked

	nodes int // and entries of lists
	size  int // bytes in memory, about
}

// param is a parameter and its shape, nil when it has none.
type param struct {
	*schemas.Param
	positions *position
}

type authDigests struct{ principal, token bool }

// position is a node and what its structure says about it.
type position struct {
	node    *shape.Node
	kinds   uint32
	full    bool
	formats []shape.Format
	tokens  []uint64 // room for node.Str.Tokens
	tuple   uint64
	told    bool         // it has cases
	cases   []shape.Case // room for node.Cases
	props   []position
	items   *position
	extra   *position
}

// compile reads a definition. It returns nil when it is none of a structure.
func compile(def []byte) *structure {
	if len(def) > maxStructure {
		return nil
	}
	number, body, ok := only(def)
	p := parser{s: &structure{kind: Kind(number)}}
	switch {
	case !ok:
		return nil
	case p.s.kind == RequestKind:
		p.s.content = &p.s.call.Request
		ok = read(body, p.request)
	case p.s.kind == ResponseKind:
		p.s.content = &p.s.call.Response
		ok = read(body, p.response)
	case p.s.kind == ShapeKind:
		ok = read(body, p.shape)
	case p.s.kind == OperationsKind:
		ok = read(body, p.operations)
	default:
		return nil
	}
	if !ok || !p.link() {
		return nil
	}
	p.s.size = len(def) + nodeSize*(p.s.nodes+structureNodes)
	return p.s
}

// only returns the single message field that b consists of.
func only(b []byte) (number int, body []byte, ok bool) {
	if len(b) == 0 {
		return 0, nil, false
	}
	f, rest, ok := next(b)
	return f.number, f.data, ok && len(rest) == 0 && f.typ == lengthed
}

// parser reads a structure; link joins what it found.
type parser struct {
	s      *structure
	nodes  []node
	shaped []bool // of params
	count  int    // nodes and entries
}

// node is a node as it is written.
type node struct {
	name        string
	kinds, has  uint32
	props       uint32
	formats     []shape.Format
	class       string
	numberClass string
	tuple       uint64
}

// more counts a node or an entry of a list; too many are bad.
func (p *parser) more(m *message) {
	p.count++
	m.bad = m.bad || p.count > maxPositions
}

func (p *parser) request(m *message) {
	c := &p.s.call
	switch m.number {
	case 1:
		p.node(m)
	case 2:
		c.Method = m.string()
	case 3:
		c.MethodOriginal = m.string()
	case 4:
		c.Scheme = m.string()
	case 5:
		c.Host = m.string()
	case 6:
		c.Port = m.u16()
	case 7:
		c.Peer = m.string()
	case 8:
		c.PeerPort = m.u16()
	case 9:
		c.Net = m.u32()
	case 10:
		c.Version = m.string()
	case 11:
		c.UserAgent = m.string()
	case 12:
		c.RequestSeen = m.bool()
	case 13:
		p.param(m)
	case 14:
		p.auth(m)
	case 15:
		p.content(m)
	case 16:
		c.APIVersion = m.string()
	}
}

func (p *parser) shape(m *message) {
	if m.number == 1 {
		p.node(m)
	}
}

func (p *parser) response(m *message) {
	c := &p.s.call
	switch m.number {
	case 1:
		p.node(m)
	case 2:
		c.Status = int(m.int())
	case 3:
		p.more(m)
		c.Flags = append(c.Flags, m.string())
	case 4:
		p.more(m)
		c.Anomalies = append(c.Anomalies, m.string())
	case 5:
		p.param(m)
	case 6:
		p.content(m)
	case 7:
		p.sensitive(m)
	case 8:
		c.Deprecation = m.int()
	case 9:
		c.Sunset = m.int()
	}
}

// param adds a parameter to its list. In each list they keep their order, and the
// lists follow each other.
func (p *parser) param(m *message) {
	p.more(m)
	var v schemas.Param
	var place uint64
	var shaped bool
	ok := read(m.bytes(), func(m *message) {
		switch m.number {
		case 1:
			v.Name = m.string()
		case 2:
			place = m.uint(2)
		case 3:
			v.Style = m.string()
		case 4:
			v.Class = m.string()
		case 5:
			shaped = m.bool()
		}
	})
	c := &p.s.call
	switch {
	case p.s.kind != RequestKind && place == placeField:
		c.ResponseHeaders = append(c.ResponseHeaders, v)
	case p.s.kind != RequestKind, place < placeField && len(c.Headers)+len(c.Cookies) > 0, place == placeField && len(c.Cookies) > 0:
		ok = false
	case place == placeField:
		c.Headers = append(c.Headers, v)
	case place < placeField:
		c.Query = append(c.Query, v)
	default:
		c.Cookies = append(c.Cookies, v)
	}
	p.shaped = append(p.shaped, shaped)
	m.bad = m.bad || !ok
}

func (p *parser) auth(m *message) {
	p.more(m)
	var a schemas.Auth
	var d authDigests
	ok := read(m.bytes(), func(m *message) {
		switch m.number {
		case 1:
			a.Scheme = m.string()
		case 2:
			a.In = m.string()
		case 3:
			a.Name = m.string()
		case 4:
			a.Alg = m.string()
		case 5:
			a.Expired = m.bool()
		case 6:
			a.NoExpiry = m.bool()
		case 7:
			d.principal = m.bool()
		case 8:
			d.token = m.bool()
		}
	})
	p.s.call.Auth = append(p.s.call.Auth, a)
	p.s.auth = append(p.s.auth, d)
	m.bad = m.bad || !ok
}

func (p *parser) sensitive(m *message) {
	p.more(m)
	var s schemas.Sensitive
	ok := read(m.bytes(), func(m *message) {
		switch m.number {
		case 1:
			s.Class = m.string()
		case 2:
			s.In = m.string()
		case 3:
			s.At = m.string()
		case 4:
			s.Masked = m.bool()
		case 5:
			s.Validated = m.bool()
		}
	})
	p.s.call.Sensitive = append(p.s.call.Sensitive, s)
	m.bad = m.bad || !ok
}

func (p *parser) content(m *message) {
	c := p.s.content
	ok := read(m.bytes(), func(m *message) {
		switch m.number {
		case 1:
			c.MediaType = m.string()
		case 2:
			c.Sniffed = m.bool()
		case 3:
			c.Unread = m.string()
		case 4:
			c.Print = m.uint(1)
		case 5:
			p.more(m)
			var part schemas.Part
			m.bad = !read(m.bytes(), func(m *message) {
				switch m.number {
				case 1:
					part.Name = m.string()
				case 2:
					part.MediaType = m.string()
				case 3:
					part.File = m.bool()
				}
			}) || m.bad
			c.Parts = append(c.Parts, part)
		}
	})
	m.bad = m.bad || !ok
}

func (p *parser) node(m *message) {
	p.more(m)
	var n node
	ok := read(m.bytes(), func(m *message) {
		switch m.number {
		case 1:
			n.name = m.string()
		case 2:
			n.kinds = uint32(m.uint(1<<(shape.Array+1) - 1))
		case 3:
			n.has = uint32(m.uint(2*hasCases - 1))
		case 4:
			n.props = uint32(m.uint(maxPositions))
		case 5:
			for _, f := range m.bytes() {
				if f >= byte(shape.NumFormats) || len(n.formats) > 0 && shape.Format(f) <= n.formats[len(n.formats)-1] {
					m.bad = true
					return
				}
				n.formats = append(n.formats, shape.Format(f))
			}
		case 6:
			n.class = m.string()
		case 7:
			n.numberClass = m.string()
		case 8:
			n.tuple = uint64(m.fixed())
		}
	})
	p.nodes = append(p.nodes, n)
	m.bad = m.bad || !ok
}

// link makes shapes of the nodes, and reports whether each had its place.
func (p *parser) link() bool {
	s := p.s
	s.nodes = p.count
	lists := [...][]schemas.Param{s.call.Query, s.call.Headers, s.call.Cookies, s.call.ResponseHeaders}
	i := 0
	for _, list := range lists {
		for k := range list {
			q := param{Param: &list[k]}
			if p.shaped[i] {
				if q.positions = p.take(new(position), 0); q.positions == nil {
					return false
				}
				q.Shape = q.positions.node
			}
			s.params = append(s.params, q)
			i++
		}
	}
	if s.kind == ShapeKind {
		if s.positions = p.take(new(position), 0); s.positions == nil {
			return false
		}
	}
	return p.linkAsked() && len(p.nodes) == 0
}

// take makes the next node, and those below it, the position at.
func (p *parser) take(at *position, depth int) *position {
	if len(p.nodes) == 0 || depth > maxDepth {
		return nil
	}
	n := p.nodes[0]
	p.nodes = p.nodes[1:]
	if int(n.props) > len(p.nodes) || n.props > 0 && n.kinds>>shape.Object&1 == 0 {
		return nil
	}
	*at = position{node: &shape.Node{Truncated: n.has&isTruncated != 0}, kinds: n.kinds, full: n.has&isFull != 0, formats: n.formats, tuple: n.tuple, told: n.has&hasCases != 0}
	if (n.kinds>>shape.String&1 != 0) != (n.has&oddStr != 0) {
		at.node.Str = &shape.Strings{Class: n.class, TokensFull: at.full}
	} else if n.class != "" || n.formats != nil || at.full {
		return nil
	}
	if (n.kinds&kindsNumbers != 0) != (n.has&oddNum != 0) {
		at.node.Num = &shape.Numbers{Class: n.numberClass}
	} else if n.numberClass != "" {
		return nil
	}
	if n.props > 0 {
		at.node.Props, at.props = make([]shape.Prop, n.props), make([]position, n.props)
	}
	for i := range at.props {
		if len(p.nodes) == 0 {
			return nil
		}
		name := p.nodes[0].name
		if i > 0 && name <= at.node.Props[i-1].Name || p.take(&at.props[i], depth+1) == nil {
			return nil
		}
		at.node.Props[i] = shape.Prop{Name: name, Node: at.props[i].node}
	}
	if n.has&hasItems != 0 {
		if at.items = p.take(new(position), depth+1); at.items == nil {
			return nil
		}
		at.node.Items = at.items.node
	}
	if n.has&hasExtra != 0 {
		if at.extra = p.take(new(position), depth+1); at.extra == nil {
			return nil
		}
		at.node.Extra = at.extra.node
	}
	return at
}

// second returns a structure like s that shares no node with it.
func (s *structure) second() *structure {
	if s.twin == nil {
		t := *s
		t.positions = new(position)
		s.positions.copy(t.positions, s.positions.node.Clone())
		s.twin = &t
	}
	return s.twin
}

// copy makes at the position p with the nodes at and below n.
func (p *position) copy(at *position, n *shape.Node) {
	*at = position{node: n, kinds: p.kinds, full: p.full, formats: p.formats, tuple: p.tuple, told: p.told}
	if p.props != nil {
		at.props = make([]position, len(p.props))
	}
	for i := range p.props {
		p.props[i].copy(&at.props[i], n.Props[i].Node)
	}
	if p.items != nil {
		at.items = new(position)
		p.items.copy(at.items, n.Items)
	}
	if p.extra != nil {
		at.extra = new(position)
		p.extra.copy(at.extra, n.Extra)
	}
}
