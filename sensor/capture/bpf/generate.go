package bpf

import "golang.org/x/net/bpf"

// label is a place in the program, to be jumped to from before it.
type label int

// step is an instruction or, if ins is nil, a test with two ways on.
type step struct {
	ins         bpf.Instruction
	test        bpf.JumpTest
	val         uint32
	yes, no     label
	long        bool // the ways are too far for one instruction
	at          int  // place in the finished program
	yesAt, noAt int  // distances to the ways on
}

// size is the number of instructions.
func (s *step) size() int {
	if s.ins == nil && s.long {
		return 3
	}
	return 1
}

// generator lays out a program. Every jump leads forward, as BPF demands.
type generator struct {
	steps  []step
	labels []int // index of the step behind each label
}

func (g *generator) label() label {
	g.labels = append(g.labels, -1)
	return label(len(g.labels) - 1)
}

// place says that l is here.
func (g *generator) place(l label) { g.labels[l] = len(g.steps) }

func (g *generator) emit(ins ...bpf.Instruction) {
	for _, i := range ins {
		g.steps = append(g.steps, step{ins: i})
	}
}

// jump goes to yes if register A passes the test, and to no otherwise.
func (g *generator) jump(test bpf.JumpTest, val uint32, yes, no label) {
	g.steps = append(g.steps, step{test: test, val: val, yes: yes, no: no})
}

// tree goes to yes if c holds and to no otherwise.
func (g *generator) tree(c *cond, yes, no label) {
	switch c.op {
	case opNot:
		g.tree(c.a, no, yes)
	case opAnd:
		then := g.label()
		g.tree(c.a, then, no)
		g.place(then)
		g.tree(c.b, yes, no)
	case opOr:
		otherwise := g.label()
		g.tree(c.a, yes, otherwise)
		g.place(otherwise)
		g.tree(c.b, yes, no)
	default:
		g.emit(c.load...)
		g.jump(c.test, c.val, yes, no)
	}
}

// link resolves the labels. A conditional jump reaches 255 instructions; one that leads farther
// becomes three instructions, which may push others over that limit, so it repeats.
func (g *generator) link() []bpf.Instruction {
	for g.layout() {
	}
	var out []bpf.Instruction
	for i := range g.steps {
		s := &g.steps[i]
		switch {
		case s.ins != nil:
			out = append(out, s.ins)
		case s.long:
			out = append(out, bpf.JumpIf{Cond: s.test, Val: s.val, SkipFalse: 1},
				bpf.Jump{Skip: uint32(s.yesAt - 2)}, bpf.Jump{Skip: uint32(s.noAt - 3)})
		default:
			out = append(out, bpf.JumpIf{Cond: s.test, Val: s.val, SkipTrue: uint8(s.yesAt - 1), SkipFalse: uint8(s.noAt - 1)})
		}
	}
	return out
}

// layout computes places and distances and reports whether a step grew.
func (g *generator) layout() (grew bool) {
	at := 0
	for i := range g.steps {
		g.steps[i].at = at
		at += g.steps[i].size()
	}
	for i := range g.steps {
		s := &g.steps[i]
		if s.ins != nil {
			continue
		}
		s.yesAt, s.noAt = g.steps[g.labels[s.yes]].at-s.at, g.steps[g.labels[s.no]].at-s.at
		if !s.long && max(s.yesAt, s.noAt) > 256 {
			s.long, grew = true, true
		}
	}
	return grew
}
