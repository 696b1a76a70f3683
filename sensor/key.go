package sensor

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"

	"wirecensus/sensor/capture"
)

// keyFrames is the number of first frames that a key is derived from.
const keyFrames = 64

// keyed returns the key to use and a source that yields src's frames from the
// first on: key itself, or one derived from the first frames.
func keyed(src Source, key []byte) (Source, []byte, error) {
	if len(key) > 0 {
		return src, key, nil
	}
	p := &peeked{src: src}
	h := sha256.New()
	h.Write([]byte("wirecensus replay key 1\x00"))
	for range keyFrames {
		var f capture.Frame
		if err := src.Next(&f); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, nil, err
		}
		f.Data = append([]byte(nil), f.Data...)
		p.frames = append(p.frames, f)
		var head [16]byte
		binary.BigEndian.PutUint64(head[:], uint64(f.Time))
		binary.BigEndian.PutUint64(head[8:], uint64(len(f.Data)))
		h.Write(head[:])
		h.Write(f.Data)
	}
	return p, h.Sum(nil), nil
}

// peeked yields frames that were read ahead, then the rest of src.
type peeked struct {
	frames []capture.Frame
	src    Source
}

func (p *peeked) Next(f *capture.Frame) error {
	if len(p.frames) == 0 {
		return p.src.Next(f)
	}
	*f = p.frames[0]
	p.frames = p.frames[1:]
	return nil
}
