package http2

// Verdict answers whether bytes belong to a protocol.
type Verdict uint8

// Verdicts.
const (
	NoMatch Verdict = iota
	NeedMore
	Match
)

// Probe says whether data, the first bytes of a stream, is the client's
// connection preface (RFC 9113, Section 3.4).
func Probe(data []byte) Verdict {
	switch n := min(len(data), len(preface)); {
	case string(data[:n]) != preface[:n]:
		return NoMatch
	case n < len(preface):
		return NeedMore
	}
	return Match
}

// Chain counts the consistent frame headers in data from its start on. exact
// says that the last frame ends where data ends; n is 0 when some header is not consistent.
func Chain(data []byte) (n int, exact bool) {
	at := 0
	for at+frameHeader <= len(data) {
		if !consistent(data[at:at+frameHeader], usualFrame) {
			return 0, false
		}
		n++
		at += frameHeader + int(readFrame(data[at:]).len)
	}
	return n, at == len(data)
}

// Follower follows frames from segment to segment of one direction without
// keeping bytes.
type Follower struct {
	next uint64 // offset of the frame header that is awaited
	n    int
}

// Next takes delivered bytes at offset at and reports whether enough consistent
// frame headers were met in a row. A chain begins where a segment begins.
func (f *Follower) Next(at uint64, data []byte) bool {
	end := at + uint64(len(data))
	fresh := f.n == 0 || f.next < at
	if fresh {
		f.n, f.next = 0, at
	}
	for f.next+frameHeader <= end {
		b := data[f.next-at:]
		if !consistent(b, usualFrame) {
			f.n = 0
			if fresh {
				return false
			}
			fresh, f.next = true, at // the chain broke, another one may begin here
			continue
		}
		f.next += frameHeader + uint64(readFrame(b).len)
		if f.n++; f.n >= enough {
			return true
		}
	}
	if f.next < end {
		f.n = 0 // the header lies in two segments
	}
	return false
}
