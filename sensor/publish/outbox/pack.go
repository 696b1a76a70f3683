package outbox

import (
	"encoding/binary"

	"wirecensus/schemas/wire"
	"wirecensus/sensor/publish/spool"
)

// maxHeaders is how many headers a record in the spool has.
const maxHeaders = 64

// pack makes an entry of the spool of a record: the key, the number of headers, their
// names and values, each behind its length, and then the value.
func pack(r Record) spool.Entry {
	b := appendText(make([]byte, 0, r.cost()), string(r.Key))
	b = binary.AppendUvarint(b, uint64(len(r.Headers)))
	for _, h := range r.Headers {
		b = appendText(appendText(b, h.Key), h.Value)
	}
	return spool.Entry{Bytes: append(b, r.Value...), Weight: uint32(r.Calls)}
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// unpack is the inverse of pack; false for what pack does not make.
func unpack(e spool.Entry) (r Record, ok bool) {
	rest := e.Bytes
	key, rest, ok := cutText(rest)
	if !ok {
		return r, false
	}
	n, used := binary.Uvarint(rest)
	if used <= 0 || n > maxHeaders {
		return r, false
	}
	rest = rest[used:]
	r = Record{Key: key, Calls: int(e.Weight)}
	for range n {
		var name, value []byte
		if name, rest, ok = cutText(rest); !ok {
			return r, false
		}
		if value, rest, ok = cutText(rest); !ok {
			return r, false
		}
		r.Headers = append(r.Headers, wire.KeyValue{Key: string(name), Value: string(value)})
	}
	r.Value = rest
	return r, true
}

func cutText(b []byte) (text, rest []byte, ok bool) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return nil, nil, false
	}
	b = b[used:]
	return b[:n:n], b[n:], true
}
