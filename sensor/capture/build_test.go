package capture_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"wirecensus/sensor/capture"
)

// sample is a frame as the builders write it and as it must come back.
type sample struct {
	time int64
	data string
	wire int
	link capture.LinkType
}

var samples = []sample{
	{1700000000_123456000, "first frame", 11, 1},
	{1700000000_123457000, "second", 6000, 1},
	{1700000001_000000000, "", 60, 1},
	{1700000002_999999000, "fourth, odd", 11, 1},
}

type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

var le, be byteOrder = binary.LittleEndian, binary.BigEndian

// pcap returns a classic capture.
func pcap(o byteOrder, magic uint32, network uint32, frames []sample) []byte {
	b := o.AppendUint32(nil, magic)
	b = o.AppendUint16(o.AppendUint16(b, 2), 4)
	b = append(b, make([]byte, 8)...)
	b = o.AppendUint32(o.AppendUint32(b, 0), network) // snapshot length 0
	for _, f := range frames {
		frac := uint32(f.time % 1e9)
		if magic != 0xa1b23c4d {
			frac /= 1000
		}
		b = o.AppendUint32(o.AppendUint32(b, uint32(f.time/1e9)), frac)
		b = o.AppendUint32(o.AppendUint32(b, uint32(len(f.data))), uint32(f.wire))
		if magic == 0xa1b2cd34 {
			b = append(b, make([]byte, 8)...)
		}
		b = append(b, f.data...)
	}
	return b
}

// block returns a pcapng block.
func block(o byteOrder, kind uint32, body []byte) []byte {
	body = append(body, make([]byte, -len(body)&3)...)
	b := o.AppendUint32(o.AppendUint32(nil, kind), uint32(len(body)+12))
	return o.AppendUint32(append(b, body...), uint32(len(body)+12))
}

func section(o byteOrder) []byte {
	b := o.AppendUint16(o.AppendUint16(o.AppendUint32(nil, 0x1a2b3c4d), 1), 0)
	return block(o, 0x0a0d0d0a, o.AppendUint64(b, 1<<64-1))
}

func option(o byteOrder, code uint16, v []byte) []byte {
	b := o.AppendUint16(o.AppendUint16(nil, code), uint16(len(v)))
	return append(append(b, v...), make([]byte, -len(v)&3)...)
}

func ifBlock(o byteOrder, link uint16, snap uint32, options ...[]byte) []byte {
	b := o.AppendUint32(o.AppendUint16(o.AppendUint16(nil, link), 0), snap)
	return block(o, 1, append(b, bytes.Join(options, nil)...))
}

func enhanced(o byteOrder, id uint32, stamp uint64, data string, wire int, options ...[]byte) []byte {
	b := o.AppendUint32(o.AppendUint32(o.AppendUint32(nil, id), uint32(stamp>>32)), uint32(stamp))
	b = append(o.AppendUint32(o.AppendUint32(b, uint32(len(data))), uint32(wire)), data...)
	b = append(b, make([]byte, -len(data)&3)...)
	return block(o, 6, append(b, bytes.Join(options, nil)...))
}

func obsolete(o byteOrder, id uint16, stamp uint64, data string, wire int) []byte {
	b := enhanced(o, 0, stamp, data, wire)
	o.PutUint32(b, 2)
	o.PutUint16(b[8:], id)
	o.PutUint16(b[10:], 999) // drops
	return b
}

func simple(o byteOrder, data string, wire int) []byte {
	return block(o, 3, append(o.AppendUint32(nil, uint32(wire)), data...))
}

func secrets(o byteOrder, kind uint32, data string) []byte {
	return block(o, 10, append(o.AppendUint32(o.AppendUint32(nil, kind), uint32(len(data))), data...))
}

// pcapng returns a capture of one section and interface, in microseconds.
func pcapng(o byteOrder, frames []sample) []byte {
	b := append(section(o), ifBlock(o, 1, 0)...)
	for _, f := range frames {
		b = append(b, enhanced(o, 0, uint64(f.time/1000), f.data, f.wire)...)
	}
	return b
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

func zstded(b []byte) []byte {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	defer w.Close()
	return w.EncodeAll(b, nil)
}

// write puts content into dir/name and returns the path.
func write(t testing.TB, dir, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// drain reads src to its end.
func drain(t testing.TB, src *capture.Files) (got []sample) {
	t.Helper()
	var f capture.Frame
	for {
		switch err := src.Next(&f); err {
		case nil:
			got = append(got, sample{f.Time, string(f.Data), f.WireLen, f.Link})
		case io.EOF:
			return got
		default:
			t.Fatal(err)
		}
	}
}

// stream reads b as standard input.
func stream(t testing.TB, b []byte) ([]sample, *capture.Files) {
	t.Helper()
	src := open(t, bytes.NewReader(b), "-")
	return drain(t, src), src
}

func open(t testing.TB, stdin io.Reader, paths ...string) *capture.Files {
	t.Helper()
	src, err := capture.OpenFiles(paths, stdin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

// texts joins the data of frames.
func texts(frames []sample) string {
	var s []string
	for _, f := range frames {
		s = append(s, f.data)
	}
	return strings.Join(s, " ")
}
