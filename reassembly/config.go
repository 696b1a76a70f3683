package reassembly

import "time"

// Config are the limits and times of an Assembler. A zero field means its
// default. All times are packet time.
type Config struct {
	// Seed keys the hash of the flow table. It never influences results; a
	// sensor draws it at random so that nobody can choose colliding flows.
	Seed uint64
	// MaxConns bounds connections, half-open and lingering ones included; default 1,000,000.
	MaxConns int
	// MaxQueued bounds the memory, in bytes, of out-of-order segments that wait
	// for a hole to be filled; default 64 MiB. One connection gets at most a 16th.
	MaxQueued int
	// MaxConnQueued bounds the bytes that wait on one connection; default 256 KiB.
	MaxConnQueued int
	// IdleTimeout ends a connection without a segment for longer; default 5 min.
	IdleTimeout time.Duration
	// HalfOpenTimeout forgets a SYN that nobody completed; default 30 s.
	HalfOpenTimeout time.Duration
	// Linger is how long a closed connection's late segments are still recognized; default 5 s.
	Linger time.Duration
	// GapTimeout gives up a hole that no acknowledgement settles; default 1 s.
	GapTimeout time.Duration
	// A hole that the receiver has acknowledged is given up AckGrace (default
	// 200 ms) or AckGraceSegments segments of the connection (default 128)
	// later, whichever comes first: mirrors show acknowledgements before the data.
	AckGrace         time.Duration
	AckGraceSegments int
}

// withDefaults returns c with its zero fields set.
func (c Config) withDefaults() Config {
	def(&c.MaxConns, 1_000_000)
	def(&c.MaxQueued, 64<<20)
	def(&c.MaxConnQueued, 256<<10)
	def(&c.IdleTimeout, 5*time.Minute)
	def(&c.HalfOpenTimeout, 30*time.Second)
	def(&c.Linger, 5*time.Second)
	def(&c.GapTimeout, time.Second)
	def(&c.AckGrace, 200*time.Millisecond)
	def(&c.AckGraceSegments, 128)
	c.MaxConnQueued = min(c.MaxConnQueued, c.MaxQueued/16)
	return c
}

func def[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// Stats counts what an Assembler saw and did since New.
type Stats struct {
	Segments uint64
	// Connections is the number of Open events; Midstream and OneSided are the
	// ones joined after their start and the ones that closed with one direction
	// never seen.
	Connections, Midstream, OneSided uint64
	// HalfOpen is the number of connection attempts seen (SYN or SYN-ACK of an
	// unknown tuple), Refused the ones that a RST ended.
	HalfOpen, Refused uint64

	DataBytes uint64 // bytes of all Data events
	Gaps      uint64 // Gap events that are not cuts
	GapBytes  uint64
	Cuts      uint64 // Gap events made by the snap length
	CutBytes  uint64
	// GapsByAck, GapsByTime, GapsByLimit and GapsByEnd split Gaps by what decided them.
	GapsByAck, GapsByTime, GapsByLimit, GapsByEnd uint64

	// Acks is the number of segments that acknowledged something new of a known direction.
	Acks uint64

	Queued    uint64 // segments that had to wait for a hole to be filled
	DupBytes  uint64 // bytes that were seen before (retransmissions, keep-alives)
	Conflicts uint64 // retransmitted ranges that disagreed with what was seen first
	AfterEnd  uint64 // bytes beyond a FIN
	Late      uint64 // segments of a connection already closed
	OldSYN    uint64 // SYN and SYN-ACK that were repeated, or not believed (yet)
	Ignored   uint64 // segments that neither belong to nor open a connection
	// OutOfWindow counts segments too far from the expected sequence number to
	// belong to the connection; BadRST resets that were ignored for it.
	OutOfWindow, BadRST uint64
	ClockSteps          uint64 // jumps of the packet time that were not taken for elapsed time

	// Ends by reason; Evicted ends are split below.
	EndFIN, EndRST, EndTimeout, EndReuse, EndEvict, EndFlush uint64
	// State dropped because MaxConns was reached, by cause.
	EvictedHalfOpen, EvictedLinger, EvictedUnused, EvictedIdle, EvictedOldest uint64
	// HalfOpenTimeouts are connection attempts that came to nothing.
	HalfOpenTimeouts uint64

	// Gauges: what is held now.
	Open, HalfOpenNow, LingerNow, QueuedBytesNow uint64
}
