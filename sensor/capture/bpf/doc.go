// Package bpf compiles capture filters in a subset of tcpdump's language to classic BPF, without libpcap.
//
//	prog, err := bpf.Compile("tcp port 80 and not net 10.1.0.0/16", bpf.Ethernet, 262144)
//	if err != nil { … } // *bpf.SyntaxError: where, what, and what to write instead
//
// # Language
//
//	expression  primitives joined by and (&&), or (||), not (!), and parentheses. As in
//	            tcpdump, and and or bind alike, from left to right; not binds tighter.
//	[ip|arp|rarp|ip6] [src|dst|src or dst|src and dst] [host] ADDRESS
//	[ip|arp|rarp|ip6] [src|dst|…] net ADDRESS/BITS | net 10.1 | net ADDRESS mask MASK
//	[tcp|udp|sctp] [src|dst|…] port N | portrange N-M
//	ip, ip6, arp, rarp, tcp, udp, sctp, icmp, icmp6, [ip|ip6] proto N
//	vlan, vlan N, greater N, less N
//
// An ADDRESS or number without qualifiers takes those of the primitive before it: "port 80 or
// 443". Names are not looked up, neither hosts nor services.
//
// # Differences from tcpdump
//
// VLAN tags do not hide what is behind them: every primitive looks through up to two tags in the frame,
// beside the one that the kernel has taken out, and vlan N is true if any of these has the
// number N. So "vlan 5 and tcp port 80" means what it means to tcpdump, and "vlan 5 or vlan 6" and
// "tcp port 80" mean what one expects. Tunnels, MPLS and PPPoE are not looked through.
// As everywhere in BPF, a frame too short for a header that a test needs is refused.
//
// # Ownership
//
// Compile returns memory of its own and is safe for concurrent use.
//
// # Limits
//
//   - Expression: 8,192 bytes, 64 parentheses or nots inside each other; more is a SyntaxError.
//   - Program: 4,096 instructions, the kernel's bound; more is a SyntaxError.
//
// # Specifications
//
// pcap-filter(7) of libpcap 1.10; Linux Documentation/networking/filter.rst.
package bpf
