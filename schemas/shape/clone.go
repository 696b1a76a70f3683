package shape

import "slices"

// Clone returns a copy of n that shares nothing with it.
func (n *Node) Clone() *Node {
	if n == nil {
		return nil
	}
	var need parts
	need.measure(n)
	c := cloner{make([]Node, need.nodes), make([]Prop, need.props), make([]Strings, need.texts), make([]Numbers, need.numbers)}
	return c.clone(n)
}

// parts counts what a shape is made of.
type parts struct{ nodes, props, texts, numbers int }

func (p *parts) measure(n *Node) {
	p.nodes++
	p.props += len(n.Props)
	if n.Str != nil {
		p.texts++
	}
	if n.Num != nil {
		p.numbers++
	}
	if n.Items != nil {
		p.measure(n.Items)
	}
	if n.Extra != nil {
		p.measure(n.Extra)
	}
	for i := range n.Props {
		p.measure(n.Props[i].Node)
	}
}

// cloner holds the room of a copy: one allocation for each type, in the order in
// which shapes are walked, so that walking the copy reads memory in order.
type cloner struct {
	nodes   []Node
	props   []Prop
	texts   []Strings
	numbers []Numbers
}

func (c *cloner) clone(n *Node) *Node {
	m := &c.nodes[0]
	c.nodes = c.nodes[1:]
	*m = *n
	m.Cases, m.plain = slices.Clone(n.Cases), false
	if n.Str != nil {
		m.Str = &c.texts[0]
		c.texts = c.texts[1:]
		*m.Str = *n.Str
		m.Str.Formats, m.Str.Tokens = n.Str.Formats.clone(), slices.Clone(n.Str.Tokens)
	}
	if n.Num != nil {
		m.Num = &c.numbers[0]
		c.numbers = c.numbers[1:]
		*m.Num = *n.Num
	}
	if n.Items != nil {
		m.Items = c.clone(n.Items)
	}
	if n.Extra != nil {
		m.Extra = c.clone(n.Extra)
	}
	if len(n.Props) > 0 {
		m.Props = c.props[:len(n.Props):len(n.Props)]
		c.props = c.props[len(n.Props):]
		for i := range n.Props {
			m.Props[i] = n.Props[i]
			m.Props[i].Node = c.clone(n.Props[i].Node)
		}
	}
	return m
}
