package bpf

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// node is an expression: and, or, not, or a primitive.
type node struct {
	op   op
	a, b *node // of and, or; a of not
	prim primitive
}

type op uint8

const (
	opPrim op = iota
	opAnd
	opOr
	opNot
)

// kind is what a primitive looks at.
type kind uint8

const (
	kindHost  kind = iota // net: an address or a prefix
	kindPort              // lo to hi
	kindProto             // the transport protocol lo
	kindEther             // the EtherType lo
	kindVLAN              // any tag; with lo, one with that number
	kindMore              // length ≥ lo
	kindLess              // length ≤ lo
)

// dir says which of source and destination must match.
type dir uint8

const (
	either dir = iota
	source
	destination
	both
)

// primitive is one test of a frame.
type primitive struct {
	kind   kind
	proto  string // qualifier: "", ip, ip6, arp, rarp, tcp, udp, sctp
	dir    dir
	net    netip.Prefix
	lo, hi uint32
	given  bool // of vlan: lo is given
}

const (
	maxExpr  = 8192
	maxDepth = 64
)

var (
	etherTypes = map[string]uint32{"ip": 0x0800, "ip6": 0x86dd, "arp": 0x0806, "rarp": 0x8035}
	transports = map[string]uint32{"tcp": 6, "udp": 17, "sctp": 132}
	// alone are protocols that are only a test of their own.
	alone = map[string]primitive{"icmp": {kind: kindProto, proto: "ip", lo: 1}, "icmp6": {kind: kindProto, proto: "ip6", lo: 58}}
	types = map[string]kind{"host": kindHost, "net": kindHost, "port": kindPort, "portrange": kindPort, "proto": kindProto}
)

// parser reads an expression. Its methods fail by panicking with a *SyntaxError, which parse catches.
type parser struct {
	expr   string
	tokens []token
	depth  int
	// last are the qualifiers that a lone address or number takes; word is its type.
	last primitive
	word string
}

// parse reads an expression; nil is the empty one, which everything matches.
func parse(expr string) (n *node, err error) {
	if len(expr) > maxExpr {
		return nil, &SyntaxError{Expr: expr[:20] + "…", Pos: maxExpr, Msg: fmt.Sprintf("longer than %d bytes", maxExpr)}
	}
	tokens, bad := scan(expr)
	if bad != nil {
		return nil, bad
	}
	if len(tokens) == 1 {
		return nil, nil
	}
	p := &parser{expr: expr, tokens: tokens}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*SyntaxError)
			if !ok {
				panic(r)
			}
			n, err = nil, e
		}
	}()
	n = p.list()
	if t := p.peek(); t.text != "" {
		p.fail(t, "join tests with and or or", "%q does not belong here", t.text)
	}
	return n, nil
}

func (p *parser) fail(t token, hint, format string, args ...any) {
	panic(&SyntaxError{Expr: p.expr, Pos: t.pos, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

func (p *parser) peek() token { return p.tokens[0] }

func (p *parser) next() token {
	t := p.tokens[0]
	if t.text != "" {
		p.tokens = p.tokens[1:]
	}
	return t
}

// accept takes the next token if it is that word.
func (p *parser) accept(word string) bool {
	if p.peek().text != word {
		return false
	}
	p.next()
	return true
}

func (p *parser) deeper() {
	if p.depth++; p.depth > maxDepth {
		p.fail(p.peek(), "", "more than %d parentheses or nots inside each other", maxDepth)
	}
}

// list reads terms joined by and, or.
func (p *parser) list() *node {
	n := p.term()
	for {
		switch {
		case p.accept("and"):
			n = &node{op: opAnd, a: n, b: p.term()}
		case p.accept("or"):
			n = &node{op: opOr, a: n, b: p.term()}
		default:
			return n
		}
	}
}

func (p *parser) term() *node {
	p.deeper()
	defer func() { p.depth-- }()
	if p.accept("not") {
		return &node{op: opNot, a: p.term()}
	}
	if p.accept("(") {
		n := p.list()
		if t := p.peek(); !p.accept(")") {
			p.fail(t, "", "a ) is missing")
		}
		return n
	}
	return &node{prim: p.primitive()}
}

// primitive reads [proto] [dir] [type] [value].
func (p *parser) primitive() primitive {
	start := p.peek()
	var q primitive
	q.proto = p.protocol()
	dirAt := p.peek()
	given := false
	q.dir, given = p.direction()
	t := p.peek()
	if k, ok := types[t.text]; ok {
		p.next()
		q.kind = k
		return p.value(q, t.text)
	}
	switch v, isAlone := alone[t.text]; {
	case given && value(t.text):
		q.kind = kindHost
		return p.value(q, "host")
	case given:
		p.fail(dirAt, "write src host A, dst net N, src port P", "%q says a direction of nothing", dirAt.text)
	case q.proto != "" && value(t.text):
		want := q.proto + " host A or " + q.proto + " net N"
		if transports[q.proto] != 0 {
			want = q.proto + " port N"
		}
		p.fail(t, "write "+want, "%q does not say whether it is a host, a net or a port", t.text)
	case q.proto != "":
		p.last, p.word = primitive{proto: q.proto}, ""
		return bare(q.proto)
	case isAlone:
		p.next()
		p.last, p.word = primitive{}, ""
		return v
	case t.text == "vlan", t.text == "greater", t.text == "less":
		p.next()
		return p.number(t)
	case value(t.text):
		return p.lone(t)
	}
	p.unknown(start)
	panic("not reached")
}

// protocol reads a protocol qualifier, "" if there is none.
func (p *parser) protocol() string {
	t := p.peek().text
	_, a := etherTypes[t]
	_, b := transports[t]
	if !a && !b {
		return ""
	}
	p.next()
	return t
}

// bare is a protocol name that is a test of its own.
func bare(proto string) primitive {
	if v, ok := transports[proto]; ok {
		return primitive{kind: kindProto, lo: v}
	}
	return primitive{kind: kindEther, proto: proto, lo: etherTypes[proto]}
}

// direction reads src, dst, src or dst, src and dst.
func (p *parser) direction() (d dir, given bool) {
	switch t := p.peek().text; t {
	case "src", "dst":
		p.next()
		other, join := map[string]string{"src": "dst", "dst": "src"}[t], p.peek().text
		if (join == "or" || join == "and") && p.tokens[1].text == other {
			p.next()
			p.next()
			if join == "or" {
				return either, true
			}
			return both, true
		}
		if t == "src" {
			return source, true
		}
		return destination, true
	}
	return either, false
}

// value reports whether a word is an address or a number rather than a name.
func value(word string) bool {
	if word == "" {
		return false
	}
	_, err := netip.ParseAddr(word)
	return err == nil || word[0] >= '0' && word[0] <= '9'
}

// lone reads an address or number that takes the qualifiers of the primitive before.
func (p *parser) lone(t token) primitive {
	if p.word == "" {
		if _, err := netip.ParseAddr(t.text); err != nil {
			p.fail(t, "write host, net, port or proto before it", "nothing says what %q is", t.text)
		}
		return p.value(primitive{kind: kindHost}, "host")
	}
	return p.value(p.last, p.word)
}

// value reads what a typed primitive compares with and checks that they fit together.
func (p *parser) value(q primitive, word string) primitive {
	t := p.next()
	p.last, p.word = q, word
	switch {
	case t.text == "":
		p.fail(t, "", "a value is missing after %s", word)
	case word == "host":
		a := p.address(t, t.text)
		q.net = netip.PrefixFrom(a, a.BitLen())
	case word == "net":
		q.net = p.prefix(t)
	case word == "port":
		q.lo = p.uint(t, t.text, 65535)
		q.hi = q.lo
	case word == "portrange":
		lo, hi, found := strings.Cut(t.text, "-")
		if !found {
			p.fail(t, "write portrange 8000-8099", "%q is no range of ports", t.text)
		}
		q.lo, q.hi = p.uint(t, lo, 65535), p.uint(t, hi, 65535)
		q.lo, q.hi = min(q.lo, q.hi), max(q.lo, q.hi)
	default: // proto
		q.lo = p.uint(t, t.text, 255)
		if q.dir != either {
			p.fail(t, "leave src or dst out", "a protocol has no direction")
		}
	}
	p.fits(t, q, word)
	return q
}

// fits refuses qualifiers that do not belong to the type.
func (p *parser) fits(t token, q primitive, word string) {
	_, transport := transports[q.proto]
	switch {
	case q.kind == kindHost && transport:
		p.fail(t, fmt.Sprintf("write %s and %s %s", q.proto, word, t.text), "%s has no %s", q.proto, word)
	case q.kind == kindHost && q.net.Addr().Is6() && q.proto != "" && q.proto != "ip6",
		q.kind == kindHost && q.net.Addr().Is4() && q.proto == "ip6":
		p.fail(t, "", "%s is no address of %s", t.text, q.proto)
	case q.kind == kindPort && (q.proto == "ip" || q.proto == "ip6"):
		p.fail(t, fmt.Sprintf("write %s and %s %s", q.proto, word, t.text), "%s has no %s", q.proto, word)
	case q.kind == kindPort && q.proto != "" && !transport:
		p.fail(t, "tcp, udp and sctp have", "%s has no %s", q.proto, word)
	case q.kind == kindProto && (transport || q.proto == "arp" || q.proto == "rarp"):
		p.fail(t, "", "%s has no %s", q.proto, word)
	}
}

func (p *parser) address(t token, s string) netip.Addr {
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		p.fail(t, "names are not looked up: write the address", "%q is no address", s)
	}
	return a
}

// prefix reads 10.1.0.0/16, 10.1 (as many bytes as are given), or 10.1.0.0 mask 255.255.0.0.
func (p *parser) prefix(t token) netip.Prefix {
	text, bits, slash := strings.Cut(t.text, "/")
	var a netip.Addr
	n := 32
	if strings.Contains(text, ":") {
		a, n = p.address(t, text), 128
	} else {
		parts := strings.Split(text, ".")
		full := append(slices.Clone(parts), "0", "0", "0", "0")[:max(4, len(parts))]
		a = p.address(t, strings.Join(full, "."))
		n = 8 * len(parts)
	}
	switch {
	case slash:
		n = int(p.uint(t, bits, uint32(a.BitLen())))
	case p.accept("mask"):
		if !a.Is4() {
			p.fail(t, "write net ADDRESS/BITS", "mask is for IPv4")
		}
		n = p.mask(p.next())
	}
	net := netip.PrefixFrom(a, n)
	if net.Masked() != net {
		p.fail(t, "write net "+net.Masked().String(), "%s has bits behind its length", net)
	}
	return net
}

// mask reads a netmask and returns its length.
func (p *parser) mask(t token) int {
	a := p.address(t, t.text)
	for n := range 33 {
		if net, err := netip.AddrFrom4([4]byte{255, 255, 255, 255}).Prefix(n); err == nil && net.Addr() == a {
			return n
		}
	}
	p.fail(t, "write net ADDRESS/BITS", "%s is no netmask", t.text)
	return 0
}

// number reads what follows vlan, greater and less.
func (p *parser) number(word token) primitive {
	p.last, p.word = primitive{}, ""
	t := p.peek()
	if word.text == "vlan" && !value(t.text) {
		return primitive{kind: kindVLAN}
	}
	p.next()
	switch word.text {
	case "vlan":
		return primitive{kind: kindVLAN, given: true, lo: p.uint(t, t.text, 4095)}
	case "greater":
		return primitive{kind: kindMore, lo: p.uint(t, t.text, 1<<31-1)}
	}
	return primitive{kind: kindLess, lo: p.uint(t, t.text, 1<<31-1)}
}

func (p *parser) uint(t token, s string, most uint32) uint32 {
	n, err := strconv.ParseUint(s, 0, 32)
	if err != nil || n > uint64(most) {
		p.fail(t, "names are not looked up: write the number", "%q is no number from 0 to %d", s, most)
	}
	return uint32(n)
}

// unknown refuses what begins no primitive, with a hint where tcpdump would know it.
func (p *parser) unknown(t token) {
	switch t.text {
	case "":
		p.fail(t, "", "the expression ends too soon")
	case ")":
		p.fail(t, "", "a test is missing before )")
	case "and", "or":
		p.fail(t, "", "a test is missing before %s", t.text)
	case "ether", "gateway", "broadcast", "multicast", "inbound", "outbound", "mpls", "pppoes", "len", "igmp", "ah", "esp", "link", "mask", "geneve", "vxlan", "type", "wlan", "fddi", "protochain":
		p.fail(t, "the subset is: host, net, port, portrange, src, dst, ip, ip6, arp, rarp, tcp, udp, sctp, icmp, icmp6, proto, vlan, greater, less", "%s is not in this subset of the language", t.text)
	}
	p.fail(t, "names are not looked up: write host ADDRESS or port NUMBER", "%q is not understood", t.text)
}
