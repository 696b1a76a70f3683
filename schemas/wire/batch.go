package wire

import (
	"encoding/json"
	"strings"

	"wirecensus/schemas"
)

// Limits of a record.
const (
	// MaxRecord is the bytes of a record that a Decoder reads.
	MaxRecord = 4 << 20
	// MaxCount is the calls of a record that a Decoder reads.
	MaxCount = 1 << 16
	// maxNodes is the nodes of shapes and entries of lists, over all calls of a record.
	maxNodes = 1 << 23
	// maxInline is the nodes and entries of the structures that stand in a record,
	// each structure counting for some more.
	maxInline      = 1 << 16
	structureNodes = 8
	// nodesPerByte is how many nodes count as one byte of a batch's size, so that
	// batches of no more than 512 KiB stay within maxNodes.
	nodesPerByte = 16
	// bytesPerNode is what a node of maxInline counts.
	bytesPerNode = 6
)

// Batch collects the calls of one service for one record. The zero Batch is empty.
type Batch struct {
	count      int
	json       []json.RawMessage // the calls, when the encoding is JSON
	size       int               // of json
	serial     uint64            // how often the batch was sealed
	id         string            // of the first call
	time       schemas.Time      // of the first call
	last       schemas.Time      // of the last call
	refs       []byte            // field 7 of the record
	asks       []byte            // field 11 of the record
	asked      uint32            // how many structures are in asks
	texts      texts
	segments   []uint32 // of each text, the reference to the digest that it had as a segment last, 0 none
	keys       texts
	calls      []byte
	nodes      int // of all calls
	inline     int // of the structures in refs
	structures map[*entry]uint32
	digests    map[uint64]uint32 // by digest, counted from 1
	others     map[uint64]uint32 // likewise, those of operations alone
}

// texts are the texts of a record, by position.
type texts struct {
	tag    byte   // of the fields
	fields []byte // as they are written
	at     map[string]uint32
}

// place returns the position of a text.
func (t *texts) place(s string) uint32 {
	at, ok := t.at[s]
	if !ok {
		at = uint32(len(t.at))
		t.at[strings.Clone(s)] = at
		t.fields = appendString(append(t.fields, t.tag), s)
	}
	return at
}

func (t *texts) empty() {
	t.fields = t.fields[:0]
	clear(t.at)
}

// begin notes the first call.
func (b *Batch) begin(c *schemas.Call) {
	b.id, b.time, b.last = c.ID, c.Time, c.Time
	if b.structures == nil {
		b.structures, b.digests, b.others = map[*entry]uint32{}, map[uint64]uint32{}, map[uint64]uint32{}
		b.texts, b.keys = texts{tag: tag(8, lengthed), at: map[string]uint32{}}, texts{tag: tag(10, lengthed), at: map[string]uint32{}}
	}
}

// Count returns how many calls the batch holds.
func (b *Batch) Count() int { return b.count }

// Size returns about how many bytes the record will have, or what stands for
// the work of decoding it, whichever is more. Records are best sealed below 512 KiB.
func (b *Batch) Size() int {
	return max(b.size+len(b.refs)+len(b.asks)+len(b.texts.fields)+len(b.calls), b.nodes/nodesPerByte, b.inline*bytesPerNode)
}

// Seal appends the record to dst, first being the number of its first call, and
// empties the batch. The batch must hold a call.
func (b *Batch) Seal(dst []byte, o Origin, first uint64) []byte {
	if b.json != nil {
		dst = b.sealJSON(dst, Header{o, first, b.count})
	} else {
		dst = appendHeader(dst, Header{o, first, b.count})
		if b.time != 0 {
			dst = appendFixed(append(dst, tag(6, fixed64)), uint64(b.time))
		}
		for _, fields := range [...][]byte{b.refs, b.texts.fields, b.calls, b.keys.fields, b.asks} {
			dst = append(dst, fields...)
		}
	}
	b.empty()
	return dst
}

func (b *Batch) empty() {
	b.serial++
	b.count, b.nodes, b.inline, b.size, b.json = 0, 0, 0, 0, nil
	b.refs, b.asks, b.asked, b.calls = b.refs[:0], b.asks[:0], 0, b.calls[:0]
	b.segments = b.segments[:0]
	b.texts.empty()
	b.keys.empty()
	clear(b.structures)
	clear(b.digests)
	clear(b.others)
}

func appendHeader(dst []byte, h Header) []byte {
	dst = appendText(dst, 1, h.Sensor)
	dst = appendUint(dst, 2, h.Epoch)
	dst = appendUint(dst, 3, uint64(h.Lane))
	dst = appendUint(dst, 4, h.First)
	return appendUint(dst, 5, uint64(h.Count))
}
