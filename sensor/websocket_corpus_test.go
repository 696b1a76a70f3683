package sensor

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"wirecensus/reassembly"
	"wirecensus/schemas"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/decode"
	"wirecensus/sensor/publish"
)

// TestWebSocketCorpus: of the captures of the corpus that hold WebSocket frames, every
// frame that the oracle knows is read.
func TestWebSocketCorpus(t *testing.T) {
	dir := os.Getenv("WIRECENSUS_CORPUS")
	if dir == "" {
		t.Skip("WIRECENSUS_CORPUS names no corpus folder")
	}
	f, err := os.Open(filepath.Join(dir, "oracle.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	files := 0
	for lines.Scan() {
		var o struct {
			Path   string
			Frames uint64 `json:"websocket_frames"`
		}
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		if o.Frames == 0 {
			continue
		}
		files++
		s := newShard(Config{Progress: new(Progress)}, []byte("k"), 1, publish.Func(func(*schemas.Call) {}))
		feed(t, s, filepath.Join(dir, o.Path))
		st := s.sockets.Stats()
		t.Logf("%s: %d frames, %d messages, %d skipped bytes, anomalies %v, opaque %v; oracle %d", o.Path, st.Frames, st.Messages, st.Skipped, s.books.anomalies, s.books.opaque, o.Frames)
		if st.Frames != o.Frames {
			t.Errorf("%s: %d frames, the oracle knows %d", o.Path, st.Frames, o.Frames)
		}
	}
	if files == 0 {
		t.Error("the oracle knows no frames")
	}
}

// feed runs a capture file through one shard.
func feed(t *testing.T, s *shard, path string) {
	t.Helper()
	src, err := capture.OpenFiles([]string{path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	dec := decode.New(decode.Config{})
	var frame capture.Frame
	for {
		err := src.Next(&frame)
		if errors.Is(err, io.EOF) {
			break
		}
		var format *capture.FormatError
		if errors.As(err, &format) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		var seg reassembly.Segment
		if dec.Frame(&frame, &seg) == decode.TCP {
			s.segment(&seg)
		}
	}
	s.close()
}
