package synth

import (
	"net/netip"
	"time"
)

// Side says who sent something.
type Side uint8

// Sides of a conversation.
const (
	Client Side = iota
	Server
)

// Message is one piece of application data that one side sends at once.
type Message struct {
	Side Side
	// Head and Body are sent one after the other; either may be empty.
	Head, Body []byte
	// After is the pause before the first byte, counted from the arrival of the
	// message before it.
	After time.Duration
	// Pipelined messages do not wait for the message before them to arrive.
	Pipelined bool
	// Cuts are the payload sizes of the first segments, the last one of the rest
	// as well; nil cuts at the MSS only. Sizes are capped at the MSS.
	Cuts []int
	// Call is the truth that the capture of these bytes counts for; nil is none.
	Call *Call
}

func (m *Message) size() int { return len(m.Head) + len(m.Body) }

// End is how a conversation ends.
type End uint8

// Ends of a conversation.
const (
	EndClient End = iota // FIN by the client first
	EndServer            // FIN by the server first
	EndReset             // RST by the client
	EndNone              // the capture stops before it ends
)

// Tunnel is what a conversation is wrapped in.
type Tunnel uint8

// Tunnels. VXLAN is RFC 7348 on port 4789, Geneve is RFC 8926 on port 6081.
const (
	NoTunnel Tunnel = iota
	VXLAN
	Geneve
)

// Conversation is one TCP connection and what is said on it.
type Conversation struct {
	Client, Server netip.AddrPort
	Start          int64 // ns since the Unix epoch: time of the SYN
	RTT            time.Duration
	// Gap is the time between two segments sent back to back, 0 means 12 µs.
	Gap time.Duration
	MSS int // payload bytes, 0 means 1460
	// Timestamps puts the option of RFC 7323 in every segment.
	Timestamps bool
	VLAN       []uint16 // outer tag first: 802.1ad when there are two, 802.1Q
	Tunnel     Tunnel
	VNI        uint32 // of the tunnel
	End        End
	// Skip is how many packets at the beginning are not captured; the first three
	// are the handshake.
	Skip int
	// OneSided conversations show only the direction Only.
	OneSided bool
	Only     Side

	// Messages is what is said. Next, when set, is asked for more until it adds
	// nothing; what it returned may be reused when it is called again.
	Messages []Message
	Next     func(dst []Message) []Message
	// Then is asked for a follower when all packets are out; nil ends the line.
	Then func(end int64) *Conversation
}

// Say appends a message and returns the conversation.
func (c *Conversation) Say(side Side, data string, after time.Duration) *Conversation {
	c.Messages = append(c.Messages, Message{Side: side, Body: []byte(data), After: after})
	return c
}

// Trouble is what the network and the mirror do to the packets. Rates are per
// packet; zero values do nothing.
type Trouble struct {
	Loss     float64 // never captured, though the receiver got it
	Burst    float64 // starts a burst of losses over all connections
	BurstLen int     // mean packets in a burst, 0 means 20
	// BurstEvery, when not 0, places one burst of exactly BurstLen packets at random within
	// every BurstEvery packets in place of Burst, so that the share lost is the same for every
	// seed. BurstLen is at least 1 and at most BurstEvery.
	BurstEvery int
	Reorder    float64 // captured 1 to 3 segments late
	Duplicate  float64 // captured twice, as mirrors of two ports do
	Retransmit float64 // sent twice, 1 to 5 ms apart; half of them cut otherwise than the original where they can be
	// Small cuts messages into segments of 1 to 64 bytes at their beginning.
	Small float64 // per message
	// KeepAlive probes the peer in pauses of more than 5 s (RFC 9293, Section
	// 3.8.4: an empty segment one before the next byte), per pause.
	KeepAlive float64
	// BadChecksum leaves the TCP checksum of server packets to an offload that never was.
	BadChecksum bool
	// Midstream is the share of conversations whose beginning is not captured,
	// OneSided that of those with one direction only.
	Midstream, OneSided float64
	// Close is the share of conversations whose end is not captured or is a reset.
	Close float64
}

// Rates returns the probabilities by the names they have on a command line.
func (t *Trouble) Rates() map[string]*float64 {
	return map[string]*float64{"loss": &t.Loss, "burst": &t.Burst, "reorder": &t.Reorder, "dup": &t.Duplicate, "retrans": &t.Retransmit,
		"small": &t.Small, "midstream": &t.Midstream, "onesided": &t.OneSided, "abrupt": &t.Close, "keepalive": &t.KeepAlive}
}
