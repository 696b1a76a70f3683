package bpf

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/net/bpf"
)

// Link is what a frame begins with.
type Link uint8

// Links.
const (
	Ethernet Link = iota
	RawIP         // an IPv4 or IPv6 header
)

const maxProgram = 4096

// Compile returns the program that keeps the first keep bytes of the frames that
// match expr, and nothing of the others. The error is a [SyntaxError].
func Compile(expr string, link Link, keep uint32) ([]bpf.RawInstruction, error) {
	prog, err := compile(expr, link, keep)
	if err != nil {
		return nil, err
	}
	return bpf.Assemble(prog)
}

func compile(expr string, link Link, keep uint32) ([]bpf.Instruction, error) {
	n, err := parse(expr)
	if err != nil {
		return nil, err
	}
	if n == nil {
		return []bpf.Instruction{bpf.RetConstant{Val: keep}}, nil
	}
	var g generator
	l := lowering{link: link}
	yes, no := g.label(), g.label()
	l.prologue(&g)
	g.tree(l.node(n), yes, no)
	g.place(yes)
	g.emit(bpf.RetConstant{Val: keep})
	g.place(no)
	g.emit(bpf.RetConstant{Val: 0})
	prog := g.link()
	if len(prog) > maxProgram {
		return nil, &SyntaxError{Expr: expr[:min(len(expr), 40)] + "…", Msg: fmt.Sprintf("%d instructions: the kernel takes at most %d", len(prog), maxProgram), Hint: "write nets in place of many hosts, portrange in place of many ports"}
	}
	return prog, nil
}

// cond is a condition on a frame: and, or, not, or a test.
type cond struct {
	op   op
	a, b *cond
	load []bpf.Instruction // leaves what is tested in register A
	test bpf.JumpTest
	val  uint32
}

func and(a, b *cond) *cond { return &cond{op: opAnd, a: a, b: b} }
func or(a, b *cond) *cond  { return &cond{op: opOr, a: a, b: b} }

// lowering turns primitives into conditions on bytes.
type lowering struct{ link Link }

// Scratch memory, set by the prologue: the EtherType behind all tags, and how many
// bytes the tags in the frame take.
const (
	slotType = 0
	slotTags = 1
)

const (
	etherHeader = 14
	fragmentHdr = 44
)

// prologue finds out what the frame carries.
func (l lowering) prologue(g *generator) {
	if l.link == RawIP {
		six, four, none, done := g.label(), g.label(), g.label(), g.label()
		g.emit(bpf.LoadAbsolute{Off: 0, Size: 1}, bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 4})
		next := g.label()
		g.jump(bpf.JumpEqual, 4, four, next)
		g.place(next)
		g.jump(bpf.JumpEqual, 6, six, none)
		for _, c := range []struct {
			at label
			v  uint32
		}{{four, 0x0800}, {six, 0x86dd}} {
			g.place(c.at)
			g.emit(bpf.LoadConstant{Dst: bpf.RegA, Val: c.v})
			g.jump(bpf.JumpEqual, c.v, done, done)
		}
		g.place(none)
		g.emit(bpf.LoadConstant{Dst: bpf.RegA, Val: 0})
		g.place(done)
		g.emit(bpf.StoreScratch{Src: bpf.RegA, N: slotType})
		return
	}
	done := g.label()
	for tags := range uint32(3) {
		g.emit(bpf.LoadConstant{Dst: bpf.RegX, Val: 4 * tags}, bpf.StoreScratch{Src: bpf.RegX, N: slotTags}, bpf.LoadAbsolute{Off: 12 + 4*tags, Size: 2})
		if tags == 2 {
			break
		}
		again := g.label()
		for _, tag := range []uint32{0x8100, 0x88a8} {
			other := g.label()
			g.jump(bpf.JumpEqual, tag, again, other)
			g.place(other)
		}
		g.jump(bpf.JumpEqual, 0x9100, again, done)
		g.place(again)
	}
	g.place(done)
	g.emit(bpf.StoreScratch{Src: bpf.RegA, N: slotType})
}

func (l lowering) node(n *node) *cond {
	switch n.op {
	case opPrim:
		return l.primitive(n.prim)
	case opNot:
		return &cond{op: opNot, a: l.node(n.a)}
	}
	return &cond{op: n.op, a: l.node(n.a), b: l.node(n.b)}
}

// at loads size bytes at an offset into the network header.
func (l lowering) at(off uint32, size int) []bpf.Instruction {
	if l.link == RawIP {
		return []bpf.Instruction{bpf.LoadAbsolute{Off: off, Size: size}}
	}
	return []bpf.Instruction{bpf.LoadScratch{Dst: bpf.RegX, N: slotTags}, bpf.LoadIndirect{Off: etherHeader + off, Size: size}}
}

func (l lowering) field(off uint32, size int, mask, v uint32) *cond {
	load := l.at(off, size)
	if mask != 0xffffffff {
		load = append(load, bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: mask})
	}
	return &cond{load: load, test: bpf.JumpEqual, val: v}
}

func (l lowering) byteIs(off, v uint32) *cond { return l.field(off, 1, 0xffffffff, v) }

func etherIs(v uint32) *cond {
	return &cond{load: []bpf.Instruction{bpf.LoadScratch{Dst: bpf.RegA, N: slotType}}, test: bpf.JumpEqual, val: v}
}

func (l lowering) primitive(p primitive) *cond {
	switch p.kind {
	case kindEther:
		return etherIs(p.lo)
	case kindHost:
		return l.host(p)
	case kindPort:
		return l.port(p)
	case kindVLAN:
		return l.vlan(p)
	case kindMore, kindLess:
		test := bpf.JumpGreaterOrEqual
		if p.kind == kindLess {
			test = bpf.JumpLessOrEqual
		}
		return &cond{load: []bpf.Instruction{bpf.LoadExtension{Num: bpf.ExtLen}}, test: test, val: p.lo}
	}
	return l.families(p.proto, l.proto4(p.lo), l.proto6(p.lo))
}

// families is four for IPv4 or six for IPv6, as far as the qualifier allows either.
func (l lowering) families(proto string, four, six *cond) *cond {
	four, six = and(etherIs(0x0800), four), and(etherIs(0x86dd), six)
	switch proto {
	case "ip":
		return four
	case "ip6":
		return six
	}
	return or(four, six)
}

func (l lowering) proto4(v uint32) *cond { return l.byteIs(9, v) }

// proto6 looks through a fragment header and, as tcpdump, through no other.
func (l lowering) proto6(v uint32) *cond {
	return or(l.byteIs(6, v), and(l.byteIs(6, fragmentHdr), l.byteIs(40, v)))
}

// ways joins the conditions on source and destination.
func ways(d dir, src, dst *cond) *cond {
	switch d {
	case source:
		return src
	case destination:
		return dst
	case both:
		return and(src, dst)
	}
	return or(src, dst)
}

// host compares the addresses of IP, and the protocol addresses of ARP and RARP.
func (l lowering) host(p primitive) *cond {
	if p.net.Addr().Is6() {
		return and(etherIs(0x86dd), ways(p.dir, l.address(8, p), l.address(24, p)))
	}
	four := and(etherIs(0x0800), ways(p.dir, l.address(12, p), l.address(16, p)))
	resolution := ways(p.dir, l.address(14, p), l.address(24, p))
	switch p.proto {
	case "ip":
		return four
	case "":
		return or(four, and(or(etherIs(0x0806), etherIs(0x8035)), resolution))
	}
	return and(etherIs(etherTypes[p.proto]), resolution)
}

// address compares the address at an offset with a prefix, word by word.
func (l lowering) address(off uint32, p primitive) *cond {
	b := p.net.Addr().AsSlice()
	var c *cond
	for i, bits := 0, p.net.Bits(); i < len(b) && (bits > 0 || i == 0); i, bits = i+4, bits-32 {
		mask := ^uint32(0) << max(0, 32-bits)
		one := l.field(off+uint32(i), 4, mask, binary.BigEndian.Uint32(b[i:])&mask)
		if c == nil {
			c = one
		} else {
			c = and(c, one)
		}
	}
	return c
}

// port compares the ports of TCP, UDP and SCTP. Later fragments have none.
func (l lowering) port(p primitive) *cond {
	carries := func(proto func(uint32) *cond) *cond {
		if v, ok := transports[p.proto]; ok {
			return proto(v)
		}
		return or(or(proto(6), proto(17)), proto(132))
	}
	first := &cond{op: opNot, a: &cond{load: l.at(6, 2), test: bpf.JumpBitsSet, val: 0x1fff}}
	four := and(and(carries(l.proto4), first), ways(p.dir, within(l.port4(0), p), within(l.port4(2), p)))
	six := and(carries(func(v uint32) *cond { return l.byteIs(6, v) }), ways(p.dir, within(l.at(40, 2), p), within(l.at(42, 2), p)))
	return l.families(p.proto, four, six)
}

// port4 loads a port behind an IPv4 header of any length.
func (l lowering) port4(off uint32) []bpf.Instruction {
	if l.link == RawIP {
		return []bpf.Instruction{bpf.LoadMemShift{Off: 0}, bpf.LoadIndirect{Off: off, Size: 2}}
	}
	return append(l.at(0, 1),
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 15}, bpf.ALUOpConstant{Op: bpf.ALUOpShiftLeft, Val: 2}, bpf.ALUOpX{Op: bpf.ALUOpAdd}, bpf.TAX{},
		bpf.LoadIndirect{Off: etherHeader + off, Size: 2})
}

// within is lo ≤ what is loaded ≤ hi.
func within(load []bpf.Instruction, p primitive) *cond {
	if p.lo == p.hi {
		return &cond{load: load, test: bpf.JumpEqual, val: p.lo}
	}
	return and(&cond{load: load, test: bpf.JumpGreaterOrEqual, val: p.lo}, &cond{load: load, test: bpf.JumpLessOrEqual, val: p.hi})
}

// vlan looks at the tag that the kernel took out and at those in the frame.
func (l lowering) vlan(p primitive) *cond {
	taken := &cond{load: []bpf.Instruction{bpf.LoadExtension{Num: bpf.ExtVLANTagPresent}}, test: bpf.JumpNotEqual, val: 0}
	if p.given {
		id := []bpf.Instruction{bpf.LoadExtension{Num: bpf.ExtVLANTag}, bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0xfff}}
		taken = and(taken, &cond{load: id, test: bpf.JumpEqual, val: p.lo})
	}
	if l.link == RawIP {
		return taken
	}
	c := taken
	for i := range uint32(2) {
		there := &cond{load: []bpf.Instruction{bpf.LoadScratch{Dst: bpf.RegA, N: slotTags}}, test: bpf.JumpGreaterThan, val: 4 * i}
		if p.given {
			id := []bpf.Instruction{bpf.LoadAbsolute{Off: etherHeader + 4*i, Size: 2}, bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0xfff}}
			there = and(there, &cond{load: id, test: bpf.JumpEqual, val: p.lo})
		}
		c = or(c, there)
	}
	return c
}
