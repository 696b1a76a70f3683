package wire

import (
	"encoding/hex"
	"errors"
	"fmt"
)

// Origin names one run of one worker of a sensor: the sequence of its calls in a
// partition is its own.
type Origin struct {
	Sensor string `json:"sensor"` // the sensor's name
	Epoch  uint64 `json:"epoch"`  // another one for every run whose calls are not those of an earlier one again
	Lane   uint32 `json:"lane"`   // the worker
}

// Header says where a record stands in its sequence.
type Header struct {
	Origin
	First uint64 `json:"first"` // number of the first call of the record in the origin's calls of this partition
	Count int    `json:"count"` // calls in the record, at least 1
}

// ID is the address of a definition: a digest of its content.
type ID [16]byte

// String returns the ID in hex.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// Definition is something that calls refer to. It is immutable: the same ID has the same Value.
type Definition struct {
	ID    ID
	Value []byte
}

// MissingError says which definitions a record needs that were not found.
type MissingError struct{ IDs []ID }

// Error lists the first of the missing.
func (e *MissingError) Error() string {
	return fmt.Sprintf("%d definitions missing, the first %s", len(e.IDs), e.IDs[0])
}

// ErrCorrupt says that a record is none.
var ErrCorrupt = errors.New("wire: corrupt record")

// Peek reads the header of a record.
func Peek(value []byte) (Header, error) {
	if isJSON(value) {
		h, _, err := readJSON(value)
		return h, err
	}
	var h Header
	calls := 0
	ok := len(value) <= MaxRecord && read(value, func(m *message) {
		if m.number == 9 {
			calls++
		} else {
			h.read(m)
		}
	})
	if !ok || h.Count < 1 || h.Count != calls {
		return Header{}, ErrCorrupt
	}
	return h, nil
}

// read takes one field of the record, if it is one of the header's.
func (h *Header) read(m *message) {
	switch m.number {
	case 1:
		h.Sensor = m.string()
	case 2:
		h.Epoch = m.u64()
	case 3:
		h.Lane = m.u32()
	case 4:
		h.First = m.u64()
	case 5:
		h.Count = int(m.uint(MaxCount))
	}
}
