package shape

// Limits of what is remembered of contexts. It changes speed only.
const (
	planBits  = 11
	numPlans  = 1 << planBits // contexts
	maxPlan   = 512           // nodes of a context; larger ones are not remembered
	maxPlans  = 1 << 14       // nodes of all contexts; beyond, all are forgotten
	planSlack = 64            // nodes that no text of late had, beside as many as the last one had
)

// plan is the tree that the texts of a context had: where it comes again nothing is
// looked up, linked or put into order. Only nodes that a text has are part of its shape.
type plan struct {
	context uint64
	nodes   []node
	sorted  []int32
}

// Expect says that the text to come is probably like others of the same context. It
// may be called between Begin and what is added, and changes speed only.
func (s *Scanner) Expect(context uint64) {
	if s.unload(); context == 0 {
		context = 1
	}
	p := &s.plans[context*0x9E3779B97F4A7C15>>(64-planBits)]
	if p.context != context {
		s.kept -= len(p.nodes)
		p.context, p.nodes, p.sorted = context, p.nodes[:0], p.sorted[:0]
	}
	s.kept -= len(p.nodes)
	s.plan, s.nodes, s.sorted = p, p.nodes, p.sorted
	s.root()
}

// root makes the root of the shape begun.
func (s *Scanner) root() {
	if s.tallies = s.tallies[:0]; len(s.nodes) == 0 {
		s.sorted = s.sorted[:0]
		s.newNode(-1, keyRoot, 0)
		return
	}
	s.touch(-1, 0)
}

// unload gives the nodes back to their plan.
func (s *Scanner) unload() {
	p := s.plan
	p.nodes, p.sorted = s.nodes, s.sorted
	if p == &s.plain {
		return
	}
	// A tree of which most is met no more is grown anew.
	if len(p.nodes) > 2*len(s.tallies)+planSlack || len(p.sorted) > 4*len(p.nodes)+planSlack {
		p.nodes, p.sorted = p.nodes[:0], p.sorted[:0]
	}
	if len(p.nodes) > maxPlan {
		*p = plan{}
	}
	s.plan = &s.plain
	s.nodes, s.sorted = nil, nil
	if s.kept += len(p.nodes); s.kept > maxPlans {
		s.dropPlans()
	}
}

// dropPlans forgets all contexts.
func (s *Scanner) dropPlans() {
	clear(s.plans)
	s.kept = 0
	s.plain.nodes, s.plain.sorted = s.plain.nodes[:0], s.plain.sorted[:0]
}
