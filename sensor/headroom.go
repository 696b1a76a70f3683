package sensor

import (
	"runtime/debug"
	"runtime/metrics"
)

const (
	headroomFrames  = 1 << 13 // frames between looks at the heap
	leastPercent    = 50      // of the live heap; Go by itself takes 100
	mostPercent     = 2000
	startingPercent = 400 // while nothing is live
)

// headroom paces the garbage collector: while little is live, it runs after a
// fixed number of bytes were allocated rather than whenever the heap doubled.
type headroom struct {
	bytes   uint64 // 0: the collector is left alone
	percent int    // set now
	before  int    // to be restored
	sample  [1]metrics.Sample
}

func newHeadroom(bytes uint64) *headroom {
	h := &headroom{bytes: bytes, percent: startingPercent}
	h.sample[0].Name = "/gc/heap/live:bytes"
	if bytes > 0 {
		h.before = debug.SetGCPercent(h.percent)
	}
	return h
}

// adjust sets the pace by what was live at the end of the last collection.
func (h *headroom) adjust() {
	if h.bytes == 0 {
		return
	}
	metrics.Read(h.sample[:])
	live := h.sample[0].Value.Uint64()
	if live == 0 {
		return
	}
	p := min(max(int(100*h.bytes/live), leastPercent), mostPercent)
	if p > h.percent+h.percent/8 || p < h.percent-h.percent/8 {
		h.percent = p
		debug.SetGCPercent(p)
	}
}

func (h *headroom) restore() {
	if h.bytes > 0 {
		debug.SetGCPercent(h.before)
	}
}
