package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"wirecensus/schemas"
)

var update = flag.Bool("update", false, "write the samples of the current version where there are none")

// samples is where the samples of all versions are, samplesNow where those of the current one are.
const (
	samples    = "../testdata"
	samplesNow = "../testdata/v1"
)

// TestSamples: what earlier versions wrote is read as what it was. Samples are
// never changed: when this fails, so would readers of topics in use.
func TestSamples(t *testing.T) {
	if *update {
		writeSamples(t)
	}
	versions, err := filepath.Glob(samples + "/v*")
	if err != nil || len(versions) == 0 {
		t.Fatal(versions, err)
	}
	for _, dir := range versions {
		t.Run(filepath.Base(dir), func(t *testing.T) { readSamples(t, dir) })
	}
}

func readSamples(t *testing.T, dir string) {
	d := NewDecoder()
	each(t, filepath.Join(dir, "definitions.pb"), func(value []byte) {
		if err := d.Define(Definition{idOf(value), value}); err != nil {
			t.Error(err)
		}
		if kind, w, _ := ParseDefinition(value); kind == WordKind && w != sampleWord {
			t.Errorf("word %+v", w)
		}
	})
	for _, name := range []string{"calls.pb", "calls.json.pb"} {
		var got bytes.Buffer
		next := uint64(40)
		each(t, filepath.Join(dir, name), func(value []byte) {
			h, err := d.Decode(value, func(c *schemas.Call) {
				text, err := json.Marshal(c)
				if err != nil {
					t.Fatal(err)
				}
				got.Write(append(text, '\n'))
			})
			if err != nil || h.Origin != (Origin{"tap-1", 1 << 40, 3}) || h.First != next {
				t.Fatal(h, err)
			}
			next += uint64(h.Count)
		})
		want, err := os.ReadFile(filepath.Join(dir, "calls.ndjson"))
		if err != nil || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: %v, other calls than calls.ndjson has: %d bytes, %d", name, err, got.Len(), len(want))
		}
	}
	each(t, filepath.Join(dir, "coverage.pb"), func(value []byte) {
		r, err := ParseCoverage(value)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := json.Marshal(sampleReport())
		if got, _ := json.Marshal(r); !bytes.Equal(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

// each calls visit with each record of a file.
func each(t *testing.T, name string, visit func([]byte)) {
	t.Helper()
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	r := NewDelimitedReader(bytes.NewReader(file))
	for {
		value, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		visit(value)
	}
}

// writeSamples writes samples: a choice of the demo's calls, and calls that hold everything.
func writeSamples(t *testing.T) {
	if _, err := os.Stat(samplesNow); err == nil {
		t.Fatalf("%s is there: samples are never changed", samplesNow)
	}
	var calls []schemas.Call
	demo := captured(t, "demo")
	for i := 0; i < len(demo); i += 317 {
		calls = append(calls, demo[i])
	}
	d := dice{rand.New(rand.NewPCG(1, 9))}
	for wide := 0; wide < 8; {
		c, back := d.call(), schemas.Call{}
		if text, err := json.Marshal(&c); err == nil && json.Unmarshal(text, &back) == nil {
			calls = append(calls, back) // JSON does not have all that random calls hold
			wide++
		}
	}
	var out [4][]byte // definitions, calls, calls in JSON, calls as lines
	out[0] = AppendDelimited(out[0], WordDefinition(sampleWord).Value)
	o, next := Origin{"tap-1", 1 << 40, 3}, uint64(40)
	plain, text := NewEncoder(), NewEncoder()
	text.Encoding = JSON
	var a, b Batch
	for i := range calls {
		plain.Add(&a, &calls[i])
		text.Add(&b, &calls[i])
		line, err := json.Marshal(&calls[i])
		if err != nil {
			t.Fatal(err)
		}
		out[3] = append(append(out[3], line...), '\n')
		if i%7 == 6 || i == len(calls)-1 {
			for _, def := range plain.Definitions() {
				out[0] = AppendDelimited(out[0], def.Value)
			}
			n := uint64(a.Count())
			out[1], out[2] = AppendDelimited(out[1], a.Seal(nil, o, next)), AppendDelimited(out[2], b.Seal(nil, o, next))
			next += n
		}
	}
	if err := os.MkdirAll(samplesNow, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"definitions.pb": out[0], "calls.pb": out[1], "calls.json.pb": out[2], "calls.ndjson": out[3],
		"coverage.pb": AppendDelimited(AppendDelimited(nil, AppendCoverage(nil, sampleReport())), AppendCoverageJSON(nil, sampleReport()))} {
		if err := os.WriteFile(filepath.Join(samplesNow, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
