package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

// AppendDelimited appends a record to what is to be a file of records: behind
// its length as a varint, as Protobuf libraries do it.
func AppendDelimited(dst, value []byte) []byte {
	return append(appendUvarint(dst, uint64(len(value))), value...)
}

// DelimitedReader reads the records of a file.
type DelimitedReader struct {
	r   *bufio.Reader
	buf []byte
}

// NewDelimitedReader returns a reader of r.
func NewDelimitedReader(r io.Reader) *DelimitedReader { return &DelimitedReader{r: bufio.NewReader(r)} }

// Next returns the next record, valid until the next call. Its errors are those of
// the reader, io.EOF behind the last record, io.ErrUnexpectedEOF inside one, and
// ErrCorrupt for a record beyond MaxRecord, after which there is no going on.
func (d *DelimitedReader) Next() ([]byte, error) {
	if _, err := d.r.Peek(1); err != nil {
		return nil, err
	}
	n, err := binary.ReadUvarint(d.r)
	switch {
	case errors.Is(err, io.EOF):
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, err
		}
		return nil, ErrCorrupt
	case n > MaxRecord:
		return nil, ErrCorrupt
	}
	if uint64(cap(d.buf)) < n {
		d.buf = make([]byte, n)
	}
	d.buf = d.buf[:n]
	if _, err := io.ReadFull(d.r, d.buf); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return d.buf, nil
}
