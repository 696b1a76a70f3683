package http2

import "wirecensus/sensor/message"

const (
	defaultTable  = 4096 // initial maximum size, RFC 9113, Section 6.5.2
	entryOverhead = 32   // RFC 7541, Section 4.1
	maxEntry      = 8 << 10
)

// entry is one entry of a dynamic table. What is unknown of it stays unknown.
type entry struct {
	off        uint32 // of the name, then the value, in table.text
	nlen, vlen uint32
	size       uint64 // RFC 7541, Section 4.1; of what is unknown at least this
	odd        message.Anomalies
	class      class
	name       bool // the name is known
	value      bool // the value is known
}

// table is the dynamic table of one direction as far as it can be known.
//
// Indices count from the newest entry, so what was inserted after a loss has
// its place for certain; older entries have not, and are forgotten (lose).
// An encoder refers only to entries that its table still has, so an entry kept
// too long here is never taken for another.
type table struct {
	text    []byte // bytes of the entries, grown by appending only
	entries []entry
	head    int    // entries[head:] are live, oldest first
	used    uint64 // their sizes
	bytes   int    // their bytes in text
	size    uint64 // maximum size, valid iff sized
	sized   bool   // the maximum size is known
	whole   bool   // older entries than the live ones do not exist; otherwise they are unknown
}

// reset makes t the table of a new connection.
func (t *table) reset(p *Pool) {
	t.forget(p)
	t.size, t.sized, t.whole = defaultTable, true, true
}

// lose notes that a header block was lost: any number of entries may have been
// inserted, and the size changed.
func (t *table) lose(p *Pool) {
	t.forget(p)
	t.sized, t.whole = false, false
}

// forget drops all entries.
func (t *table) forget(p *Pool) {
	p.discard(t.text)
	t.text, t.entries, t.head, t.used, t.bytes = nil, t.entries[:0], 0, 0, 0
}

// limit is the size beyond which entries are dropped. While the size is
// unknown it is the initial one: what lies beyond may have been evicted.
func (t *table) limit() uint64 {
	if t.sized {
		return t.size
	}
	return defaultTable
}

// resize sets the maximum size, RFC 7541, Section 6.3.
func (t *table) resize(n uint64) {
	t.size, t.sized = n, true
	if n < entryOverhead {
		t.whole = true // nothing fits
	}
	t.evict(n)
}

// evict drops the oldest entries until size is not more than n.
func (t *table) evict(n uint64) {
	for t.used > n {
		t.drop()
	}
}

// drop drops the oldest entry.
func (t *table) drop() {
	e := &t.entries[t.head]
	t.used -= e.size
	t.bytes -= int(e.nlen + e.vlen)
	t.head++
}

// insert makes a field the newest entry, RFC 7541, Section 4.4. The bytes are copied.
func (t *table) insert(p *Pool, f *field) {
	e := entry{nlen: uint32(len(f.name)), vlen: uint32(len(f.value)), odd: f.odd, class: f.class, name: f.nameKnown, value: f.valueKnown}
	e.size = uint64(len(f.name)+len(f.value)) + entryOverhead
	limit := t.limit()
	if e.size > limit {
		for t.head < len(t.entries) {
			t.drop()
		}
		t.whole = t.sized
		return
	}
	t.evict(limit - e.size)
	for t.used+e.size > uint64(p.limits.Table) && t.head < len(t.entries) {
		t.drop()
		t.whole = false
	}
	name, value := f.name, f.value
	if len(name)+len(value) > maxEntry {
		name, value, e.nlen, e.vlen, e.name, e.value = nil, nil, 0, 0, false, false
	}
	t.room(p, len(name)+len(value))
	e.off = uint32(len(t.text))
	t.text = append(append(t.text, name...), value...)
	t.entries = append(t.entries, e)
	t.used += e.size
	t.bytes += len(name) + len(value)
}

// room makes room for n more bytes and one more entry. Events may point into
// the old text: it is given back when they are gone.
func (t *table) room(p *Pool, n int) {
	if t.head > 64 && t.head > len(t.entries)/2 {
		t.entries = t.entries[:copy(t.entries, t.entries[t.head:])]
		t.head = 0
	}
	if len(t.text)+n <= cap(t.text) {
		return
	}
	old := t.text
	t.text = p.get(2*(t.bytes+n) + 512)
	for i := t.head; i < len(t.entries); i++ {
		e := &t.entries[i]
		from := e.off
		e.off = uint32(len(t.text))
		t.text = append(t.text, old[from:from+e.nlen+e.vlen]...)
	}
	p.discard(old)
}

// at returns the i-th newest entry, 1 first, as a field, which aliases the
// table's text. ok is false when there is no such entry; an entry that nobody
// knows is a field without a known name.
func (t *table) at(i uint64) (f field, ok bool) {
	if n := uint64(len(t.entries) - t.head); i > n {
		return field{}, !t.whole
	}
	e := &t.entries[len(t.entries)-int(i)]
	mid, end := e.off+e.nlen, e.off+e.nlen+e.vlen
	return field{name: t.text[e.off:mid:mid], value: t.text[mid:end:end], class: e.class, odd: e.odd, nameKnown: e.name, valueKnown: e.value}, true
}
