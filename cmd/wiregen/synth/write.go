package synth

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Format is a capture file format.
type Format uint8

// Formats.
const (
	PCAPNano  Format = iota // pcap with nanoseconds
	PCAPMicro               // pcap with microseconds
	PCAPNG                  // pcapng with nanoseconds
)

// Writer writes frames in a capture file format. It buffers; call Flush at the end.
type Writer struct {
	w      io.Writer
	format Format
	buf    []byte
	n      int64
	err    error
}

// NewWriter starts a capture file. snapLen 0 means 262,144.
func NewWriter(w io.Writer, format Format, link Link, snapLen int) *Writer {
	if snapLen == 0 {
		snapLen = 262144
	}
	o := &Writer{w: w, format: format, buf: make([]byte, 0, 1<<18+1<<17)}
	le := binary.LittleEndian
	switch format {
	case PCAPNG:
		o.buf = appendBlock(o.buf, 0x0a0d0d0a, func(b []byte) []byte { // section header
			b = le.AppendUint32(b, 0x1a2b3c4d)
			b = append(b, 1, 0, 0, 0)
			return le.AppendUint64(b, 1<<64-1)
		})
		o.buf = appendBlock(o.buf, 1, func(b []byte) []byte { // interface description
			b = le.AppendUint16(b, link.number())
			b = append(b, 0, 0)
			b = le.AppendUint32(b, uint32(snapLen))
			b = append(b, 2, 0, 7, 0, 'm', 'i', 'r', 'r', 'o', 'r', '0', 0) // if_name
			b = append(b, 9, 0, 1, 0, 9, 0, 0, 0)                           // if_tsresol: 10^-9
			return append(b, 0, 0, 0, 0)
		})
	default:
		magic := uint32(0xa1b23c4d)
		if format == PCAPMicro {
			magic = 0xa1b2c3d4
		}
		o.buf = le.AppendUint32(o.buf, magic)
		o.buf = append(o.buf, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		o.buf = le.AppendUint32(o.buf, uint32(snapLen))
		o.buf = le.AppendUint32(o.buf, uint32(link.number()))
	}
	return o
}

func appendBlock(b []byte, kind uint32, body func([]byte) []byte) []byte {
	start := len(b)
	b = binary.LittleEndian.AppendUint32(b, kind)
	b = append(b, 0, 0, 0, 0)
	b = body(b)
	for (len(b)-start)%4 != 0 {
		b = append(b, 0)
	}
	size := uint32(len(b) - start + 4)
	binary.LittleEndian.PutUint32(b[start+4:], size)
	return binary.LittleEndian.AppendUint32(b, size)
}

// Secrets adds a key log in NSS format: a Decryption Secrets Block of pcapng. Other
// formats have no place for one.
func (o *Writer) Secrets(keyLog []byte) {
	if o.format != PCAPNG || len(keyLog) == 0 {
		return
	}
	o.buf = appendBlock(o.buf, 10, func(b []byte) []byte {
		b = append(b, 'K', 'S', 'L', 'T')
		b = binary.LittleEndian.AppendUint32(b, uint32(len(keyLog)))
		return append(b, keyLog...)
	})
}

// Write adds a frame.
func (o *Writer) Write(f Frame) error {
	le := binary.LittleEndian
	b := o.buf
	if o.format == PCAPNG {
		size := uint32(32 + (len(f.Data)+3)&^3)
		b = le.AppendUint32(b, 6)
		b = le.AppendUint32(b, size)
		b = le.AppendUint32(b, 0)
		b = le.AppendUint32(b, uint32(uint64(f.Time)>>32))
		b = le.AppendUint32(b, uint32(f.Time))
		b = le.AppendUint32(b, uint32(len(f.Data)))
		b = le.AppendUint32(b, uint32(f.Len))
		b = append(b, f.Data...)
		b = append(b, 0, 0, 0)[:len(b)+(len(f.Data)+3)&^3-len(f.Data)]
		b = le.AppendUint32(b, size)
	} else {
		unit := int64(1)
		if o.format == PCAPMicro {
			unit = 1000
		}
		b = le.AppendUint32(b, uint32(f.Time/1e9))
		b = le.AppendUint32(b, uint32(f.Time%1e9/unit))
		b = le.AppendUint32(b, uint32(len(f.Data)))
		b = le.AppendUint32(b, uint32(f.Len))
		b = append(b, f.Data...)
	}
	o.buf = b
	if len(b) >= 1<<18 {
		return o.Flush()
	}
	return nil
}

// Flush writes what is buffered.
func (o *Writer) Flush() error {
	if o.err == nil && len(o.buf) > 0 {
		var n int
		n, o.err = o.w.Write(o.buf)
		o.n += int64(n)
		o.buf = o.buf[:0]
	}
	return o.err
}

// Size is the number of bytes of the file so far.
func (o *Writer) Size() int64 { return o.n + int64(len(o.buf)) }

// Bytes returns the whole capture as a file in memory. The truth is complete afterwards.
func (c *Capture) Bytes(format Format) []byte {
	var b bytes.Buffer
	w := NewWriter(&b, format, c.Link, c.SnapLen)
	w.Secrets(c.Secrets)
	for f := range c.Frames() {
		w.Write(f) // a Buffer takes everything
	}
	w.Flush()
	return b.Bytes()
}

// Files writes a capture to one or several files.
type Files struct {
	// Path of the file; "-" is Stdout. The ending .gz or .zst compresses; with a rotation a
	// number goes before the endings.
	Path   string
	Stdout io.Writer
	Format Format
	// RotateBytes and RotateFrames start another file; 0 never does.
	RotateBytes  int64
	RotateFrames uint64
}

// Write writes the capture and returns the names and the total size, before
// compression, of what it wrote.
func (o Files) Write(c *Capture) (names []string, size int64, err error) {
	var w *Writer
	var done func() error
	var frames uint64
	finish := func() error {
		if w == nil {
			return nil
		}
		err := w.Flush()
		size += w.Size()
		w = nil
		if e := done(); err == nil {
			err = e
		}
		return err
	}
	for f := range c.Frames() {
		full := w != nil && (o.RotateBytes > 0 && w.Size()+int64(len(f.Data)) > o.RotateBytes ||
			o.RotateFrames > 0 && frames == o.RotateFrames)
		if full {
			if err = finish(); err != nil {
				return names, size, err
			}
		}
		if w == nil {
			var out io.Writer
			names = append(names, o.name(len(names)+1))
			if out, done, err = o.create(names[len(names)-1]); err != nil {
				return names, size, err
			}
			w, frames = NewWriter(out, o.Format, c.Link, c.SnapLen), 0
			w.Secrets(c.Secrets)
		}
		frames++
		if err = w.Write(f); err != nil {
			return names, size, fmt.Errorf("write capture: %w", err)
		}
	}
	return names, size, finish()
}

func (o Files) name(n int) string {
	if o.RotateBytes == 0 && o.RotateFrames == 0 {
		return o.Path
	}
	dir, base := "", o.Path
	if i := strings.LastIndexByte(base, '/'); i >= 0 {
		dir, base = base[:i+1], base[i+1:]
	}
	stem, ext, dot := strings.Cut(base, ".")
	if dot {
		ext = "." + ext
	}
	return fmt.Sprintf("%s%s-%05d%s", dir, stem, n, ext)
}

// create opens a file for writing with the compression its name asks for.
func (o Files) create(name string) (io.Writer, func() error, error) {
	if name == "-" {
		return o.Stdout, func() error { return nil }, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, nil, fmt.Errorf("create capture: %w", err)
	}
	var z io.WriteCloser
	switch {
	case strings.HasSuffix(name, ".gz"):
		z, _ = gzip.NewWriterLevel(f, 3) // the level is valid
	case strings.HasSuffix(name, ".zst"):
		if z, err = zstd.NewWriter(f, zstd.WithEncoderConcurrency(1)); err != nil {
			return nil, nil, fmt.Errorf("compress capture: %w", err)
		}
	default:
		return f, f.Close, nil
	}
	return z, func() error {
		err := z.Close()
		if e := f.Close(); err == nil {
			err = e
		}
		return err
	}, nil
}
