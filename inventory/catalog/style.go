package catalog

import (
	"wirecensus/inventory/template"
	"wirecensus/schemas/shape"
)

// styleDepth is how many objects and lists of a body are looked into for how names are written.
const styleDepth = 3

// style is how the service writes the names of query parameters and of fields in JSON bodies, each counted once for an
// operation at a place that has it.
func (d *deciding) style() template.Style {
	if d.written == nil {
		var s template.Styles
		styles(&s, d.good.tree.root)
		is := s.Style()
		d.written = &is
	}
	return *d.written
}

func styles(s *template.Styles, n *node) {
	for _, p := range n.ops {
		for name := range p.Query {
			s.Add(name)
		}
		stylesOf(s, p.Requests)
		for status, r := range p.Responses {
			if status < 300 {
				stylesOf(s, r.Types)
			}
		}
	}
	for _, g := range n.groups {
		for _, c := range g.kept {
			styles(s, c)
		}
		if g.rest != nil {
			styles(s, g.rest)
		}
	}
}

func stylesOf(s *template.Styles, bodies map[string]*Body) {
	for _, b := range bodies {
		stylesIn(s, b.acc.View(), styleDepth)
	}
}

func stylesIn(s *template.Styles, n *shape.Node, depth int) {
	if n == nil || depth == 0 {
		return
	}
	for i := range n.Props {
		s.Add(n.Props[i].Name)
		stylesIn(s, n.Props[i].Node, depth-1)
	}
	stylesIn(s, n.Items, depth-1)
}
