package shape

import (
	"cmp"
	"slices"
)

// trimmer removes the positions beyond a number that are greatest by depth, then
// by hash. A position is never less than one above it, so none hangs in the air.
type trimmer struct {
	list []position // in the order of a walk
	next int        // in list, of the second walk
}

// position is one node of a shape.
type position struct {
	depth  int
	hash   uint64 // of the way from the root
	parent int    // index, -1 at the root
	name   string // of the property
	via    via
	end    int // index behind the positions below
	drop   bool
}

// via is how a node hangs on its parent.
type via uint8

const (
	viaItems via = iota
	viaExtra     // belongs to its parent: not counted, not removed
	viaProp
)

// trim reduces a to its bound.
func (a *Acc) trim() {
	t := &trimmer{list: make([]position, 1, a.count+a.count/4)}
	t.list[0] = position{parent: -1}
	t.walk(a.root, 0)
	counted := make([]int, 0, a.count)
	for i := range t.list {
		if t.list[i].via != viaExtra || i == 0 {
			counted = append(counted, i)
		}
	}
	slices.SortFunc(counted, t.compare)
	for _, i := range counted[a.bound():] {
		t.list[i].drop = true
	}
	t.next = 1
	t.remove(a.root)
	a.count, a.view = a.bound(), nil
}

// walk lists the positions below n, which is the one at self.
func (t *trimmer) walk(n *Node, self int) {
	if n.Items != nil {
		t.child(self, n.Items, viaItems, "")
	}
	if n.Extra != nil {
		t.child(self, n.Extra, viaExtra, "")
	}
	for i := range n.Props {
		t.child(self, n.Props[i].Node, viaProp, n.Props[i].Name)
	}
	t.list[self].end = len(t.list)
}

func (t *trimmer) child(parent int, n *Node, by via, name string) {
	up := &t.list[parent]
	h := (up.hash ^ uint64(by) + 1) * 0x9e3779b97f4a7c15
	for i := 0; i < len(name); i++ {
		h = (h ^ uint64(name[i])) * 0x100000001b3
	}
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	t.list = append(t.list, position{depth: up.depth + 1, hash: h ^ h>>32, parent: parent, name: name, via: by})
	t.walk(n, len(t.list)-1)
}

// compare orders two positions of the list; different ones are never equal.
func (t *trimmer) compare(i, j int) int {
	if i == j {
		return 0
	}
	a, b := &t.list[i], &t.list[j]
	if c := cmp.Or(cmp.Compare(a.depth, b.depth), cmp.Compare(a.hash, b.hash)); c != 0 {
		return c
	}
	return cmp.Or(t.compare(a.parent, b.parent), cmp.Compare(a.via, b.via), cmp.Compare(a.name, b.name))
}

// remove takes away what is to be dropped below n.
func (t *trimmer) remove(n *Node) {
	if n.Items != nil {
		if p := &t.list[t.next]; p.drop {
			n.Items, n.Tuple, n.Truncated, t.next = nil, 0, true, p.end
		} else {
			t.next++
			t.remove(n.Items)
		}
	}
	if n.Extra != nil {
		t.next++
		t.remove(n.Extra)
	}
	kept := n.Props[:0]
	for _, q := range n.Props {
		if p := &t.list[t.next]; p.drop {
			t.next = p.end
			n.addExtra(q.Node)
		} else {
			t.next++
			t.remove(q.Node)
			kept = append(kept, q)
		}
	}
	clear(n.Props[len(kept):])
	if n.Props = kept; len(kept) == 0 {
		n.Props = nil
	}
}

// addExtra adds what p says of its own values to n.Extra.
func (n *Node) addExtra(p *Node) {
	if n.Extra == nil {
		n.Extra = new(Node)
	}
	n.Cases = nil
	n.Extra.addOwn(p)
	n.Extra.Truncated = n.Extra.Truncated || p.Items != nil || p.Extra != nil || len(p.Props) > 0
}
