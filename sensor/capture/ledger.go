package capture

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// StateName is the file of a watched folder that remembers what was read.
const StateName = ".wirecensus-read"

// ErrWatchState says that what was read cannot be remembered.
var ErrWatchState = errors.New("capture: the state of the watched folder cannot be kept")

const (
	headSize   = 64 << 10
	maxEntries = 1 << 16
)

// entry is one line of a ledger: a file, and how far it was read.
type entry struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`   // as stored, when it was read
	Head   int    `json:"head"`   // how many bytes Digest is of
	Digest []byte `json:"digest"` // SHA-256 of the first bytes, decompressed
	Frames uint64 `json:"frames"` // read
	Begun  bool   `json:"begun"`  // it is being read; how far is not known
	Done   bool   `json:"done"`   // read to its end
}

// key tells files apart.
type key struct {
	head   int
	digest [sha256.Size]byte
}

func (e *entry) key() key {
	k := key{head: e.Head}
	copy(k.digest[:], e.Digest)
	return k
}

// ledger remembers what was read, in a file to which lines are added; the last one about a file counts. It holds the latest
// maxEntries files.
type ledger struct {
	file   *os.File
	byKey  map[key]entry
	byPath map[string]key
	order  []key // by age
}

// openLedger reads a ledger, or makes one.
func openLedger(path string) (*ledger, error) {
	l := &ledger{byKey: map[key]entry{}, byPath: map[string]key{}}
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrWatchState, err)
	}
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) == nil { // a line that was cut off when the host went down is not
			l.remember(e)
		}
	}
	if err := l.rewrite(path); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWatchState, err)
	}
	return l, nil
}

// rewrite leaves one line for each file and keeps the file open for more.
func (l *ledger) rewrite(path string) error {
	var b bytes.Buffer
	for _, k := range l.order {
		line, err := json.Marshal(l.byKey[k])
		if err != nil {
			return err
		}
		b.Write(append(line, '\n'))
	}
	if err := os.WriteFile(path+".tmp", b.Bytes(), 0o600); err != nil {
		return err
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return err
	}
	var err error
	l.file, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	return err
}

func (l *ledger) remember(e entry) {
	k := e.key()
	if _, have := l.byKey[k]; !have {
		if l.order = append(l.order, k); len(l.order) > maxEntries {
			old := l.byKey[l.order[0]]
			delete(l.byKey, l.order[0])
			if l.byPath[old.Path] == l.order[0] {
				delete(l.byPath, old.Path)
			}
			l.order = l.order[1:]
		}
	}
	// A file that was read when it was shorter than its head goes by the longer one from now on.
	l.byKey[k], l.byPath[e.Path] = e, k
}

// put adds a line, which is on the disk when it returns.
func (l *ledger) put(e entry) error {
	line, err := json.Marshal(e)
	if err == nil {
		_, err = l.file.Write(append(line, '\n'))
	}
	if err = errors.Join(err, l.file.Sync()); err != nil {
		return fmt.Errorf("%w: %w", ErrWatchState, err)
	}
	l.remember(e)
	return nil
}

// identify returns what is known of the file at path: known is false, and e has only its identity, if that is nothing.
func (l *ledger) identify(path string, size int64) (e entry, known bool, err error) {
	head, err := readHead(path)
	if err != nil {
		return e, false, err
	}
	id := func(n int) entry {
		sum := sha256.Sum256(head[:n])
		return entry{Path: path, Size: size, Head: n, Digest: sum[:]}
	}
	e = id(len(head))
	if old, ok := l.byKey[e.key()]; ok {
		return old, true, nil
	}
	// It may have been shorter than its head when it was read.
	if k, ok := l.byPath[path]; ok && k.head < len(head) {
		short := id(k.head)
		if old, ok := l.byKey[short.key()]; ok && short.key() == k {
			old.Head, old.Digest = e.Head, e.Digest
			return old, true, nil
		}
	}
	return e, false, nil
}

// readHead returns the first bytes of a file, decompressed.
func readHead(path string) ([]byte, error) {
	file, err := openFile(input{path: path, found: true})
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var codec inflater
	defer codec.close()
	plain, err := codec.open(file)
	if err != nil {
		return nil, damagedHead(err)
	}
	head := make([]byte, headSize)
	n, err := io.ReadFull(plain, head)
	if n == 0 && err != nil && err != io.EOF {
		return nil, damagedHead(err)
	}
	return head[:n], nil // what is wrong behind them comes out when it is read
}

func (l *ledger) close() error { return l.file.Close() }
