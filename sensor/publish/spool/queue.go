package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Queue is one run of entries.
type Queue struct {
	s    *Spool
	name string

	// Protected by s.mu.
	segments []*segment // oldest first
	entries  int        // that are not done
	writer   *os.File   // of the last segment; nil: the next entry begins a new one
	reader   *os.File   // of the first segment
	offset   int64      // in the first segment, of the first entry that is not done
	done     int        // entries of the first segment that are done
	doneSum  uint64     // weight of them
}

// Len is the number of entries that are not done.
func (q *Queue) Len() int {
	q.s.mu.Lock()
	defer q.s.mu.Unlock()
	return q.entries
}

// Append puts an entry behind all others. It fails with ErrFull, or an error of the
// file system; then nothing was put.
func (q *Queue) Append(e Entry) error {
	q.s.mu.Lock()
	defer q.s.mu.Unlock()
	if len(e.Bytes) > maxEntry || q.s.stats.Bytes+e.size()+int64(len(magic)) > q.s.max {
		return ErrFull
	}
	if q.writer != nil && q.last().size >= q.s.segment {
		if err := q.endSegment(); err != nil {
			return err
		}
	}
	if q.writer == nil {
		number := uint64(firstNumber)
		if len(q.segments) > 0 {
			number = q.last().number + 1
		}
		seg, f, err := q.create(number)
		if err != nil {
			return err
		}
		q.segments, q.writer = append(q.segments, seg), f
	}
	return q.write(q.writer, q.last(), e)
}

func (q *Queue) last() *segment { return q.segments[len(q.segments)-1] }

// create makes the file of a segment.
func (q *Queue) create(number uint64) (*segment, *os.File, error) {
	path := filepath.Join(q.s.dir, fmt.Sprintf("%s-%016x%s", q.name, number, suffix))
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, nil, err
	}
	if _, err := f.WriteString(magic); err != nil {
		return nil, nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	q.s.stats.Bytes += int64(len(magic))
	return &segment{number: number, path: path, size: int64(len(magic))}, f, nil
}

// write adds an entry to a segment. What an error leaves behind is cut off, or else
// stays unread.
func (q *Queue) write(f *os.File, seg *segment, e Entry) error {
	if _, err := f.WriteAt(appendEntry(make([]byte, 0, e.size()), &e), seg.size); err != nil {
		return errors.Join(err, f.Truncate(seg.size))
	}
	seg.size += e.size()
	seg.entries++
	seg.weight += uint64(e.Weight)
	q.entries++
	q.s.stats.Bytes += e.size()
	q.s.stats.Entries++
	q.s.stats.Weight += uint64(e.Weight)
	return nil
}

// Prepend puts entries before all others, in their order, whether they fit or not: they
// are what its caller held, bounded there. put is how many were put, all without an error.
func (q *Queue) Prepend(entries []Entry) (put int, err error) {
	q.s.mu.Lock()
	defer q.s.mu.Unlock()
	if len(entries) == 0 {
		return 0, nil
	}
	if err := q.closeReader(); err != nil {
		return 0, err
	}
	number := uint64(firstNumber)
	if len(q.segments) > 0 {
		number = q.segments[0].number - 1
	}
	seg, f, err := q.create(number)
	if err != nil {
		return 0, err
	}
	for put < len(entries) && err == nil {
		if err = q.write(f, seg, entries[put]); err == nil {
			put++
		}
	}
	// What the first segment had done comes again: it is no longer the first.
	if q.done > 0 {
		q.entries += q.done
		q.s.stats.Entries += uint64(q.done)
		q.s.stats.Weight += q.doneSum
	}
	q.offset, q.done, q.doneSum = 0, 0, 0
	q.segments = append([]*segment{seg}, q.segments...)
	return put, errors.Join(err, f.Sync(), f.Close())
}

// Read returns the next entries without taking them out, at least one if there is any
// and together at most limit bytes otherwise. Entries that cannot be read back are given up
// and counted; the error says why, and reading may go on.
func (q *Queue) Read(limit int) ([]Entry, error) {
	q.s.mu.Lock()
	defer q.s.mu.Unlock()
	if q.entries == 0 {
		return nil, nil
	}
	seg := q.segments[0]
	if q.reader == nil {
		f, err := os.Open(seg.path)
		if err != nil {
			return nil, errors.Join(err, q.giveUp())
		}
		q.reader = f
	}
	if q.offset == 0 {
		q.offset = int64(len(magic))
	}
	r := io.NewSectionReader(q.reader, q.offset, seg.size-q.offset)
	var out []Entry
	for total := 0; len(out) < seg.entries-q.done; {
		e, err := readEntry(r)
		if err != nil {
			if len(out) > 0 {
				return out, nil // the next Read meets it first
			}
			return nil, errors.Join(fmt.Errorf("read %s: %w", seg.path, err), q.giveUp())
		}
		if total += len(e.Bytes); total > limit && len(out) > 0 {
			break
		}
		out = append(out, e)
	}
	return out, nil
}

// Done takes out the first n of the entries that Read returned.
func (q *Queue) Done(entries []Entry) error {
	q.s.mu.Lock()
	defer q.s.mu.Unlock()
	for i := range entries {
		e := &entries[i]
		q.offset += e.size()
		q.done++
		q.doneSum += uint64(e.Weight)
		q.entries--
		q.s.stats.Entries--
		q.s.stats.Weight -= uint64(e.Weight)
	}
	if len(entries) > 0 && q.done == q.segments[0].entries {
		return q.remove()
	}
	return nil
}

// giveUp drops what is left of the first segment.
func (q *Queue) giveUp() error {
	seg := q.segments[0]
	n, sum := seg.entries-q.done, seg.weight-q.doneSum
	q.entries -= n
	q.s.stats.Entries -= uint64(n)
	q.s.stats.Weight -= sum
	q.s.stats.Lost += uint64(n)
	q.s.stats.LostSum += sum
	return q.remove()
}

// remove removes the first segment, of which nothing is needed any more.
func (q *Queue) remove() error {
	seg := q.segments[0]
	err := q.closeReader()
	if len(q.segments) == 1 {
		err = errors.Join(err, q.endSegment())
	}
	q.segments = q.segments[1:]
	q.offset, q.done, q.doneSum = 0, 0, 0
	q.s.stats.Bytes -= seg.size
	return errors.Join(err, os.Remove(seg.path))
}

// endSegment closes the segment that is written to.
func (q *Queue) endSegment() error {
	if q.writer == nil {
		return nil
	}
	err := q.writer.Close()
	q.writer = nil
	return err
}

func (q *Queue) closeReader() error {
	if q.reader == nil {
		return nil
	}
	err := q.reader.Close()
	q.reader = nil
	return err
}
