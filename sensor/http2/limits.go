package http2

import "wirecensus/sensor/message"

// Limits bound what one connection may hold. The zero value of a field means its default.
type Limits struct {
	Head    int // bytes of the fields of one section, decoded, default 65,536
	Fields  int // fields of one section, default 1,024
	Block   int // bytes of one header block, coded, default 65,536
	Table   int // bytes of dynamic table held of each direction, default 65,536
	Streams int // streams remembered, default 16,384
	Held    int // bytes of one direction held while its frames are looked for, default 65,536
}

// withDefaults returns l with zero fields set to their defaults.
func (l Limits) withDefaults() Limits {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&l.Head, 64<<10)
	def(&l.Fields, 1024)
	def(&l.Block, 64<<10)
	def(&l.Table, 64<<10)
	def(&l.Streams, 16<<10)
	def(&l.Held, 64<<10)
	return l
}

// Stats counts what the connections of one Pool met. All counters only grow.
type Stats struct {
	Frames    uint64 // frame headers read
	Blocks    uint64 // header blocks read
	Torn      uint64 // header blocks of which a part or all is missing
	Unknown   uint64 // fields of which something could not be known
	Requests  uint64 // request heads, promised ones included
	Responses uint64 // response heads, interim ones included
	Resyncs   uint64 // times that frames were found again
	Bytes     uint64 // bytes given as Data
	GapBytes  uint64 // bytes given as Gap
	Skipped   uint64 // bytes seen that were passed over: no frame, or of a stream that nobody knows
	Overflow  uint64 // streams forgotten because of the limit
	Withdrawn uint64 // requests told of by Withdraw

	Anomalies [message.NumAnomalies]uint64 // by anomaly: header blocks or frames that showed it
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
