package capture

import (
	"bufio"
	"bytes"
	"io"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	zstdWindow    = 128 << 20
	compressedBuf = 256 << 10
)

// counter counts what passes through it; the count may be read from any goroutine.
type counter struct {
	r io.Reader
	n *atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// inflater undoes gzip and zstd, recognized by their magic. Its decoders are
// re-used for all files of a source.
type inflater struct {
	gz *gzip.Reader
	zs *zstd.Decoder
	br *bufio.Reader
}

// open returns src, decompressed if it is compressed.
func (c *inflater) open(src io.Reader) (io.Reader, error) {
	var magic [4]byte
	n, err := io.ReadFull(src, magic[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	src = io.MultiReader(bytes.NewReader(magic[:n]), src)
	switch {
	case bytes.HasPrefix(magic[:n], []byte{0x1f, 0x8b}):
		return c.gzip(src)
	case bytes.Equal(magic[:n], []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return c.zstd(src)
	}
	return src, nil
}

func (c *inflater) buffered(src io.Reader) *bufio.Reader {
	if c.br == nil {
		c.br = bufio.NewReaderSize(nil, compressedBuf)
	}
	c.br.Reset(src)
	return c.br
}

// gzip returns the decompressed stream of all members (RFC 1952, Section 2.2).
func (c *inflater) gzip(src io.Reader) (io.Reader, error) {
	if c.gz == nil {
		c.gz = new(gzip.Reader)
	}
	if err := c.gz.Reset(c.buffered(src)); err != nil {
		return nil, err
	}
	return c.gz, nil
}

// zstd returns the decompressed stream of all frames (RFC 8878, Section 3.1). One
// decoder without concurrency starts no goroutine.
func (c *inflater) zstd(src io.Reader) (io.Reader, error) {
	if c.zs == nil {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, err
		}
		c.zs = d
	}
	if err := c.zs.Reset(c.buffered(src)); err != nil {
		return nil, err
	}
	return c.zs, nil
}

func (c *inflater) close() {
	if c.zs != nil {
		c.zs.Close()
	}
}
