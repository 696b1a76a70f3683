package specgen

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"wirecensus/schemas/shape"
)

// site is one object of a body: a candidate for a component.
type site struct {
	node *shape.Node
	keys string // of its properties
	size int    // number of its properties

	name string // what it would be called
	rank int    // how good the name is, lower is better
	top  bool   // the whole body, or the items of one
	noun string // groups small objects: unlike larger ones they are alike by chance
	tag  string // what the object says that it is, "" nothing
}

// group are sites with one structure: a component.
type group struct {
	key   string
	acc   shape.Acc
	sites []*site
	name  string // "" when it is written in place

	variants []variant // types of the objects, nil when there is one
	by       string    // property that says which
	one      *variant  // the type of another group that its objects are of
}

// node is the shape of all sites together.
func (g *group) node() *shape.Node { return g.acc.Whole() }

// components are the shared schemas of a document.
type components struct {
	// loose says that objects of one name are one thing when most of their
	// properties are the same, not only when all are: for documents that would be
	// too large to read otherwise.
	loose bool
	sites []*site
	byKey map[string][]*group // by properties; loose: by tag or noun
	named []*group            // in order of name
	habit habit
	lex   *lexicon
}

// Ranks of names.
const (
	rankItem = iota
	rankError
	rankCollection
	rankResult
	rankInput
	rankNested
)

// smallObject is the number of properties below which objects of one structure
// but different nouns are not taken for the same thing.
const smallObject = 4

// collect finds the objects of all bodies, groups them by structure and names
// those that are worth a name: bodies, and parts that occur in several places.
func collect(ops []*operation, loose bool, lex *lexicon) *components {
	c := &components{byKey: map[string][]*group{}, loose: loose, lex: lex}
	for _, op := range ops {
		for _, t := range sortedKeys(op.Op.Requests) {
			if b := op.Op.Requests[t]; !formType(t) && !op.apart(t) && b.Shape != nil {
				c.body(b.Shape, op.inputName(), rankInput, strings.Join(op.resource(), " "))
			}
		}
		var codes []int
		for code := range op.Op.Responses {
			codes = append(codes, code)
		}
		slices.Sort(codes)
		for _, code := range codes {
			types := op.Op.Responses[code].Types
			for _, t := range sortedKeys(types) {
				if b := types[t]; !formType(t) && !op.apart(t) && b.Shape != nil {
					name, rank, noun := op.outputName(code, b.Shape)
					c.body(b.Shape, name, rank, noun)
				}
			}
		}
	}
	c.place()
	c.settle()
	return c
}

func (op *operation) inputName() string {
	noun := pascal(op.resource())
	switch {
	case op.Method == "PATCH", op.Method == "PUT":
		return noun + "Update"
	case strings.HasPrefix(op.id, "create"):
		return noun + "Create"
	}
	return title(op.id) + "Request"
}

// outputName names the body of an answer: the resource for one of it, a list for
// several, an error, or the result of an action.
func (op *operation) outputName(code int, n *shape.Node) (string, int, string) {
	res := op.resource()
	noun := strings.Join(res, " ")
	if code >= 400 {
		return errorName(n), rankError, "error"
	}
	nouns := op.nouns()
	item := len(nouns) > 0 && nouns[len(nouns)-1].item
	id := op.id
	switch {
	case n.Kinds[shape.Array] > 0:
		return pascal(res), rankItem, noun
	case strings.HasPrefix(id, "list"):
		return pascal(res) + "List", rankCollection, noun + " list"
	case item && (op.Method == "GET" || op.Method == "PUT" || op.Method == "PATCH"), strings.HasPrefix(id, "create"), strings.HasPrefix(id, "get"):
		return pascal(res), rankItem, noun
	}
	return title(id) + "Result", rankResult, id
}

// errorName is Problem for problem details (RFC 9457), else Error.
func errorName(n *shape.Node) string {
	has := 0
	for _, p := range n.Props {
		switch p.Name {
		case "type", "title", "status":
			has++
		}
	}
	if has == 3 {
		return "Problem"
	}
	return "Error"
}

// body adds the objects of one body.
func (c *components) body(n *shape.Node, name string, rank int, noun string) {
	switch {
	case n.Kinds[shape.Object] > 0:
		c.add(n, name, rank, noun, true, 0)
	case n.Kinds[shape.Array] > 0 && n.Items != nil:
		c.body(n.Items, name, rank, noun)
	}
}

func (c *components) add(n *shape.Node, name string, rank int, noun string, top bool, depth int) {
	if n == nil || depth > maxDepth {
		return
	}
	if n.Kinds[shape.Object] > 0 {
		fixed, extra := split(n)
		c.habit.add(n.Kinds[shape.Object], fixed)
		if len(fixed) > 0 {
			c.sites = append(c.sites, &site{node: objectsOf(n), keys: keyOf(fixed), size: len(fixed), name: name, rank: rank, top: top, noun: nounOf(noun), tag: tagOf(n)})
		}
		for _, p := range fixed {
			ws := words(p.Name)
			if len(ws) == 0 {
				ws = []string{"value"}
			}
			one := singularLast(ws)
			if p.Node.Kinds[shape.Object] > 0 {
				one = ws
			}
			c.add(p.Node, pascal(one), rankNested, p.Name, false, depth+1)
		}
		c.add(extra, name+"Value", rankNested, noun+" value", false, depth+1)
	}
	if n.Kinds[shape.Array] > 0 {
		c.add(n.Items, name, rank, noun, top, depth+1)
	}
}

// place puts the sites into groups: those with most properties first where
// they are to attract the others.
func (c *components) place() {
	if c.loose {
		slices.SortStableFunc(c.sites, func(a, b *site) int {
			return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.keys, b.keys))
		})
	}
	for _, s := range c.sites {
		key := c.key(s.keys, s.noun, s.tag)
		g := c.find(s.node, key, s.noun, s.size)
		if g == nil {
			g = &group{key: s.keys}
			c.byKey[key] = append(c.byKey[key], g)
		}
		g.acc.Add(s.node)
		g.sites = append(g.sites, s)
	}
}

// key is what sites have in common that can be of one group.
func (c *components) key(keys, noun, tag string) string {
	switch {
	case !c.loose:
		return keys
	case tag != "":
		return tag
	}
	return noun
}

// find returns the group that an object belongs to, nil when there is none yet.
func (c *components) find(n *shape.Node, key, noun string, size int) *group {
	for _, g := range c.byKey[key] {
		if c.loose && similar(g.node(), n, strings.HasPrefix(key, tagged)) || !c.loose && g.takes(n, noun, size) {
			return g
		}
	}
	return nil
}

// takes says whether an object belongs to a group.
func (g *group) takes(n *shape.Node, noun string, props int) bool {
	if props < smallObject && noun != g.sites[0].noun {
		return false
	}
	return compatible(g.node(), n, 0)
}

// settle chooses which groups are components, and their names.
func (c *components) settle() {
	var groups []*group
	for _, key := range sortedKeys(c.byKey) {
		for _, g := range c.byKey[key] {
			if _, extra := split(g.node()); extra == nil && !c.loose {
				g.variants, g.by = c.lex.variants(g.node(), c.habit.support())
			}
			if g.worth() {
				slices.SortStableFunc(g.sites, func(a, b *site) int {
					return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
				})
				groups = append(groups, g)
			}
		}
	}
	slices.SortStableFunc(groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.sites[0].rank, b.sites[0].rank), cmp.Compare(len(b.sites), len(a.sites)),
			cmp.Compare(a.sites[0].name, b.sites[0].name), cmp.Compare(a.key, b.key))
	})
	for _, g := range groups {
		g.one = g.variantOf(groups)
	}
	taken := map[string]bool{}
	for _, g := range groups {
		if g.one == nil {
			g.name = g.choose(taken)
			taken[strings.ToLower(g.name)] = true
		}
	}
	for _, g := range groups {
		for i := range g.variants {
			v := &g.variants[i]
			v.name = free(variantName(v.values[0], g.name), taken)
			taken[strings.ToLower(v.name)] = true
		}
	}
	for _, g := range groups {
		if g.one != nil {
			g.name = g.one.name
		}
	}
	groups = slices.DeleteFunc(groups, func(g *group) bool { return g.one != nil })
	slices.SortFunc(groups, func(a, b *group) int { return cmp.Compare(a.name, b.name) })
	c.named = groups
}

// worth says whether a structure deserves a name: bodies of two or more
// properties, smaller ones and parts when they come up more than once.
func (g *group) worth() bool {
	fixed, _ := split(g.node())
	top := slices.ContainsFunc(g.sites, func(s *site) bool { return s.top })
	switch {
	case g.variants != nil, top && len(fixed) >= 2, len(fixed) >= 3 && len(g.sites) >= 2, top && len(g.sites) >= 2:
		return true
	}
	return false
}

func (g *group) choose(taken map[string]bool) string {
	for _, s := range g.sites {
		if s.name != "" && !taken[strings.ToLower(s.name)] {
			return s.name
		}
	}
	base := g.sites[0].name
	if base == "" {
		base = "Object"
	}
	return free(base, taken)
}

// free returns base, with a number behind it where it is taken.
func free(base string, taken map[string]bool) string {
	name := base
	for i := 2; taken[strings.ToLower(name)]; i++ {
		name = base + strconv.Itoa(i)
	}
	return name
}

// nounOf is the key of a name under which small objects are alike.
func nounOf(name string) string { return strings.Join(singularLast(words(name)), "") }

// ref returns the component of an object, "" when it is written in place. name is
// the property's name, or the noun of the body.
func (c *components) ref(n *shape.Node, name string) string {
	fixed, _ := split(n)
	if len(fixed) == 0 {
		return ""
	}
	noun := nounOf(name)
	if g := c.find(objectsOf(n), c.key(keyOf(fixed), noun, tagOf(n)), noun, len(fixed)); g != nil {
		return g.name
	}
	return ""
}

// emit writes the components in order of name.
func (c *components) emit(v30 bool, lex *lexicon) *object {
	o := obj()
	inf := inferrer{refs: c.ref, support: c.habit.support(), lexicon: lex, examples: !c.loose}
	for _, g := range c.named {
		n := g.acc.View()
		if g.variants != nil {
			o.set(g.name, emitVariants(g.variants, g.by))
			for i := range g.variants {
				v := &g.variants[i]
				o.set(v.name, inf.variant(n, v, g.by, g.sites[0].noun).emit(v30))
			}
			continue
		}
		s := &schema{types: []string{"object"}}
		inf.object(s, n, g.sites[0].noun, 0)
		o.set(g.name, s.emit(v30))
	}
	return o.sorted()
}
