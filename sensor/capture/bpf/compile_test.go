package bpf

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/bpf"
)

// frame is what a frame holds, said without its bytes.
type frame struct {
	taken       int   // tag that the kernel took out, -1 for none
	tags        []int // in the frame
	ethertype   int
	v6frag      bool // an IPv6 fragment header before the transport
	proto       int
	options     int // words of IPv4 options
	offset      int // of the fragment
	src, dst    netip.Addr
	sport, dst2 int
	pad         int
}

var (
	pool4 = []string{"10.0.0.1", "10.0.0.2", "10.1.2.3", "192.168.7.9", "172.16.0.1"}
	pool6 = []string{"2001:db8::1", "2001:db8:0:1::2", "fe80::1"}
	ports = []int{22, 53, 80, 443, 8080, 8081, 40000}
)

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func randomFrame(r *rand.Rand, tagged bool) frame {
	f := frame{taken: -1, ethertype: pick(r, 0x800, 0x800, 0x800, 0x86dd, 0x86dd, 0x806, 0x8035, 0x88cc), proto: pick(r, 6, 6, 17, 132, 1, 58, 47),
		options: pick(r, 0, 0, 0, 1, 5, 10), offset: pick(r, 0, 0, 0, 1, 185), sport: pick(r, ports...), dst2: pick(r, ports...), pad: 100 + r.IntN(200)}
	pool := pool4
	if f.ethertype == 0x86dd {
		pool, f.v6frag = pool6, r.IntN(5) == 0
	}
	f.src, f.dst = netip.MustParseAddr(pick(r, pool...)), netip.MustParseAddr(pick(r, pool...))
	if tagged {
		if r.IntN(3) == 0 {
			f.taken = pick(r, 0, 5, 6, 4095)
		}
		for range r.IntN(3) {
			f.tags = append(f.tags, pick(r, 5, 6, 7, 4095))
		}
	}
	return f
}

// bytes builds the frame; raw leaves out the Ethernet header.
func (f *frame) bytes(raw bool) []byte {
	be := binary.BigEndian
	b := make([]byte, 12)
	for i, t := range f.tags {
		b = be.AppendUint16(be.AppendUint16(b, [...]uint16{0x8100, 0x88a8, 0x9100}[(i+t)%3]), uint16(t)|0x6000)
	}
	b = be.AppendUint16(b, uint16(f.ethertype))
	if raw {
		b = nil
	}
	transport := be.AppendUint16(be.AppendUint16(nil, uint16(f.sport)), uint16(f.dst2))
	switch f.ethertype {
	case 0x800:
		ip := make([]byte, 12)
		ip[0], ip[9] = byte(0x45+f.options), byte(f.proto)
		be.PutUint16(ip[6:], uint16(f.offset)|0x2000)
		ip = append(append(append(ip, f.src.AsSlice()...), f.dst.AsSlice()...), make([]byte, 4*f.options)...)
		b = append(append(b, ip...), transport...)
	case 0x86dd:
		ip := make([]byte, 8)
		ip[0], ip[6] = 0x60, byte(f.proto)
		ip = append(append(ip, f.src.AsSlice()...), f.dst.AsSlice()...)
		if f.v6frag {
			ip[6] = 44
			ip = append(ip, byte(f.proto), 0, 0, 1, 0, 0, 0, 9)
		}
		b = append(append(b, ip...), transport...)
	case 0x806, 0x8035:
		arp := append(make([]byte, 14), f.src.AsSlice()...)
		b = append(append(append(b, arp...), make([]byte, 6)...), f.dst.AsSlice()...)
	default:
		b = append(b, 0xff, 0xff)
	}
	return append(b, make([]byte, f.pad)...)
}

// holds is the stupid version: it evaluates an expression on what a frame is said to hold.
func (n *node) holds(f *frame, length int, raw bool) bool {
	switch n.op {
	case opAnd:
		return n.a.holds(f, length, raw) && n.b.holds(f, length, raw)
	case opOr:
		return n.a.holds(f, length, raw) || n.b.holds(f, length, raw)
	case opNot:
		return !n.a.holds(f, length, raw)
	}
	p := n.prim
	named := map[string]int{"ip": 0x800, "ip6": 0x86dd, "arp": 0x806, "rarp": 0x8035}
	way := func(src, dst bool) bool {
		return [...]bool{either: src || dst, source: src, destination: dst, both: src && dst}[p.dir]
	}
	ip4, ip6 := f.ethertype == 0x800, f.ethertype == 0x86dd
	switch p.kind {
	case kindEther:
		return f.ethertype == named[p.proto]
	case kindHost:
		is := map[int]bool{0x800: true, 0x86dd: true, 0x806: true, 0x8035: true}[f.ethertype]
		return is && (p.proto == "" || f.ethertype == named[p.proto]) && way(p.net.Contains(f.src), p.net.Contains(f.dst))
	case kindPort:
		if !ip4 && !ip6 || named[p.proto] != 0 && f.ethertype != named[p.proto] || ip4 && f.offset != 0 || ip6 && f.v6frag {
			return false
		}
		want := map[string][]int{"tcp": {6}, "udp": {17}, "sctp": {132}}[p.proto]
		if want == nil {
			want = []int{6, 17, 132}
		}
		in := func(port int) bool { return int(p.lo) <= port && port <= int(p.hi) }
		return slices.Contains(want, f.proto) && way(in(f.sport), in(f.dst2))
	case kindVLAN:
		tags := slices.Clone(f.tags)
		if raw {
			tags = nil
		}
		if f.taken >= 0 {
			tags = append(tags, f.taken)
		}
		return len(tags) > 0 && (!p.given || slices.Contains(tags, int(p.lo)))
	case kindMore:
		return length >= int(p.lo)
	case kindLess:
		return length <= int(p.lo)
	}
	// An IPv6 fragment header is itself a next header.
	same := f.proto == int(p.lo) || ip6 && f.v6frag && p.lo == 44
	return same && (ip4 && p.proto != "ip6" || ip6 && p.proto != "ip")
}

func randomExpr(r *rand.Rand, depth int, vlan bool) string {
	if depth > 0 && r.IntN(3) > 0 {
		switch r.IntN(4) {
		case 0:
			return pick(r, "not ", "! ") + "(" + randomExpr(r, depth-1, vlan) + ")"
		case 1:
			return "(" + randomExpr(r, depth-1, vlan) + ")" + pick(r, " and ", " && ") + randomExpr(r, depth-1, vlan)
		default:
			return randomExpr(r, depth-1, vlan) + pick(r, " or ", " || ", " and ") + randomExpr(r, depth-1, vlan)
		}
	}
	way := pick(r, "", "", "src ", "dst ", "src or dst ", "src and dst ")
	port := func() int { return pick(r, ports...) }
	switch r.IntN(12 + map[bool]int{true: 3}[vlan]) {
	case 0:
		return pick(r, "", "ip ", "arp ") + way + "host " + pick(r, pool4...)
	case 1:
		return pick(r, "", "ip6 ") + way + "host " + pick(r, pool6...)
	case 2:
		return way + "net " + pick(r, "10.0.0.0/8", "10.0.0.0/31", "192.168", "10", "172.16.0.0 mask 255.255.0.0", "0.0.0.0/0", "10.0.0.0/25")
	case 3:
		return way + "net " + pick(r, "2001:db8::/32", "2001:db8::/64", "fe80::/10", "2001:db8::1/128", "::/0")
	case 4, 5:
		return pick(r, "", "tcp ", "udp ", "sctp ") + way + fmt.Sprintf("port %d", port())
	case 6:
		return pick(r, "", "tcp ", "udp ") + way + fmt.Sprintf("portrange %d-%d", port(), port())
	case 7:
		return fmt.Sprintf("port %d or %d and %d", port(), port(), port())
	case 8:
		return pick(r, "", "ip ", "ip6 ") + "proto " + pick(r, "6", "17", "47", "0x84")
	case 9:
		return pick(r, "greater ", "less ") + fmt.Sprint(100+r.IntN(250))
	case 10, 11:
		return pick(r, "tcp", "udp", "sctp", "icmp", "icmp6", "ip", "ip6", "arp", "rarp")
	}
	return pick(r, "vlan", "vlan 5", "vlan 6", "vlan 4095", "vlan 0")
}

// runs puts the frame's taken tag where the kernel would say it, and runs the program.
func runs(t *testing.T, prog []bpf.Instruction, f *frame, b []byte) int {
	t.Helper()
	prog = slices.Clone(prog)
	for i, ins := range prog {
		switch ins {
		case bpf.LoadExtension{Num: bpf.ExtVLANTagPresent}:
			prog[i] = bpf.LoadConstant{Dst: bpf.RegA, Val: uint32(map[bool]int{true: 1}[f.taken >= 0])}
		case bpf.LoadExtension{Num: bpf.ExtVLANTag}:
			prog[i] = bpf.LoadConstant{Dst: bpf.RegA, Val: uint32(max(f.taken, 0)) | 0x2000}
		}
	}
	vm, err := bpf.NewVM(prog)
	if err != nil {
		t.Fatal(err)
	}
	n, err := vm.Run(b)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAgainstNaive compares programs for random expressions with what the frames are said to hold.
func TestAgainstNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	hits, total := 0, 0
	for range 1500 {
		expr := randomExpr(r, 3, true)
		n, err := parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		link := pick(r, Ethernet, Ethernet, RawIP)
		prog, err := compile(expr, link, 99)
		if err != nil {
			t.Fatal(err)
		}
		for range 40 {
			f := randomFrame(r, true)
			if link == RawIP && f.ethertype != 0x86dd {
				f.ethertype = 0x800
				f.src, f.dst = netip.MustParseAddr(pick(r, pool4...)), netip.MustParseAddr(pick(r, pool4...))
			}
			b := f.bytes(link == RawIP)
			got, want := runs(t, prog, &f, b), 0
			if n.holds(&f, len(b), link == RawIP) {
				want = 99
				hits++
			}
			total++
			if got != min(want, len(b)) {
				t.Fatalf("%s keeps %d bytes of %+v, want %d\n% x", expr, got, f, want, b)
			}
		}
	}
	if hits < total/10 || hits > total*9/10 {
		t.Errorf("%d of %d frames matched: the test says little", hits, total)
	}
}

// TestAgainstTcpdump compares with the programs that tcpdump makes, on frames without tags.
func TestAgainstTcpdump(t *testing.T) {
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip("comparing filters with tcpdump's needs tcpdump (apt-get install tcpdump)")
	}
	r := rand.New(rand.NewPCG(3, 4))
	compared := 0
	for range 150 {
		expr := randomExpr(r, 3, false)
		theirs, ok := tcpdump(t, expr)
		if !ok {
			continue
		}
		compared++
		ours, err := compile(expr, Ethernet, 262144)
		if err != nil {
			t.Fatal(err)
		}
		for range 200 {
			f := randomFrame(r, false)
			b := f.bytes(false)
			if a, b := runs(t, ours, &f, b), runs(t, theirs, &f, b); a != b {
				t.Fatalf("%s: keeps %d bytes, tcpdump's %d, of %+v", expr, a, b, f)
			}
		}
	}
	if compared < 100 {
		t.Errorf("only %d expressions were compared", compared)
	}
}

// tcpdump compiles with tcpdump; ok is false for what it finds to match nothing.
func tcpdump(t *testing.T, expr string) (prog []bpf.Instruction, ok bool) {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command("tcpdump", "-y", "EN10MB", "-ddd", expr)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if strings.Contains(stderr.String(), "rejects all packets") {
		return nil, false
	}
	if err != nil {
		t.Fatalf("tcpdump %q: %v\n%s", expr, err, stderr.String())
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Scan() // the number of instructions
	for lines.Scan() {
		var raw bpf.RawInstruction
		if _, err := fmt.Sscan(lines.Text(), &raw.Op, &raw.Jt, &raw.Jf, &raw.K); err != nil {
			t.Fatal(err)
		}
		prog = append(prog, raw.Disassemble())
	}
	return prog, true
}

// TestLong: jumps farther than an instruction reaches, up to the kernel's bound.
func TestLong(t *testing.T) {
	var hosts []string
	for i := range 110 {
		hosts = append(hosts, fmt.Sprintf("host 10.9.%d.%d", i/100, i%100))
	}
	for _, not := range []string{"", "not "} {
		prog, err := compile(not+"("+strings.Join(hosts, " or ")+") and tcp", Ethernet, 77)
		if err != nil {
			t.Fatal(err)
		}
		for _, dst := range []string{"10.9.0.0", "10.9.1.9", "10.9.1.10"} {
			f := frame{taken: -1, ethertype: 0x800, proto: 6, src: netip.MustParseAddr("10.0.0.1"), dst: netip.MustParseAddr(dst), pad: 100}
			want := 77
			if (dst != "10.9.1.10") != (not == "") {
				want = 0
			}
			if got := runs(t, prog, &f, f.bytes(false)); got != want {
				t.Errorf("%s(110 hosts): keeps %d of a packet to %s, want %d (%d instructions)", not, got, dst, want, len(prog))
			}
		}
	}
	var syntax *SyntaxError
	if _, err := Compile(strings.Repeat("port 1 or ", 800)+"port 2", Ethernet, 1); !errors.As(err, &syntax) {
		t.Errorf("a program longer than the kernel takes: %v", err)
	}
}

// TestErrors: what is not understood is named, with its place and often a way out.
func TestErrors(t *testing.T) {
	for _, c := range []struct {
		expr string
		pos  int
		msg  string
		hint string
	}{
		{"tcp prot 80", 4, `"prot" does not belong here`, "join tests"},
		{"tcp port http", 9, `"http" is no number`, "write the number"},
		{"host example.com", 5, "no address", "write the address"},
		{"tcp[13] & 2 != 0", 3, `"[" is not understood`, "not in this subset"},
		{"ether host 1:2:3:4:5:6", 0, "not in this subset", "the subset is"},
		{"(port 80 or port 81", 19, "a ) is missing", ""},
		{"port 80 and", 11, "ends too soon", ""},
		{"port 80)", 7, `")" does not belong`, ""},
		{"not", 3, "ends too soon", ""},
		{"and port 80", 0, "missing before and", ""},
		{"port 70000", 5, "no number from 0 to 65535", ""},
		{"portrange 80", 10, "no range", "portrange 8000-8099"},
		{"net 10.1.2.3/8", 4, "bits behind", "net 10.0.0.0/8"},
		{"net 10.0.0.0/33", 4, "from 0 to 32", ""},
		{"net 10.0.0.0 mask 255.0.255.0", 18, "no netmask", ""},
		{"tcp host 10.0.0.1", 9, "tcp has no host", "tcp and host 10.0.0.1"},
		{"ip6 host 10.0.0.1", 9, "no address of ip6", ""},
		{"arp port 80", 9, "arp has no port", "tcp, udp and sctp have"},
		{"ip port 80", 8, "ip has no port", "ip and port 80"},
		{"80", 0, "nothing says", "write host, net, port"},
		{"tcp 80", 4, "does not say", "tcp port N"},
		{"src tcp", 0, "direction of nothing", ""},
		{"vlan 5000", 5, "from 0 to 4095", ""},
		{"proto icmp", 6, "no number", ""},
		{"src proto 6", 10, "no direction", ""},
		{"port 80 ; reboot", 8, `";" is not understood`, ""},
		{"port", 4, "value is missing", ""},
		{strings.Repeat("(", 100) + "tcp", 64, "more than 64", ""},
		{strings.Repeat("x", 9000), 8192, "longer than 8192", ""},
	} {
		_, err := Compile(c.expr, Ethernet, 1)
		var e *SyntaxError
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", c.expr, err)
			continue
		}
		if e.Pos != c.pos || !strings.Contains(e.Msg, c.msg) || !strings.Contains(e.Hint, c.hint) {
			t.Errorf("%.30s: at %d: %s (%s), want at %d: %s (%s)", c.expr, e.Pos, e.Msg, e.Hint, c.pos, c.msg, c.hint)
		}
	}
	if prog, err := Compile(" ", Ethernet, 5); err != nil || len(prog) != 1 || prog[0].K != 5 {
		t.Errorf("the empty filter: %v, %v", prog, err)
	}
}

// FuzzCompile: what compiles is a program that the machine accepts, and that ends on every frame.
func FuzzCompile(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		f.Add(randomExpr(r, 2, true), []byte("0123456789ab\x08\x00E"))
	}
	f.Fuzz(func(t *testing.T, expr string, b []byte) {
		for _, link := range []Link{Ethernet, RawIP} {
			prog, err := compile(expr, link, 262144)
			if err != nil {
				var e *SyntaxError
				if !errors.As(err, &e) || e.Pos < 0 || e.Pos > len(expr) {
					t.Fatalf("%q: %v", expr, err)
				}
				continue
			}
			if _, err := bpf.Assemble(prog); err != nil {
				t.Fatalf("%q: %v", expr, err)
			}
			fr := frame{taken: -1}
			if n := runs(t, prog, &fr, b); n != 0 && n != 262144 {
				t.Fatalf("%q keeps %d bytes", expr, n)
			}
		}
	})
}
