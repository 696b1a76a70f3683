package publish

import (
	"bufio"
	"bytes"
	"container/heap"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"sync"

	"wirecensus/schemas"
)

// DefaultMemory is the default bound, in bytes, of what NDJSON holds in memory.
const DefaultMemory = 64 << 20

// NDJSON writes calls as JSON, one a line, sorted by time and id. It is safe
// for concurrent use.
type NDJSON struct {
	limit int // bytes, constant after NewNDJSON
	dir   string

	mu struct {
		sync.Mutex
		lines []line
		bytes int
		runs  []*os.File
		err   error
	}
}

// line is one encoded call with its sort key; the newline is part of text.
type line struct {
	time schemas.Time
	id   string
	text []byte
}

func (a line) compare(b line) int {
	switch {
	case a.time != b.time:
		if a.time < b.time {
			return -1
		}
		return 1
	case a.id != b.id:
		if a.id < b.id {
			return -1
		}
		return 1
	}
	return bytes.Compare(a.text, b.text)
}

// NewNDJSON returns an NDJSON that holds at most limit bytes in memory (0 means
// DefaultMemory) and puts its runs into the directory tmp ("" means the system's).
func NewNDJSON(limit int, tmp string) *NDJSON {
	if limit <= 0 {
		limit = DefaultMemory
	}
	return &NDJSON{limit: limit, dir: tmp}
}

// Send encodes the call and keeps it until Close.
func (n *NDJSON) Send(c *schemas.Call) {
	text, err := json.Marshal(c)
	n.mu.Lock()
	defer n.mu.Unlock()
	if err != nil {
		n.mu.err = errors.Join(n.mu.err, err)
		return
	}
	n.mu.lines = append(n.mu.lines, line{c.Time, c.ID, append(text, '\n')})
	if n.mu.bytes += len(text); n.mu.bytes > n.limit {
		n.spill()
	}
}

// spill writes the lines in memory as a sorted run.
func (n *NDJSON) spill() {
	if n.mu.err != nil {
		n.mu.lines, n.mu.bytes = n.mu.lines[:0], 0
		return
	}
	slices.SortFunc(n.mu.lines, line.compare)
	f, err := os.CreateTemp(n.dir, "wirecensus-calls-*")
	if err != nil {
		n.mu.err = err
		return
	}
	n.mu.runs = append(n.mu.runs, f)
	w := bufio.NewWriterSize(f, 1<<20)
	for _, l := range n.mu.lines {
		w.Write(l.text)
	}
	n.mu.err = w.Flush()
	n.mu.lines, n.mu.bytes = nil, 0
}

// Close writes every call to w in order and removes the temporary files. The
// error is the first that any step met; then w holds what could be written.
func (n *NDJSON) Close(w io.Writer) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	slices.SortFunc(n.mu.lines, line.compare)
	out := bufio.NewWriterSize(w, 1<<20)
	sources := []source{&memory{n.mu.lines}}
	for _, f := range n.mu.runs {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			n.mu.err = errors.Join(n.mu.err, err)
			continue
		}
		sources = append(sources, &run{r: bufio.NewReaderSize(f, 1<<18)})
	}
	err := errors.Join(n.mu.err, merge(out, sources), out.Flush())
	for _, f := range n.mu.runs {
		err = errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	n.mu.runs, n.mu.lines = nil, nil
	return err
}

// source yields lines in order; io.EOF ends it.
type source interface{ next() (line, error) }

type memory struct{ lines []line }

func (m *memory) next() (line, error) {
	if len(m.lines) == 0 {
		return line{}, io.EOF
	}
	l := m.lines[0]
	m.lines = m.lines[1:]
	return l, nil
}

type run struct{ r *bufio.Reader }

func (r *run) next() (line, error) {
	text, err := r.r.ReadBytes('\n')
	if err != nil {
		return line{}, err
	}
	var key struct {
		Time schemas.Time `json:"time"`
		ID   string       `json:"id"`
	}
	if err := json.Unmarshal(text, &key); err != nil {
		return line{}, err
	}
	return line{key.Time, key.ID, text}, nil
}

// head is a source with its next line.
type head struct {
	line
	from source
}

type heads []head

func (h heads) Len() int           { return len(h) }
func (h heads) Less(i, j int) bool { return h[i].compare(h[j].line) < 0 }
func (h heads) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *heads) Push(x any)        { *h = append(*h, x.(head)) }
func (h *heads) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

func merge(w io.Writer, sources []source) error {
	var h heads
	for _, s := range sources {
		switch l, err := s.next(); err {
		case nil:
			h = append(h, head{l, s})
		case io.EOF:
		default:
			return err
		}
	}
	heap.Init(&h)
	for len(h) > 0 {
		if _, err := w.Write(h[0].text); err != nil {
			return err
		}
		switch l, err := h[0].from.next(); err {
		case nil:
			h[0].line = l
			heap.Fix(&h, 0)
		case io.EOF:
			heap.Pop(&h)
		default:
			return err
		}
	}
	return nil
}
