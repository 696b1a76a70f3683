package wire

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"wirecensus/schemas"
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

// Encoder makes batches of calls. Encoders that encode the same calls in the
// same order make the same bytes.
type Encoder struct{}

// NewEncoder returns an encoder that has sent no definition.
func NewEncoder() *Encoder { return new(Encoder) }

// Batch collects the calls of one service for one record. The zero Batch is empty.
type Batch struct {
	calls []json.RawMessage
	size  int
}

// Count returns how many calls the batch holds.
func (b *Batch) Count() int { return len(b.calls) }

// Size returns about how many bytes the record will have.
func (b *Batch) Size() int { return b.size }

// Add puts a call into the batch and keeps nothing of it. All calls of a batch have the same service.
func (e *Encoder) Add(b *Batch, c *schemas.Call) {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // a Call has no type that does not marshal
	}
	b.calls = append(b.calls, text)
	b.size += len(text) + 1
}

// Definitions returns the definitions that the calls added since the last time
// refer to and that this encoder has not returned before.
func (e *Encoder) Definitions() []Definition { return nil }

// record is a batch as it is written.
type record struct {
	Header
	Calls []json.RawMessage `json:"calls"`
}

// Seal appends the record to dst, first being the number of its first call, and
// empties the batch. The batch must hold a call.
func (b *Batch) Seal(dst []byte, o Origin, first uint64) []byte {
	text, err := json.Marshal(record{Header{o, first, len(b.calls)}, b.calls})
	if err != nil {
		panic(err)
	}
	*b = Batch{}
	return append(dst, text...)
}

// Peek reads the header of a record.
func Peek(value []byte) (Header, error) {
	var r record
	if json.Unmarshal(value, &r) != nil || r.Count < 1 || r.Count != len(r.Calls) {
		return Header{}, ErrCorrupt
	}
	return r.Header, nil
}

// Decoder reads records.
type Decoder struct{}

// NewDecoder returns a decoder that knows no definition.
func NewDecoder() *Decoder { return new(Decoder) }

// Define adds a definition. It fails with ErrCorrupt if the value is none or is not that of the ID.
func (d *Decoder) Define(def Definition) error { return ErrCorrupt }

// Decode calls visit with each call of the record, in order; visit may keep the call's
// content but not the Call. Without an error visit was called Header.Count times, else never.
// Errors: [*MissingError], which more definitions mend, and [ErrCorrupt], which nothing mends.
func (d *Decoder) Decode(value []byte, visit func(*schemas.Call)) (Header, error) {
	var r record
	if json.Unmarshal(value, &r) != nil || r.Count < 1 || r.Count != len(r.Calls) {
		return Header{}, ErrCorrupt
	}
	calls := make([]schemas.Call, len(r.Calls))
	for i, text := range r.Calls {
		if json.Unmarshal(text, &calls[i]) != nil {
			return Header{}, ErrCorrupt
		}
	}
	for i := range calls {
		visit(&calls[i])
	}
	return r.Header, nil
}
