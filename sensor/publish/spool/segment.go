package spool

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
)

const (
	magic      = "wcspool1"
	headerSize = 12 // length, weight, checksum; 4 bytes each, little endian
	maxEntry   = 16 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errTorn says that what stands at an offset is no whole entry.
var errTorn = errors.New("spool: torn entry")

// Entry is what a queue keeps: bytes, and how much they stand for.
type Entry struct {
	Bytes  []byte
	Weight uint32
}

// size is what e takes in a segment.
func (e *Entry) size() int64 { return headerSize + int64(len(e.Bytes)) }

// appendEntry appends e in the form that it has in a segment.
func appendEntry(dst []byte, e *Entry) []byte {
	start := len(dst)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(e.Bytes)))
	dst = binary.LittleEndian.AppendUint32(dst, e.Weight)
	sum := crc32.Update(crc32.Checksum(dst[start:], castagnoli), castagnoli, e.Bytes)
	dst = binary.LittleEndian.AppendUint32(dst, sum)
	return append(dst, e.Bytes...)
}

// readEntry reads the next entry; io.EOF at the end, errTorn for anything but an entry.
func readEntry(r io.Reader) (Entry, error) {
	var head [headerSize]byte
	switch _, err := io.ReadFull(r, head[:]); {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return Entry{}, errTorn
	case err != nil:
		return Entry{}, err
	}
	n := binary.LittleEndian.Uint32(head[:])
	if n > maxEntry {
		return Entry{}, errTorn
	}
	e := Entry{Bytes: make([]byte, n), Weight: binary.LittleEndian.Uint32(head[4:])}
	if _, err := io.ReadFull(r, e.Bytes); err != nil {
		return Entry{}, errTorn
	}
	sum := crc32.Update(crc32.Checksum(head[:8], castagnoli), castagnoli, e.Bytes)
	if sum != binary.LittleEndian.Uint32(head[8:]) {
		return Entry{}, errTorn
	}
	return e, nil
}

// segment is one file of a queue.
type segment struct {
	number  uint64
	path    string
	size    int64 // bytes up to the end of the last whole entry
	entries int
	weight  uint64
}

// scan reads what is in the segment's file and cuts off what is torn. It returns how many
// bytes those were.
func (s *segment) scan() (torn int64, err error) {
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	r := bufio.NewReaderSize(f, 1<<18)
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(r, head); err != nil || string(head) != magic {
		return info.Size(), nil
	}
	s.size = int64(len(magic))
	for {
		e, err := readEntry(r)
		if err != nil {
			break
		}
		s.size += e.size()
		s.entries++
		s.weight += uint64(e.Weight)
	}
	if torn = info.Size() - s.size; torn > 0 {
		err = f.Truncate(s.size)
	}
	return torn, err
}
