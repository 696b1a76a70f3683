package publish_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"wirecensus/schemas"
	"wirecensus/sensor/publish"
)

// TestStream: lines of concurrent senders stay whole, and each sender's stay in order.
func TestStream(t *testing.T) {
	var out bytes.Buffer
	s := publish.NewStream(&out)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 500 {
				s.Send(&schemas.Call{ID: fmt.Sprint(g), Time: schemas.Time(i + 1), Method: "GET", Path: "/x"})
			}
		})
	}
	wg.Wait()
	if err := s.Flush(); err != nil || s.Lost() != 0 {
		t.Fatal(err, s.Lost())
	}
	last := map[string]schemas.Time{}
	lines := bytes.Split(bytes.TrimSuffix(out.Bytes(), []byte("\n")), []byte("\n"))
	for _, line := range lines {
		var c schemas.Call
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if c.Time != last[c.ID]+1 {
			t.Fatalf("sender %s: %d after %d", c.ID, c.Time, last[c.ID])
		}
		last[c.ID] = c.Time
	}
	if len(lines) != 2000 {
		t.Errorf("%d lines", len(lines))
	}
}

type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }

// TestStreamBroken: the first error stays, and what comes after it is counted.
func TestStreamBroken(t *testing.T) {
	full := errors.New("disk full")
	s := publish.NewStream(broken{full})
	s.Send(&schemas.Call{ID: "a"})
	if err := s.Flush(); !errors.Is(err, full) {
		t.Errorf("flush: %v", err)
	}
	s.Send(&schemas.Call{ID: "b"})
	if err := s.Flush(); !errors.Is(err, full) || s.Lost() != 1 {
		t.Errorf("flush: %v, %d lost", err, s.Lost())
	}
}
