package template

import "strings"

// Node is one place of the tree of observed paths: what was seen of the paths
// that end here, and the segments that follow. Only successful calls belong in it.
type Node struct {
	Text     string // the segment as sent; "" at the root and in a Rest
	Class    Class  // of Text, or of all members of a Rest
	Rest     bool   // stands for many segments of one class of which no text was kept
	Distinct uint64 // segments that a Rest stands for
	Children []*Node
	Ops      []Op // by method, sorted
	// Self counts calls whose own body named Text as an identifier, Elsewhere is
	// 1 when some other body of the service did.
	Self, Elsewhere uint64
	// Named counts calls whose own body had Text, or a member of a Rest, as the value of a field, and
	// Fields those by the name of each, where it is Naming. A call may have several.
	Named  uint64
	Fields []Field
	ID     int // the caller's; not read here

	value bool    // the label of the latest pass
	calls float64 // at and below
}

// Op is what was seen of one method at one node.
type Op struct {
	Method string
	Calls  uint64
	// Keys are the names in the bodies of successful responses, sorted by ID.
	Keys []Key
}

// Key is the digest of the path of a name in a body, the share of the calls
// that had it, 0 to 1, and how many objects it is inside of.
type Key struct {
	ID    uint64
	Rate  float64
	Level int
}

// Place is a decided place: one literal or parameter segment, and the nodes that
// it stands for.
type Place struct {
	Segment  Segment
	Nodes    []*Node
	Children []*Place
	// Confidence that this segment is rightly a literal or a parameter, given its
	// parent's; Why says from what it follows.
	Confidence float64
	Why        string
	// For and Against are the evidence behind Confidence, as sentences with
	// counts, the weightiest first.
	For, Against []string
	// Override is the ID of the override that decided this segment, NamedBy of the
	// one that named the parameters on the way; "" evidence or a document did.
	Override, NamedBy string

	sure  bool        // a literal beyond doubt
	hints []*declared // what declared templates say of the children
	rules []live      // overrides that say something of what is below
	names []string    // that an override gives to the parameters on the way
	named bool        // by an override of kind Name
}

// Segment is one segment of a template: Literal, or parameters with literal text around.
type Segment struct {
	Literal        string
	Param          bool
	Prefix, Suffix string
	Separator      string // between the first two parameters of a composite segment; "" when there is one
	// More are the separators before the third parameter and those after it, each with a slash before it; "" when there are no more than two.
	More         string
	Name, Second string // of the parameters, where a declared template or an override says
	Others       string // names of the third and further parameters, as More has their separators
}

// maxParts is how many parameters one segment has at most.
const maxParts = 6

// Separators are what stands between the parameters of a segment, in order: one less than there are parameters.
func (s *Segment) Separators() []string {
	if s.Separator == "" {
		return nil
	}
	return strings.Split(s.Separator+s.More, "/")
}

// given are the names of the parameters that a declared template or an override says, in order; of all of them, or fewer.
func (s *Segment) given() []string {
	return strings.Split(s.Name+"/"+s.Second+s.Others, "/")
}

// hash is FNV-1a with a final mix; it orders and names features.
func hash(h uint64, s string) uint64 {
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * 0x100000001b3
	}
	h ^= h >> 29
	return h * 0xbf58476d1ce4e5b9
}

const seed = 0xcbf29ce484222325
