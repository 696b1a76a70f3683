package normalize

import (
	"bytes"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"wirecensus/sensor/message"
)

// Limits of content decoding.
const (
	maxCodings = 2       // layers; with more the content is not read
	maxRatio   = 2048    // bytes out per byte in, above ratioFree
	ratioFree  = 1 << 16 // bytes out that are always allowed
	maxWindow  = 8 << 20 // bytes of zstd window
	bombRatio  = 256     // bytes out per byte in from which on content that does not fit is a bomb
	maxStrikes = 3       // bombs of a connection; behind them no coding is undone there
	maxStruck  = 4096    // connections with bombs that are remembered
)

// coding is a content coding (RFC 9110, Section 8.4.1).
type coding uint8

const (
	identity coding = iota
	gzipped
	deflated
	brotlied
	zstandard
	snappied
	unknownCoding
)

// codings holds the decoders and their output buffers, made when first needed.
type codings struct {
	src    bytes.Reader
	gzip   *gzip.Reader
	zlib   io.ReadCloser
	flate  io.ReadCloser
	brotli *brotli.Reader
	zstd   *zstd.Decoder
	snappy *snappy.Reader
	out    [maxCodings][]byte
	bomb   bool // of the content that was decoded last: it unfolds into more than it can be
}

// codingsOf appends the codings of all Content-Encoding fields in the order in
// which they were applied.
func codingsOf(dst []coding, fields []message.Field) []coding {
	for i := range fields {
		if !message.EqualFold(fields[i].Name, "content-encoding") {
			continue
		}
		for rest := fields[i].Value; len(rest) > 0 && len(dst) < cap(dst); {
			var name []byte
			name, rest = cutByte(rest, ',')
			if c := codingOf(bytes.TrimSpace(name)); c != identity {
				dst = append(dst, c)
			}
		}
	}
	return dst
}

func codingOf(name []byte) coding {
	switch {
	case len(name) == 0, message.EqualFold(name, "identity"), message.EqualFold(name, "none"), message.EqualFold(name, "utf-8"), message.EqualFold(name, "aws-chunked"):
		return identity
	case message.EqualFold(name, "gzip"), message.EqualFold(name, "x-gzip"):
		return gzipped
	case message.EqualFold(name, "deflate"):
		return deflated
	case message.EqualFold(name, "br"):
		return brotlied
	case message.EqualFold(name, "zstd"):
		return zstandard
	case message.EqualFold(name, "snappy"), message.EqualFold(name, "x-snappy-framed"):
		return snappied
	}
	return unknownCoding
}

// sniffCoding returns the coding that shows itself by its magic number.
func sniffCoding(b []byte) coding {
	switch {
	case len(b) > 2 && b[0] == 0x1f && b[1] == 0x8b && b[2] == 8:
		return gzipped
	case len(b) > 3 && b[0] == 0x28 && b[1] == 0xb5 && b[2] == 0x2f && b[3] == 0xfd:
		return zstandard
	}
	return identity
}

// decodeAll undoes the codings, the last applied first. cut says that the input
// ended early or the output was stopped at a limit; ok is false when it could
// not be decoded at all. The result is valid until the next call.
func (d *codings) decodeAll(b []byte, list []coding, limit int) (out []byte, cut, ok bool) {
	if d.bomb = false; len(list) > maxCodings {
		return nil, false, false
	}
	for i := len(list) - 1; i >= 0; i-- {
		var c bool
		if b, c, ok = d.decode(i, b, list[i], limit); !ok {
			return nil, false, false
		}
		cut = cut || c
	}
	return b, cut, true
}

// decode undoes one coding. A label that the bytes contradict is not believed:
// the bytes' own magic number counts, and text is taken as not coded.
func (d *codings) decode(layer int, b []byte, c coding, limit int) (out []byte, cut, ok bool) {
	if len(b) == 0 {
		return b, false, true
	}
	if s := sniffCoding(b); s != identity {
		c = s
	} else if c == gzipped || c == zstandard {
		c = identity
		if !plausibleText(b) {
			return nil, false, false
		}
	}
	if c == identity || (b[0] == '{' || b[0] == '[' || b[0] == '<') && plausibleText(b) {
		return b, false, true
	}
	if c == snappied && !bytes.HasPrefix(b, []byte(snappyMagic)) {
		return d.snappyBlock(layer, b, min(limit, max(ratioFree, maxRatio*len(b))))
	}
	d.src.Reset(b)
	r := d.reader(c, b)
	if r == nil {
		return nil, false, false
	}
	limit = min(limit, max(ratioFree, maxRatio*len(b)))
	out, cut, ok = d.drain(layer, b, r, limit)
	d.bomb = d.bomb || cut && len(out) >= limit && len(out) > bombRatio*(len(b)-d.src.Len())
	if !ok && plausibleText(b) {
		return b, false, true
	}
	return out, cut, ok
}

// plausibleText reports whether b begins like text rather than compressed data.
func plausibleText(b []byte) bool {
	for _, c := range b[:min(len(b), 32)] {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// reader returns the re-used decoder of c set to d.src, nil when the data cannot be of that coding.
func (d *codings) reader(c coding, b []byte) io.Reader {
	var err error
	switch c {
	case gzipped:
		if d.gzip == nil {
			d.gzip = new(gzip.Reader)
		}
		if err = d.gzip.Reset(&d.src); err == nil {
			d.gzip.Multistream(false)
			return d.gzip
		}
	case deflated:
		return d.deflate(b)
	case snappied:
		if d.snappy == nil {
			d.snappy = snappy.NewReader(&d.src)
		}
		d.snappy.Reset(&d.src)
		return d.snappy
	case brotlied:
		if d.brotli == nil {
			d.brotli = brotli.NewReader(&d.src)
			return d.brotli
		}
		if err = d.brotli.Reset(&d.src); err == nil {
			return d.brotli
		}
	case zstandard:
		if d.zstd == nil {
			d.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		}
		if err == nil {
			if err = d.zstd.Reset(&d.src); err == nil {
				return d.zstd
			}
		}
	}
	return nil
}

// deflate is zlib data by RFC 9110, Section 8.4.1.2; some servers send the bare
// deflate stream, told apart by the zlib header (RFC 1950, Section 2.2).
func (d *codings) deflate(b []byte) io.Reader {
	if len(b) > 1 && b[0]&0x0f == 8 && (int(b[0])<<8|int(b[1]))%31 == 0 {
		if d.zlib == nil {
			r, err := zlib.NewReader(&d.src)
			if err != nil {
				return nil
			}
			d.zlib = r
			return r
		}
		if d.zlib.(zlib.Resetter).Reset(&d.src, nil) != nil {
			return nil
		}
		return d.zlib
	}
	if d.flate == nil {
		d.flate = flate.NewReader(&d.src)
		return d.flate
	}
	if d.flate.(flate.Resetter).Reset(&d.src, nil) != nil {
		return nil
	}
	return d.flate
}

// snappyMagic is the beginning of Snappy's framing format. Without it content is
// one block, as Prometheus sends it.
const snappyMagic = "\xff\x06\x00\x00sNaPpY"

// snappyBlock undoes a block of Snappy, which says its length first. One that is
// longer than limit is not decoded.
func (d *codings) snappyBlock(layer int, b []byte, limit int) (out []byte, cut, ok bool) {
	n, err := snappy.DecodedLen(b)
	if err != nil || n > limit {
		return nil, err == nil, err == nil
	}
	if cap(d.out[layer]) < n {
		d.out[layer] = make([]byte, n)
	}
	out, err = snappy.Decode(d.out[layer][:cap(d.out[layer])], b)
	return out, false, err == nil
}

// nextMember sets the gzip reader to the member that follows in b, if one does
// (RFC 1952, Section 2.2); other bytes behind a member are ignored.
func (d *codings) nextMember(b []byte) bool {
	rest := b[len(b)-d.src.Len():]
	if sniffCoding(rest) != gzipped || d.gzip.Reset(&d.src) != nil {
		return false
	}
	d.gzip.Multistream(false)
	return true
}

// drain reads r, which decodes b, into the buffer of layer up to limit bytes.
func (d *codings) drain(layer int, b []byte, r io.Reader, limit int) (out []byte, cut, ok bool) {
	buf := d.out[layer][:0]
	if cap(buf) == 0 {
		buf = make([]byte, 0, 32<<10)
	}
	for {
		if len(buf) == cap(buf) {
			if len(buf) >= limit {
				cut = true
				break
			}
			buf = append(make([]byte, 0, min(2*cap(buf), limit+1)), buf...)
		}
		k, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+k]
		if len(buf) > limit {
			buf, cut = buf[:limit], true
			break
		}
		if err == nil || err == io.EOF && r == d.gzip && d.nextMember(b) {
			continue
		}
		cut = err != io.EOF
		if cut && len(buf) == 0 {
			d.out[layer] = buf
			return nil, false, err == io.ErrUnexpectedEOF
		}
		break
	}
	d.out[layer] = buf
	return buf, cut, true
}
