package capture_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wirecensus/sensor/capture"
)

// TestCorpus opens every file of the corpus that WIRECENSUS_CORPUS names: each is
// read or said to be no capture, and the number of frames is what the oracle counted,
// unless the file is damaged or listed with the reason.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("WIRECENSUS_CORPUS")
	if dir == "" {
		t.Skip("WIRECENSUS_CORPUS is not set")
	}
	oracle, err := os.Open(filepath.Join(dir, "oracle.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer oracle.Close()
	lines := bufio.NewScanner(oracle)
	lines.Buffer(nil, 16<<20)
	var equal, damaged, foreign, refused, custom int
	for lines.Scan() {
		var want struct {
			Path, Format string
			Packets      int
		}
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		frames, notes, err := count(t, filepath.Join(dir, want.Path))
		var format *capture.FormatError
		switch {
		case errors.As(err, &format):
			foreign++
			t.Logf("%s (%s, %d): %s", want.Path, want.Format, want.Packets, format.Hint)
		case err != nil:
			t.Errorf("%s: %v", want.Path, err)
		case frames == want.Packets:
			equal++
		case len(notes) > 0:
			damaged++
			t.Logf("%s (%s): %d frames, oracle %d: %v", want.Path, want.Format, frames, want.Packets, notes[0])
		case want.Packets == 0:
			refused++ // tshark 4.0 does not open it (link types, options), although its frames are intact
		case strings.Contains(want.Path, "pcapng-test-generator") && frames < want.Packets:
			custom++ // Wireshark counts custom blocks as packets
		default:
			t.Errorf("%s (%s): %d frames, oracle %d", want.Path, want.Format, frames, want.Packets)
		}
	}
	t.Logf("%d equal, %d damaged, %d no captures, %d refused by the oracle, %d with custom blocks",
		equal, damaged, foreign, refused, custom)
	if equal < 2400 || custom > 4 {
		t.Error("too few files are equal")
	}
}

// count reads one file to its end.
func count(t *testing.T, path string) (frames int, notes []capture.Note, err error) {
	src, err := capture.OpenFiles([]string{path}, strings.NewReader(""))
	if err != nil {
		return 0, nil, err
	}
	defer src.Close()
	var f capture.Frame
	for {
		err := src.Next(&f)
		if err == io.EOF {
			break
		}
		if err != nil {
			return frames, src.Notes(), err
		}
		if len(f.Data) > f.WireLen || len(f.Data) > capture.MaxFrame {
			t.Fatalf("%s: frame of %d bytes, %d on the wire", path, len(f.Data), f.WireLen)
		}
		frames++
	}
	if read, total := src.Position(); len(src.Notes()) == 0 && read != total {
		t.Errorf("%s: %d of %d bytes read at the end", path, read, total)
	}
	return frames, src.Notes(), nil
}
