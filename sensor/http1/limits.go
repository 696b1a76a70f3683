package http1

import "wirecensus/sensor/message"

// Limits bound what one connection may hold. The zero value of a field means its default.
type Limits struct {
	StartLine int // bytes of a start line, default 65,536
	Head      int // bytes of a field section, head or trailer, default 65,536
	Fields    int // fields of one section, default 1,024
	ChunkExt  int // bytes of chunk extensions of one message before ext-flood, default 16,384
	Held      int // bytes of one direction held back for the other, default 65,536
	Pending   int // requests that await their response, default 1,024
}

// withDefaults returns l with zero fields set to their defaults.
func (l Limits) withDefaults() Limits {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&l.StartLine, 64<<10)
	def(&l.Head, 64<<10)
	def(&l.Fields, 1024)
	def(&l.ChunkExt, 16<<10)
	def(&l.Held, 64<<10)
	def(&l.Pending, 1024)
	return l
}

// Stats counts what the connections of one Pool met. All counters only grow.
//
// Invariant: once every connection has ended, Bytes + GapBytes = HeadBytes +
// ContentBytes + FramingBytes + SkippedBytes + SwitchedBytes + LostBytes.
type Stats struct {
	Requests  uint64 // request heads
	Responses uint64 // response heads, interim ones included
	Orphans   uint64 // final responses whose request is not known
	Abandoned uint64 // requests given up because their response was lost or cannot be told
	Overflow  uint64 // connections with more requests pending than the limit; nothing is paired on them any more
	HeldOver  uint64 // times that a direction was no longer held back because of the limit

	Bytes         uint64 // bytes given as Data
	GapBytes      uint64 // bytes given as Gap
	HeadBytes     uint64 // start lines and field sections of messages, trailers included
	ContentBytes  uint64 // content, gaps inside content included
	FramingBytes  uint64 // chunk lines and empty lines before messages
	SkippedBytes  uint64 // bytes seen that belong to no message
	LostBytes     uint64 // gap bytes outside content
	SwitchedBytes uint64 // bytes after the connection stopped being HTTP, gaps included

	Anomalies [message.NumAnomalies]uint64 // by anomaly: messages or runs of skipped bytes that showed it
}

// count adds each anomaly of set.
func (s *Stats) count(set message.Anomalies) {
	for a := message.Anomaly(0); set != 0; a++ {
		if set.Has(a) {
			s.Anomalies[a]++
			set &^= 1 << a
		}
	}
}
