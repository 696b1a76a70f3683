package catalog

import (
	"unsafe"

	"wirecensus/schemas/shape"
)

// Bytes of memory beside what a type holds itself: of a key in a map, of a map,
// of a text, of a position of a shape.
const (
	mapEntry     = 48
	mapItself    = 96
	textSize     = 24
	positionSize = int(unsafe.Sizeof(shape.Node{})+unsafe.Sizeof(shape.Prop{})+unsafe.Sizeof(shape.Strings{})) + textSize
)

// Size estimates the bytes of memory that a service takes. It looks at every
// place of the service.
func (c *Catalog) Size(name string) int {
	n := 0
	for _, s := range [...]*service{c.good[name], c.bad[name]} {
		if s != nil {
			n += s.size()
		}
	}
	return n
}

func (s *service) size() int {
	n := int(unsafe.Sizeof(*s)+unsafe.Sizeof(*s.tree)) + 2*mapItself + s.peers.size() + s.tree.root.size()
	n += s.exact.size()
	s.tree.census.sketches(func(p *small) { n += p.size() })
	if s.tree.census.seen != nil {
		n += 8 * recent
	}
	if b := s.bodies; b != nil {
		n += 4 * cap(b.few)
		if b.bits != nil {
			n += bloomBits / 8
		}
	}
	return n
}

func (s *Set) size() int {
	if s.big != nil {
		return len(s.big)
	}
	return 8 * cap(s.small)
}

func (n *node) size() int {
	k := int(unsafe.Sizeof(*n)) + textSize + n.kids.size()
	if n.mark != nil {
		k += int(unsafe.Sizeof(*n.mark))
	}
	if n.keys != nil {
		k += int(unsafe.Sizeof(*n.keys)) + n.keys.size()
	}
	k += cap(n.fields) * (int(unsafe.Sizeof(tallied{})) + textSize)
	for _, p := range n.ops {
		k += int(unsafe.Sizeof(*p)) + p.size()
	}
	for _, g := range n.groups {
		k += int(unsafe.Sizeof(*g)) + g.distinct.size()
		for _, c := range g.kept {
			k += c.size()
		}
		if g.rest != nil {
			k += g.rest.size()
		}
	}
	return k
}

func (o *Operation) size() int {
	k := 6*mapItself + o.Clients.size() + o.Principals.size() + (len(o.Statuses)+len(o.agents))*mapEntry + paramsSize(o.Query) + paramsSize(o.Headers) + paramsSize(o.Cookies) +
		cap(o.callers)*(int(unsafe.Sizeof(Caller{}))+textSize) + bodiesSize(o.Requests) +
		len(o.Auth)*(2*mapEntry+int(unsafe.Sizeof(AuthStat{}))) + len(o.Sensitive)*(2*mapEntry+int(unsafe.Sizeof(SensitiveStat{})))
	for _, v := range o.Versions {
		k += mapEntry + textSize + int(unsafe.Sizeof(*v)) + v.Clients.size()
	}
	if o.Carried != nil {
		k += o.Carried.size()
	}
	for _, r := range o.Responses {
		k += mapEntry + int(unsafe.Sizeof(*r)) + bodiesSize(r.Types) + paramsSize(r.Headers)
	}
	return k
}

func (c *Carried) size() int {
	k := int(unsafe.Sizeof(*c)) + 3*mapItself + len(c.Shifts)*mapEntry + len(c.protocols)*textSize
	for _, m := range [...]map[OperationKey]*Asked{c.Operations, c.refused} {
		for _, a := range m {
			k += 2*mapEntry + int(unsafe.Sizeof(*a)) + a.Clients.size() + (len(a.statuses)+len(a.documents))*mapEntry + paramsSize(a.Args) + a.result.Positions()*positionSize
		}
	}
	return k
}

func paramsSize(m map[string]*Param) int {
	k := 0
	for _, p := range m {
		k += mapEntry + textSize*len(p.styles) + int(unsafe.Sizeof(*p)) + p.acc.Positions()*positionSize
	}
	return k
}

func bodiesSize(m map[string]*Body) int {
	k := 0
	if len(m) > 0 {
		k = mapItself
	}
	for _, b := range m {
		k += mapEntry + int(unsafe.Sizeof(*b)) + b.Prints.size() + b.acc.Positions()*positionSize + len(b.Parts)*(mapEntry+mapItself)
	}
	return k
}
