package sensor_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
)

// write makes the capture as files in a new folder and returns the folder.
func write(t testing.TB, c *synth.Capture, f synth.Files) string {
	t.Helper()
	dir := t.TempDir()
	f.Path = filepath.Join(dir, f.Path)
	if _, _, err := f.Write(c); err != nil {
		t.Fatal(err)
	}
	return dir
}

// about returns the truth's calls of one request line by one client, in order of time.
type asked struct{ client, method, host, path string }

func askedOf(c *synth.Call) asked {
	host, _, err := net.SplitHostPort(c.Host)
	if err != nil {
		host = c.Host
	}
	client, _, err := net.SplitHostPort(c.Client)
	if err != nil {
		client = c.Client
	}
	path, _, _ := strings.Cut(c.Path, "?")
	return asked{client, c.Method, strings.Trim(host, "[]"), path}
}

// compare holds calls against the truth: how many of the requests whose head was
// captured were found, and which calls nobody made or have a status nobody sent.
// A status that was not seen is no error.
func compare(t *testing.T, truth *synth.Truth, calls []*schemas.Call) (recall float64) {
	t.Helper()
	said := map[asked][]*synth.Call{}
	heads := 0
	for _, c := range truth.Calls {
		if c.Head {
			heads++
		}
		said[askedOf(c)] = append(said[askedOf(c)], c)
	}
	found := 0
	for _, c := range calls {
		if c.Has("continued") {
			continue // it is told of besides the call that the truth has
		}
		c := *c
		var match *synth.Call
		for k, list := range said {
			if k.client != c.Client || k.method != c.Method || k.host != c.Host || !samePath(k.path, c.Path, false) {
				continue
			}
			i := slices.IndexFunc(list, func(s *synth.Call) bool { return s.Time.UnixNano() == int64(c.Time) })
			if i >= 0 {
				match = list[i]
				said[k] = slices.Delete(list, i, i+1)
				break
			}
		}
		switch {
		case match == nil:
			t.Errorf("nobody called %s %s%s from %s at %v", c.Method, c.Host, c.Path, c.Client, c.Time)
		case c.Status != 0 && c.Status != match.Status:
			t.Errorf("%s %s%s at %v: status %d, sent was %d", c.Method, c.Host, c.Path, c.Time, c.Status, match.Status)
		case match.Head:
			found++
		}
		if match != nil && match.Request == "whole" && match.Response == "whole" && c.Status == 0 {
			t.Logf("%s %s%s at %v: captured whole, but without a status", c.Method, c.Host, c.Path, c.Time)
		}
	}
	for _, list := range said {
		for _, c := range list {
			if c.Head {
				t.Logf("%s %s%s from %s at %v: head captured, but not found", c.Method, c.Host, c.Path, c.Client, c.Time)
			}
		}
	}
	return float64(found) / float64(heads)
}

// TestTruth replays a company's traffic as it was and with what mirrors do to it.
func TestTruth(t *testing.T) {
	small := synth.Hard()
	small.Small = 1
	cases := []struct {
		name   string
		o      synth.Options
		recall float64
	}{
		{"clean", synth.Options{Seed: 2}, 1},
		{"small segments", synth.Options{Seed: 3, Trouble: synth.Trouble{Small: 1}}, 1},
		{"vxlan", synth.Options{Seed: 4, Tunnel: synth.VXLAN}, 1},
		{"moderate", synth.Options{Seed: 5, Trouble: synth.Moderate()}, 0.997},
		{"hard", synth.Options{Seed: 6, Trouble: synth.Hard()}, 0.98},
		{"hard, small, geneve", synth.Options{Seed: 7, Trouble: small, Tunnel: synth.Geneve}, 0.97},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.o.Days, c.o.Scale = 3, 0.7
			capture := synth.Company(c.o)
			dir := write(t, capture, synth.Files{Path: "x.pcapng"})
			calls, err := replay(t, dir, 1)
			if err != nil {
				t.Fatal(err)
			}
			got := compare(t, capture.Truth, calls)
			t.Logf("%d calls, recall %.4f of the captured heads", len(calls), got)
			if got < c.recall {
				t.Errorf("recall %.4f of the captured heads, want %.4f", got, c.recall)
			}
		})
	}
}

// TestSharding: the calls do not depend on the number of shards, nor on how the
// capture was cut into files.
func TestSharding(t *testing.T) {
	make := func(f synth.Files) string {
		return write(t, synth.Company(synth.Options{Seed: 8, Days: 2, Trouble: synth.Hard()}), f)
	}
	whole := make(synth.Files{Path: "x.pcap"})
	split := make(synth.Files{Path: "x.pcap.gz", RotateFrames: 1500})
	var want []byte
	for _, c := range []struct {
		dir    string
		shards int
	}{{whole, 1}, {whole, 4}, {split, 1}, {split, 3}} {
		calls, err := replay(t, c.dir, c.shards)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		for _, c := range calls {
			b, err := json.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&got, "%s\n", b)
		}
		if want == nil {
			want = got.Bytes()
			if len(calls) < 100 {
				t.Fatalf("only %d calls", len(calls))
			}
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%d shards over %s: other calls", c.shards, filepath.Base(c.dir))
		}
	}
}
