package capture

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// DefaultQuiet is how long a capture file that nothing else follows must not have changed to be taken.
const DefaultQuiet = 10 * time.Second

const (
	scanEvery  = time.Second
	idleEvery  = 100 * time.Millisecond
	maxWatched = 1 << 16 // files looked at
	maxEvents  = 1024
)

// WatchConfig says which folders are watched.
type WatchConfig struct {
	// Dirs are folders; those below them are watched too.
	Dirs []string
	// State is the file that remembers what was read; "" means StateName in the first folder.
	State string
	// Quiet is how long a file must not have changed to be taken; 0 means DefaultQuiet.
	Quiet time.Duration
}

// Watch reads the captures that come into folders, each when it is finished: when it was renamed from a name that
// begins with a dot or ends in .tmp or .part (which are not looked at), when the next one of its name has
// begun, or when it has not changed for a while. A file that grows after that is read on where it was left. What was
// read is told by its first bytes after decompression, so a file that is renamed or compressed
// afterwards is not read twice, also not by a later run. It belongs to one goroutine, except that Stop may be called from any.
type Watch struct {
	cfg     WatchConfig
	books   *ledger
	files   map[string]*watchedFile // by path
	hidden  []fs.FileInfo           // with names that are not looked at
	scanned time.Time
	queue   []string // finished, in the order in which they are read

	// The file that is read; cur is nil between files.
	cur    *Files
	entry  entry
	frames uint64 // of it, up to here
	last   int64  // greatest packet time

	secrets []Secret
	held    int // bytes in secrets
	events  []WatchEvent
	stop    atomic.Bool
}

// WatchEvent says what became of a file.
type WatchEvent struct {
	What   string // lower case, for people
	Path   string // not fit for a terminal
	Frames uint64 // read up to now
	Reason string // why it was not read, or not to its end; "" otherwise
}

// watchedFile is what is known of a file in a folder.
type watchedFile struct {
	info  fs.FileInfo
	since time.Time // when it was seen to change last
	taken bool      // since then
	moved bool      // it had a name that is not looked at
	scan  time.Time // when it was seen last
}

// OpenWatch begins to watch. It fails with an error of the file system if a folder cannot be read, and with
// one that wraps ErrWatchState if the state cannot be kept.
func OpenWatch(cfg WatchConfig) (*Watch, error) {
	if cfg.Quiet == 0 {
		cfg.Quiet = DefaultQuiet
	}
	for _, dir := range cfg.Dirs {
		if _, err := os.ReadDir(dir); err != nil {
			return nil, fmt.Errorf("watch folder: %w", err)
		}
	}
	if cfg.State == "" {
		cfg.State = filepath.Join(cfg.Dirs[0], StateName)
	}
	books, err := openLedger(cfg.State)
	if err != nil {
		return nil, err
	}
	return &Watch{cfg: cfg, books: books, files: map[string]*watchedFile{}}, nil
}

// Next fills f with the next frame. It returns ErrIdle when there is none for now and after each
// file, and io.EOF after Stop, at once: the next run reads on where this one stopped.
func (w *Watch) Next(f *Frame) error {
	for {
		switch {
		case w.stop.Load():
			return io.EOF
		case w.cur != nil:
			err := w.cur.Next(f)
			if err == nil {
				if w.frames++; w.frames <= w.entry.Frames {
					continue // read before
				}
				w.last = max(w.last, f.Time)
				return nil
			}
			if err := w.finish(err); err != nil {
				return err
			}
			f.Time = w.last
			return ErrIdle
		case len(w.queue) > 0:
			path := w.queue[0]
			w.queue = w.queue[1:]
			if err := w.begin(path); err != nil {
				return err
			}
		case time.Since(w.scanned) >= scanEvery:
			w.scan(time.Now())
		default:
			time.Sleep(idleEvery)
			f.Time = w.last
			return ErrIdle
		}
	}
}

// scan looks into the folders and queues what is finished.
func (w *Watch) scan(now time.Time) {
	w.scanned = now
	before := w.hidden
	w.hidden = nil
	for _, dir := range w.cfg.Dirs {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() { // no links, FIFOs or devices
				return nil
			}
			if info, err := d.Info(); err == nil {
				w.see(path, info, now, before)
			}
			return nil
		})
	}
	for path, f := range w.files {
		if !f.scan.Equal(now) {
			delete(w.files, path)
		}
	}
	for path, f := range w.files {
		if w.finished(path, f, now) {
			f.taken = true
			w.queue = append(w.queue, path)
		}
	}
	slices.SortFunc(w.queue, func(a, b string) int {
		return cmp.Or(w.files[a].info.ModTime().Compare(w.files[b].info.ModTime()), cmp.Compare(a, b))
	})
}

// see books that there is a file.
func (w *Watch) see(path string, info fs.FileInfo, now time.Time, hidden []fs.FileInfo) {
	if name := info.Name(); strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".tmp") || strings.HasSuffix(name, ".part") {
		if len(w.hidden) < maxWatched {
			w.hidden = append(w.hidden, info)
		}
		return
	}
	f := w.files[path]
	switch {
	case f == nil && len(w.files) == maxWatched:
		return
	case f == nil:
		f = &watchedFile{info: info, since: now, moved: slices.ContainsFunc(hidden, func(h fs.FileInfo) bool { return os.SameFile(h, info) })}
		if age := now.Sub(info.ModTime()); age > 0 {
			f.since = now.Add(-min(age, w.cfg.Quiet))
		}
		w.files[path] = f
	case f.info.Size() != info.Size() || !f.info.ModTime().Equal(info.ModTime()) || !os.SameFile(f.info, info):
		f.info, f.since, f.taken, f.moved = info, now, false, false
	}
	f.scan = now
}

// finished reports whether a file can be taken.
func (w *Watch) finished(path string, f *watchedFile, now time.Time) bool {
	if f.taken || f.info.Size() == 0 {
		return false
	}
	if f.moved || now.Sub(f.since) >= w.cfg.Quiet {
		return true
	}
	if now.Sub(f.since) < scanEvery {
		return false // it still grows, whatever else has begun
	}
	of := family(path)
	for other, o := range w.files {
		if o.info.ModTime().After(f.info.ModTime()) && other != path && family(other) == of {
			return true
		}
	}
	return false
}

// family is what the files of one rotation have in common: the path without compression, without numbers of two digits
// and more (dates, times), and without one at the end (tcpdump -C). The number of eth0 stays.
func family(path string) string {
	name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".gz"), ".zst")
	name = strings.TrimRight(name, "0123456789")
	kept := []byte(filepath.Dir(path) + "/")
	for len(name) > 0 {
		n := len(name) - len(strings.TrimLeft(name, "0123456789"))
		if n < 2 {
			n = max(n, 1)
			kept = append(kept, name[:n]...)
		}
		name = name[n:]
	}
	return string(kept)
}

// begin opens a file that is finished, unless it was read before. The error is one of the ledger.
func (w *Watch) begin(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // deleted in the meantime
	}
	if err != nil {
		w.tell("capture passed over", path, 0, err.Error())
		return nil
	}
	e, known, err := w.books.identify(path, info.Size())
	switch {
	case err != nil:
		w.tell("capture passed over", path, 0, err.Error())
		return nil
	case known && e.Begun:
		w.tell("capture passed over", path, e.Frames, "an earlier run was broken off while it read this file; without its line in the state it is read again, with all calls")
		return nil
	case known && e.Done && (e.Size >= info.Size() || filepath.Ext(e.Path) != filepath.Ext(path)):
		return nil // read before; perhaps it was renamed or compressed since
	}
	s := &Files{w: newWindow(windowSize)}
	if err := s.probe(input{path: path, size: info.Size(), found: true}); err != nil {
		reason := err.Error()
		if fe, ok := errors.AsType[*FormatError](err); ok {
			reason = fe.Hint
		}
		w.tell("capture passed over", path, 0, reason)
		return s.Close()
	}
	for _, secret := range s.Ahead() {
		if w.held += len(secret.Data); w.held <= maxSecrets {
			w.secrets = append(w.secrets, secret)
		}
	}
	e.Path, e.Size = path, info.Size()
	w.cur, w.entry, w.frames = s, e, 0
	e.Begun, e.Done = true, false
	return w.books.put(e)
}

// finish closes the file, which ended with err.
func (w *Watch) finish(err error) error {
	reason := ""
	if err != io.EOF {
		reason = err.Error()
	}
	for _, n := range w.cur.Notes() {
		reason = n.Reason
	}
	e := w.entry
	e.Frames, e.Done = max(e.Frames, w.frames), true
	w.tell("capture read", e.Path, w.frames, reason)
	cerr := w.cur.Close()
	w.cur = nil
	return errors.Join(cerr, w.books.put(e))
}

func (w *Watch) tell(what, path string, frames uint64, reason string) {
	if len(w.events) < maxEvents {
		w.events = append(w.events, WatchEvent{what, path, frames, reason})
	}
}

// Events returns what became of files since it was called last.
func (w *Watch) Events() []WatchEvent {
	all := w.events
	w.events = nil
	return all
}

// Ahead returns nothing: no file is known yet.
func (w *Watch) Ahead() []Secret { return nil }

// Secrets returns the decryption secrets of the files up to here, at most 16 MiB. The result only grows.
func (w *Watch) Secrets() []Secret { return w.secrets }

// Stop makes Next return io.EOF.
func (w *Watch) Stop() { w.stop.Store(true) }

// Close remembers how far the file was read that is being read.
func (w *Watch) Close() error {
	var err error
	if w.cur != nil {
		e := w.entry
		e.Frames = max(e.Frames, w.frames)
		err = errors.Join(w.cur.Close(), w.books.put(e))
		w.cur = nil
	}
	return errors.Join(err, w.books.close())
}
