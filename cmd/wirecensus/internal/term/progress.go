package term

import (
	"fmt"
	"io"
	"strings"
	"time"

	"wirecensus/inventory/api"
)

// State is how far a replay is.
type State struct {
	Done, Total uint64 // bytes of the files; Total 0 when it is not known (stdin)
	Packets     uint64
	Calls       uint64
	Elapsed     time.Duration
}

// Bar draws one line over itself. Where the screen cannot be drawn over it writes nothing.
type Bar struct {
	screen Screen
	last   State   // of the last measured rate
	rate   float64 // packets per second, smoothed
	drawn  bool
}

// NewBar makes a bar for a screen.
func NewBar(s Screen) *Bar { return &Bar{screen: s} }

// Draw shows st in place of what was drawn before. A few times a second is enough.
func (b *Bar) Draw(w io.Writer, st State) error {
	if !b.screen.TTY {
		return nil
	}
	b.measure(st)
	b.drawn = true
	_, err := io.WriteString(w, "\r"+b.Line(st)+"\x1b[K")
	return err
}

// Clear takes the line away, so that other text can follow.
func (b *Bar) Clear(w io.Writer) error {
	if !b.drawn {
		return nil
	}
	b.drawn = false
	_, err := io.WriteString(w, "\r\x1b[K")
	return err
}

// measure follows the rate over the last seconds: half of it is older than one second.
func (b *Bar) measure(st State) {
	dt := (st.Elapsed - b.last.Elapsed).Seconds()
	if dt < 0.1 || st.Packets < b.last.Packets {
		return
	}
	now := float64(st.Packets-b.last.Packets) / dt
	keep := 1 / (1 + dt)
	if b.last.Elapsed == 0 {
		keep = 0
	}
	b.rate = keep*b.rate + (1-keep)*now
	b.last = st
}

// Line is what Draw writes for st: share and bar, bytes, packets per second,
// calls, time left. What does not fit is left out from the right.
func (b *Bar) Line(st State) string {
	var parts []string
	if st.Total > 0 {
		parts = append(parts, api.Bytes(st.Done)+" of "+api.Bytes(st.Total))
	} else {
		parts = append(parts, api.Bytes(st.Done))
	}
	if b.rate > 0 {
		parts = append(parts, api.Number(uint64(b.rate))+" packets/s")
	}
	parts = append(parts, api.Plural(st.Calls, "call"))
	if left, ok := st.left(); ok {
		parts = append(parts, api.Lasting(left)+" left")
	} else {
		parts = append(parts, api.Lasting(st.Elapsed.Truncate(time.Second)))
	}
	// One column stays free: some terminals break the line after the last.
	room := b.screen.columns() - 1
	text := strings.Join(parts, " · ")
	for len(parts) > 1 && columnsOf(text) > room {
		parts = parts[:len(parts)-1]
		text = strings.Join(parts, " · ")
	}
	if st.Total == 0 {
		return text
	}
	done := min(1, float64(st.Done)/float64(st.Total))
	head := padLeft(api.Number(int(100*done)), 3) + " % "
	width := min(30, room-columnsOf(head)-columnsOf(text)-3)
	if width < 5 {
		if columnsOf(head)+columnsOf(text) > room {
			return text
		}
		return head + text
	}
	full := int(done * float64(width))
	return head + b.screen.paint(cyan, strings.Repeat("━", full)) + b.screen.paint(dim, strings.Repeat("─", width-full)) + "  " + text
}

// Speed says how fast a replay that ended with st was.
func Speed(st State) string {
	seconds := max(st.Elapsed.Seconds(), 0.001)
	rate := func(n uint64) uint64 { return uint64(float64(n) / seconds) }
	return fmt.Sprintf("read %s in %.1f s: %s/s, %s packets/s, %s calls/s", api.Bytes(st.Done), seconds, api.Bytes(rate(st.Done)), api.Number(rate(st.Packets)), api.Number(rate(st.Calls)))
}

// left estimates the time to go from the bytes done so far; it needs a second
// of work to say anything.
func (st State) left() (time.Duration, bool) {
	if st.Total == 0 || st.Done == 0 || st.Done > st.Total || st.Elapsed < time.Second {
		return 0, false
	}
	left := float64(st.Elapsed) * float64(st.Total-st.Done) / float64(st.Done)
	return time.Duration(left).Round(time.Second), true
}
