package wire

import (
	"bytes"
	"encoding/json"
	"strconv"

	"wirecensus/schemas"
)

// event is a record as an event of CloudEvents 1.0, structured mode. Data is one
// call, or an array of calls where the batch had several.
type event struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Time            schemas.Time    `json:"time"` // of the first call
	DataContentType string          `json:"datacontenttype"`
	DataSchema      string          `json:"dataschema"`
	Sensor          string          `json:"sensor"`
	Epoch           string          `json:"epoch"` // decimal: it may exceed what CloudEvents calls an integer
	Lane            uint32          `json:"lane"`
	Sequence        string          `json:"sequence"` // decimal, of the first call
	Count           int             `json:"count"`
	Data            json.RawMessage `json:"data"`
}

func isJSON(value []byte) bool { return len(value) > 0 && value[0] == '{' }

// addJSON adds a call in its JSON form.
func (b *Batch) addJSON(c *schemas.Call) {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // a Call has no type that does not marshal
	}
	b.json = append(b.json, text)
	b.size += len(text) + 1
	b.count++
}

func (b *Batch) sealJSON(dst []byte, h Header) []byte {
	v := event{
		SpecVersion: "1.0", ID: eventID(h.Epoch, b.id), Source: Source(h.Sensor), Type: CallType, Time: b.time, DataContentType: "application/json", DataSchema: CallSchema,
		Sensor: h.Sensor, Epoch: strconv.FormatUint(h.Epoch, 10), Lane: h.Lane, Sequence: strconv.FormatUint(h.First, 10), Count: h.Count, Data: b.json[0],
	}
	if len(b.json) > 1 {
		v.Data = append(append([]byte{'['}, bytes.Join(raws(b.json), []byte{','})...), ']')
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return append(dst, text...)
}

func raws(list []json.RawMessage) [][]byte {
	out := make([][]byte, len(list))
	for i, t := range list {
		out[i] = t
	}
	return out
}

// readJSON reads the header of a record in JSON, and its calls.
func readJSON(value []byte) (Header, []json.RawMessage, error) {
	var v event
	if len(value) > MaxRecord || json.Unmarshal(value, &v) != nil || v.Type != CallType {
		return Header{}, nil, ErrCorrupt
	}
	epoch, err1 := strconv.ParseUint(v.Epoch, 10, 64)
	first, err2 := strconv.ParseUint(v.Sequence, 10, 64)
	calls := []json.RawMessage{v.Data}
	if len(v.Data) > 0 && v.Data[0] == '[' {
		calls = nil
		if json.Unmarshal(v.Data, &calls) != nil {
			return Header{}, nil, ErrCorrupt
		}
	}
	if err1 != nil || err2 != nil || v.Count < 1 || v.Count != len(calls) {
		return Header{}, nil, ErrCorrupt
	}
	return Header{Origin{v.Sensor, epoch, v.Lane}, first, v.Count}, calls, nil
}

func decodeJSON(value []byte, visit func(*schemas.Call)) (Header, error) {
	h, texts, err := readJSON(value)
	if err != nil {
		return Header{}, err
	}
	calls := make([]schemas.Call, len(texts))
	for i, text := range texts {
		if !isJSON(text) || json.Unmarshal(text, &calls[i]) != nil {
			return Header{}, ErrCorrupt
		}
	}
	for i := range calls {
		visit(&calls[i])
	}
	return h, nil
}
