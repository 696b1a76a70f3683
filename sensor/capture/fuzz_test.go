package capture_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"wirecensus/sensor/capture"
)

// FuzzFiles checks for any bytes: every frame is found in the input, behind the one before it; notes
// point into it; nothing is allocated on the word of a length; and the way in which the bytes
// arrive changes nothing.
func FuzzFiles(f *testing.F) {
	f.Add(pcap(le, 0xa1b2c3d4, 1, samples), uint16(7))
	f.Add(pcap(be, 0xa1b23c4d, 0xf4000001, samples), uint16(100))
	f.Add(pcap(le, 0xa1b2cd34, 1, samples), uint16(1))
	f.Add(pcapng(le, samples), uint16(13))
	f.Add(append(pcapng(be, samples), pcapng(le, samples)...), uint16(64))
	f.Add(append(append(section(be), ifBlock(be, 1, 4, option(be, 9, []byte{0x89}), option(be, 14, make([]byte, 8)))...),
		append(simple(be, "abcd", 9), append(obsolete(be, 0, 5, "old", 3), secrets(be, 7, "secret")...)...)...), uint16(3))
	f.Fuzz(func(t *testing.T, in []byte, chunk uint16) {
		if len(in) >= 2 && (in[0] == 0x1f && in[1] == 0x8b || in[0] == 0x28 && in[1] == 0xb5) {
			return // the decompressors are not ours
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		whole := collect(t, in, bytes.NewReader(in))
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 2<<20+100*uint64(len(in)) {
			t.Fatalf("%d bytes allocated for %d", n, len(in))
		}
		pieces := collect(t, in, &chunked{in, int(chunk)%512 + 1})
		if len(whole) != len(pieces) {
			t.Fatalf("%d frames whole, %d in pieces", len(whole), len(pieces))
		}
		for i := range whole {
			if whole[i] != pieces[i] {
				t.Fatalf("frame %d: %v whole, %v in pieces", i, whole[i], pieces[i])
			}
		}
	})
}

// collect reads src, which gives in, and checks each frame against in.
func collect(t *testing.T, in []byte, src io.Reader) (got []sample) {
	files, err := capture.OpenFiles([]string{"-"}, src)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	at := 0
	var f capture.Frame
	for {
		err := files.Next(&f)
		if fe := (*capture.FormatError)(nil); err == io.EOF || errors.As(err, &fe) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		i := bytes.Index(in[at:], f.Data)
		if i < 0 || f.WireLen < len(f.Data) || len(f.Data) > capture.MaxFrame {
			t.Fatalf("frame of %d bytes (%d on the wire) is not behind byte %d", len(f.Data), f.WireLen, at)
		}
		at += i + len(f.Data)
		got = append(got, sample{f.Time, string(f.Data), f.WireLen, f.Link})
	}
	read, _ := files.Position()
	if read > int64(len(in)) {
		t.Fatalf("%d of %d bytes read", read, len(in))
	}
	held := 0
	for _, s := range files.Secrets() {
		held += len(s.Data)
	}
	for _, n := range files.Notes() {
		if n.Offset > int64(len(in)) {
			t.Fatalf("a note at %d of %d", n.Offset, len(in))
		}
	}
	if len(files.Notes()) > 1 || held+at > len(in) {
		t.Fatalf("%d notes, %d secret bytes", len(files.Notes()), held)
	}
	return got
}

// chunked gives n bytes at a time.
type chunked struct {
	b []byte
	n int
}

func (c *chunked) Read(p []byte) (int, error) {
	if len(c.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), c.n)], c.b)
	c.b = c.b[n:]
	return n, nil
}

// FuzzAhead: reading a file for its secrets alone finds those that reading its frames finds,
// and perhaps more, behind a packet that makes no sense.
func FuzzAhead(f *testing.F) {
	f.Add(slices.Concat(section(le), secrets(le, capture.SecretsTLS, "CLIENT_RANDOM 00 11\n"), secrets(le, 7, "x")))
	f.Fuzz(func(t *testing.T, in []byte) {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, in, 0o600); err != nil {
			t.Fatal(err)
		}
		files, err := capture.OpenFiles([]string{path}, nil)
		if err != nil {
			return
		}
		defer files.Close()
		ahead := slices.Clone(files.Ahead())
		var frame capture.Frame
		for files.Next(&frame) == nil {
			continue
		}
		met := files.Secrets()
		if len(ahead) < len(met) {
			t.Fatalf("%d secrets ahead, %d met", len(ahead), len(met))
		}
		for i := range met {
			if met[i].Type != ahead[i].Type || !bytes.Equal(met[i].Data, ahead[i].Data) {
				t.Fatalf("secret %d differs", i)
			}
		}
	})
}
