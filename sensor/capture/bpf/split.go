package bpf

import (
	"encoding/binary"

	"golang.org/x/net/bpf"
)

// Split divides traffic among workers so that both directions of a flow come to the same one: by the
// addresses of the innermost packet and, for TCP and UDP, its ports. The kernel does it with the program, on
// every frame; Of does it for a packet that was decoded. Fragments go by their addresses alone, frames that
// the program cannot read to their innermost packet by those that it can, or to worker 0: there Of
// has the last word.
type Split struct {
	// Key scatters the flows; with another one they are divided otherwise.
	Key uint32
	// Hosts leaves the ports out: all flows of two hosts stay together.
	Hosts bool
}

// The constants of the hash: odd, with an even spread of bits.
const (
	splitC0 = 0x9e3779b1
	splitC1 = 0x85ebca6b
)

func stir(h, word uint32) uint32 {
	h = (h ^ word) * splitC0
	return h ^ h>>15
}

// Of returns the number of which the remainder by the number of workers is the worker. Addresses are those
// of IPv6, or of IPv4 mapped into it.
func (s Split) Of(src, dst *[16]byte, srcPort, dstPort uint16) uint32 {
	if s.Hosts {
		srcPort, dstPort = 0, 0
	}
	// A sum does not depend on the order of the ends.
	h := s.end(src, srcPort) + s.end(dst, dstPort)
	return (h ^ h>>16) * splitC1 >> 8
}

func (s Split) end(ip *[16]byte, port uint16) uint32 {
	h := s.Key
	be := binary.BigEndian
	if be.Uint64(ip[:]) == 0 && be.Uint32(ip[8:]) == 0xffff {
		return stir(stir(h, be.Uint32(ip[12:])), uint32(port))
	}
	for i := 0; i < 16; i += 4 {
		h = stir(h, be.Uint32(ip[i:]))
	}
	return stir(h, uint32(port))
}

// Program returns the program for PACKET_FANOUT_DATA of a fanout of type PACKET_FANOUT_CBPF. It reads
// Ethernet with two VLAN tags beside the one that the kernel has taken out, PPPoE, IPv4 and IPv6 without extension headers,
// and the tunnels VXLAN, GENEVE, GTP-U, GRE, ERSPAN and IP in IP, up to four inside each other.
func (s Split) Program() ([]bpf.RawInstruction, error) {
	p := splitter{Split: s}
	prog, err := bpf.Assemble(p.build((*splitter).where))
	if err != nil {
		return nil, err
	}
	return prog, nil
}

// Scratch memory of the program.
const (
	slotIP    = 2 // where the innermost IP header is
	slotPorts = 3 // where its transport header is
	slotSum   = 4 // the hash of the first end
	slotHash  = 5 // the hash so far
	slotNext  = 6 // where what follows is
	slotFlags = 7
)

const splitDepth = 4 // tunnels inside each other, as package decode has it

// splitter lays out the program. Everywhere register X is the place that is looked at.
type splitter struct {
	Split
	generator
	none              label // not a packet that can be read
	four, six         label // hash the addresses of the packet at slotIP, and what slotPorts says
	bare4, bare6      label // the same without ports
	types, ip4s, ip6s [splitDepth + 2]label
	ethers            [splitDepth + 2]label
}

// build lays out the program. begin leaves the EtherType in A and what is behind it in X.
func (p *splitter) build(begin func(*splitter)) []bpf.Instruction {
	p.none, p.four, p.six, p.bare4, p.bare6 = p.label(), p.label(), p.label(), p.label(), p.label()
	for i := range p.types {
		p.types[i], p.ip4s[i], p.ip6s[i], p.ethers[i] = p.label(), p.label(), p.label(), p.label()
	}
	begin(p)
	for i := range splitDepth + 1 {
		p.level(i)
	}
	p.hash(p.bare4, p.four, 12, 1)
	p.hash(p.bare6, p.six, 8, 4)
	// At the end, because the kernel takes what follows a return for reachable from it, with the memory that is set there.
	last := splitDepth + 1
	for _, l := range []label{p.types[last], p.ip4s[last], p.ip6s[last], p.ethers[last], p.none} {
		p.place(l)
	}
	p.emit(bpf.RetConstant{Val: 0})
	return p.link()
}

// where finds the network header: A fanout looks at a frame there if it came in, and at its beginning if it goes out.
func (p *splitter) where() {
	out, ether, done := p.label(), p.label(), p.label()
	p.emit(bpf.LoadConstant{Dst: bpf.RegX, Val: 0}, bpf.LoadExtension{Num: bpf.ExtType})
	p.jump(bpf.JumpEqual, packetOutgoing, out, done)
	p.place(out)
	p.emit(bpf.LoadExtension{Num: bpf.ExtLinkLayerType})
	loop := p.label()
	p.jump(bpf.JumpEqual, hatypeEther, ether, loop)
	p.place(loop)
	p.jump(bpf.JumpEqual, hatypeLoopback, ether, done)
	p.place(ether)
	p.emit(bpf.LoadConstant{Dst: bpf.RegX, Val: etherHeader})
	p.place(done)
	p.emit(bpf.LoadExtension{Num: bpf.ExtProto})
	p.to(p.types[0])
}

// Ancillary data and types, linux/filter.h, linux/if_packet.h, linux/if_arp.h.
const (
	packetOutgoing = 4
	hatypeEther    = 1
	hatypeLoopback = 772
)

// when goes to l if A is v, and on otherwise.
func (p *splitter) when(v uint32, l label) {
	on := p.label()
	p.jump(bpf.JumpEqual, v, l, on)
	p.place(on)
}

// unless goes on if A is v, and to l otherwise.
func (p *splitter) unless(v uint32, l label) {
	on := p.label()
	p.jump(bpf.JumpEqual, v, on, l)
	p.place(on)
}

func (p *splitter) load(off uint32, size int) { p.emit(bpf.LoadIndirect{Off: off, Size: size}) }

func (p *splitter) and(mask uint32) { p.emit(bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: mask}) }

// skip moves X on by n; A is lost.
func (p *splitter) skip(n uint32) {
	p.emit(bpf.TXA{}, bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: n}, bpf.TAX{})
}

// next moves X on by n and keeps A.
func (p *splitter) next(n uint32) {
	p.emit(bpf.StoreScratch{Src: bpf.RegA, N: slotFlags})
	p.skip(n)
	p.emit(bpf.LoadScratch{Dst: bpf.RegA, N: slotFlags})
}

// to goes to l always.
func (p *splitter) to(l label) { p.jump(bpf.JumpEqual, 0, l, l) }

// level reads the headers of one packet, down to the next tunnel.
func (p *splitter) level(i int) {
	if p.place(p.ethers[i]); i > 0 {
		p.load(12, 2)
		p.next(etherHeader)
	}
	p.place(p.types[i]) // A: the EtherType, X: behind it
	for range 2 {
		tag, plain := p.label(), p.label()
		for _, t := range []uint32{0x8100, 0x88a8, 0x9100} {
			p.when(t, tag)
		}
		p.to(plain)
		p.place(tag)
		p.load(2, 2)
		p.next(4)
		p.place(plain)
	}
	p.when(0x0800, p.ip4s[i])
	p.when(0x86dd, p.ip6s[i])
	p.when(0x6558, p.ethers[i+1]) // an Ethernet frame in GRE or GENEVE
	p.unless(0x8864, p.none)
	p.load(6, 2)
	p.next(8)
	p.when(0x0021, p.ip4s[i])
	p.unless(0x0057, p.none)
	p.ip(i)
}

// ip reads the IP header of a level; it begins with IPv6, so that what comes before may fall into it.
func (p *splitter) ip(i int) {
	p.place(p.ip6s[i])
	p.emit(bpf.StoreScratch{Src: bpf.RegX, N: slotIP}, bpf.TXA{}, bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: 40}, bpf.StoreScratch{Src: bpf.RegA, N: slotPorts})
	p.load(6, 1)
	p.carries(i, p.six, p.bare6)

	p.place(p.ip4s[i])
	p.emit(bpf.StoreScratch{Src: bpf.RegX, N: slotIP})
	p.load(0, 1)
	p.and(15)
	p.emit(bpf.ALUOpConstant{Op: bpf.ALUOpShiftLeft, Val: 2}, bpf.ALUOpX{Op: bpf.ALUOpAdd}, bpf.StoreScratch{Src: bpf.RegA, N: slotPorts})
	p.load(6, 2)
	p.and(0x3fff) // more fragments, and the offset
	p.unless(0, p.bare4)
	p.load(9, 1)
	p.carries(i, p.four, p.bare4)
}

// carries looks into what the packet of protocol A carries.
func (p *splitter) carries(i int, ports, bare label) {
	udp, gre, in4, in6 := p.label(), p.label(), p.label(), p.label()
	p.when(6, ports)
	p.when(17, udp)
	p.when(47, gre)
	p.when(4, in4)
	p.when(41, in6)
	p.to(bare)
	x := bpf.LoadScratch{Dst: bpf.RegX, N: slotPorts}
	p.place(in4)
	p.emit(x)
	p.to(p.ip4s[i+1])
	p.place(in6)
	p.emit(x)
	p.to(p.ip6s[i+1])
	p.place(udp)
	p.emit(x)
	p.udp(i, gre, ports)
	p.place(gre)
	p.emit(bpf.LoadScratch{Dst: bpf.RegX, N: slotPorts})
	p.gre(i)
}

// udp looks for the tunnels over UDP; X is its header.
func (p *splitter) udp(i int, gre, ports label) {
	vxlan, geneve, gtpu, over := p.label(), p.label(), p.label(), p.label()
	p.load(2, 2)
	p.when(4789, vxlan)
	p.when(8472, vxlan)
	p.when(6081, geneve)
	p.when(2152, gtpu)
	p.when(4754, over)
	p.to(ports)

	p.place(vxlan)
	p.load(8, 1)
	p.and(8)
	p.unless(8, ports)
	p.skip(16)
	p.to(p.ethers[i+1])

	p.place(geneve)
	p.load(8, 1)
	p.and(0xc0)
	p.unless(0, ports)
	p.load(10, 2)
	p.emit(bpf.StoreScratch{Src: bpf.RegA, N: slotFlags})
	p.load(8, 1)
	p.and(0x3f)
	p.emit(bpf.ALUOpConstant{Op: bpf.ALUOpShiftLeft, Val: 2}, bpf.ALUOpX{Op: bpf.ALUOpAdd}, bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: 16}, bpf.TAX{},
		bpf.LoadScratch{Dst: bpf.RegA, N: slotFlags})
	p.to(p.types[i+1])

	p.place(gtpu)
	p.gtpu(i, ports)

	p.place(over) // RFC 8086
	p.emit(bpf.TXA{}, bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: 8}, bpf.StoreScratch{Src: bpf.RegA, N: slotPorts})
	p.to(gre)
}

// gtpu reads 3GPP TS 29.281, Section 5, with at most one extension header.
func (p *splitter) gtpu(i int, ports label) {
	plain, long, inner := p.label(), p.label(), p.label()
	p.load(8, 2)
	p.and(0xf0ff)
	p.unless(0x30ff, ports)
	p.load(8, 1)
	p.and(7)
	p.when(0, plain)
	p.and(4)
	p.when(0, long)
	p.load(19, 1)
	p.when(0, long)
	p.load(20, 1)
	p.emit(bpf.ALUOpConstant{Op: bpf.ALUOpShiftLeft, Val: 2}, bpf.ALUOpX{Op: bpf.ALUOpAdd}, bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: 19}, bpf.TAX{})
	p.load(0, 1)
	p.unless(0, p.none)
	p.skip(1)
	p.to(inner)
	p.place(plain)
	p.skip(16)
	p.to(inner)
	p.place(long)
	p.skip(20)
	p.place(inner)
	p.load(0, 1)
	p.emit(bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 4})
	p.when(4, p.ip4s[i+1])
	p.when(6, p.ip6s[i+1])
	p.to(p.none)
}

// gre reads GRE and ERSPAN; X is the header.
func (p *splitter) gre(i int) {
	mirror, three, plain := p.label(), p.label(), p.label()
	p.load(0, 2)
	p.emit(bpf.StoreScratch{Src: bpf.RegA, N: slotFlags})
	p.and(0x4007) // source routes, or another version
	p.unless(0, p.none)
	p.emit(bpf.LoadConstant{Dst: bpf.RegA, Val: 4}, bpf.ALUOpX{Op: bpf.ALUOpAdd}, bpf.StoreScratch{Src: bpf.RegA, N: slotNext})
	for _, flag := range []uint32{0x8000, 0x2000, 0x1000} { // each of them is a word more
		with, without := p.label(), p.label()
		p.emit(bpf.LoadScratch{Dst: bpf.RegA, N: slotFlags})
		p.jump(bpf.JumpBitsSet, flag, with, without)
		p.place(with)
		p.emit(bpf.LoadScratch{Dst: bpf.RegA, N: slotNext}, bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: 4}, bpf.StoreScratch{Src: bpf.RegA, N: slotNext})
		p.place(without)
	}
	p.load(2, 2)
	p.emit(bpf.LoadScratch{Dst: bpf.RegX, N: slotNext})
	p.when(0x88be, mirror)
	p.when(0x22eb, three)
	p.to(p.types[i+1])

	p.place(mirror) // type I has neither a sequence number nor a header
	p.emit(bpf.LoadScratch{Dst: bpf.RegA, N: slotFlags})
	p.and(0x1000)
	p.when(0, plain)
	p.skip(8)
	p.place(plain)
	p.to(p.ethers[i+1])

	p.place(three)
	p.load(10, 2)
	p.and(0x7c00) // FT: an Ethernet frame
	p.unless(0, p.none)
	p.load(10, 2)
	p.and(1) // O: 8 bytes more
	p.emit(bpf.ALUOpConstant{Op: bpf.ALUOpShiftLeft, Val: 3}, bpf.ALUOpX{Op: bpf.ALUOpAdd}, bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: 12}, bpf.TAX{})
	p.to(p.ethers[i+1])
}

// hash ends the program with the hash of the packet at slotIP, whose addresses are at an offset and of so many
// words. bare leaves out the ports.
func (p *splitter) hash(bare, with label, at, words uint32) {
	sum := func(ports bool) {
		for end := range uint32(2) {
			p.emit(bpf.LoadConstant{Dst: bpf.RegA, Val: p.Key}, bpf.StoreScratch{Src: bpf.RegA, N: slotHash})
			for w := range words {
				p.emit(bpf.LoadScratch{Dst: bpf.RegX, N: slotIP})
				p.load(at+4*(end*words+w), 4)
				p.stir()
			}
			if p.emit(bpf.LoadScratch{Dst: bpf.RegX, N: slotPorts}); ports {
				p.load(2*end, 2)
			} else {
				p.emit(bpf.LoadConstant{Dst: bpf.RegA, Val: 0})
			}
			p.stir()
			if end == 0 {
				p.emit(bpf.StoreScratch{Src: bpf.RegA, N: slotSum})
			}
		}
		p.emit(bpf.LoadScratch{Dst: bpf.RegX, N: slotSum}, bpf.ALUOpX{Op: bpf.ALUOpAdd}, bpf.TAX{},
			bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 16}, bpf.ALUOpX{Op: bpf.ALUOpXor},
			bpf.ALUOpConstant{Op: bpf.ALUOpMul, Val: splitC1}, bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 8}, bpf.RetA{})
	}
	p.place(with)
	if !p.Hosts {
		sum(true)
	}
	p.place(bare)
	sum(false)
}

// stir takes A into the hash at slotHash, and leaves the hash in A too.
func (p *splitter) stir() {
	p.emit(bpf.StoreScratch{Src: bpf.RegA, N: slotFlags}, bpf.LoadScratch{Dst: bpf.RegX, N: slotHash}, bpf.ALUOpX{Op: bpf.ALUOpXor},
		bpf.ALUOpConstant{Op: bpf.ALUOpMul, Val: splitC0}, bpf.TAX{},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 15}, bpf.ALUOpX{Op: bpf.ALUOpXor}, bpf.StoreScratch{Src: bpf.RegA, N: slotHash})
}
