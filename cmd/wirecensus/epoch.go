package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"wirecensus/schemas/wire"
	"wirecensus/sensor"
	"wirecensus/sensor/publish/batch"
)

// identity is all that the calls of capture files, and their numbers, depend on.
type identity struct {
	Version    string
	Sensor     string
	Inputs     []inputIdentity
	Key        [sha256.Size]byte
	Shards     int
	Partitions int
	Encoding   wire.Encoding
	Limits     batch.Limits
	Decoding   sensor.Decoding
	Protos     [sha256.Size]byte
}

// inputIdentity tells a file from others, and from itself after a change.
type inputIdentity struct {
	Path  string
	Size  int64
	Mtime int64
	Head  [sha256.Size]byte
}

// headSize is how much of a file its identity contains.
const headSize = 64 << 10

// epoch is the same for the same identity, so that a run that starts again
// gives its calls the numbers that they had.
func (id *identity) epoch() uint64 {
	text, err := json.Marshal(id)
	if err != nil {
		panic(err) // it has no type that does not marshal
	}
	sum := sha256.Sum256(text)
	return binary.BigEndian.Uint64(sum[:])
}

// randomEpoch is that of calls that cannot come again.
func randomEpoch() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint64(b[:])
}

// errStream says that an input can be read only once.
var errStream = errors.New("it can be read only once")

// identify looks at a capture file.
func identify(path string) (id inputIdentity, err error) {
	if id.Path, err = filepath.Abs(path); err != nil {
		return id, err
	}
	f, err := os.Open(path)
	if err != nil {
		return id, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return id, err
	}
	if !info.Mode().IsRegular() {
		return id, fmt.Errorf("%s: %w", path, errStream)
	}
	h := sha256.New()
	if _, err := io.CopyN(h, f, headSize); err != nil && err != io.EOF {
		return id, err
	}
	h.Sum(id.Head[:0])
	id.Size, id.Mtime = info.Size(), info.ModTime().UnixNano()
	return id, nil
}
