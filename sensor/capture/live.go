package capture

import (
	"errors"

	"golang.org/x/net/bpf"
)

// ErrIdle is what Next of a live source returns when no frame came for a while. Frame.Time
// then holds the time that has been reached: no frame of an earlier time is to be expected.
// The source goes on.
var ErrIdle = errors.New("capture: no frame at the moment")

// Bounds of a live capture.
const (
	DefaultRing = 64 << 20 // bytes
	MinRing     = 256 << 10
	MaxRing     = 2 << 30
	MaxOutages  = 1024
)

// LiveConfig says how frames are taken from a network interface.
type LiveConfig struct {
	Interface string
	// Ring is the size of the ring in bytes, rounded up to whole blocks; 0 means DefaultRing.
	Ring int
	// SnapLen cuts frames to that many bytes; 0 keeps them whole.
	SnapLen int
	// Promiscuous asks for frames to other addresses too.
	Promiscuous bool
	// IgnoreOutgoing leaves out what this host sends. It is always on for a loopback
	// interface, which shows every packet twice.
	IgnoreOutgoing bool
	// Filter makes the program that the kernel applies to every frame of an interface with
	// that link type; it returns how many bytes to keep. nil takes every frame.
	Filter func(link LinkType, snapLen int) ([]bpf.RawInstruction, error)
}

// LiveStats counts what became of the frames of a live capture.
type LiveStats struct {
	// Packets is how many frames passed the filter: Delivered, Drops, and those still in the ring.
	Packets uint64
	// Delivered is how many of them Next returned.
	Delivered uint64
	// Drops is how many of them the kernel had no space for.
	Drops uint64
	// Outages are the times when the interface was down or away, the first MaxOutages of them.
	Outages []Outage
	// MoreOutages counts the further ones.
	MoreOutages uint64
}

// Outage is a time in which nothing could be seen, in nanoseconds since the Unix epoch.
type Outage struct {
	From int64
	To   int64 // 0 while it lasts
}

// outage books that the interface went away (up is false) or came back.
func (s *LiveStats) outage(up bool, now int64) {
	last := len(s.Outages) - 1
	lasting := last >= 0 && s.Outages[last].To == 0
	switch {
	case up && lasting:
		s.Outages[last].To = now
	case up || lasting:
	case len(s.Outages) == MaxOutages:
		s.MoreOutages++
	default:
		s.Outages = append(s.Outages, Outage{From: now})
	}
}

// A NoInterfaceError says that there is no interface of a name.
type NoInterfaceError struct {
	Name string
	// Have are the names of the interfaces that there are, sorted.
	Have []string
}

// Error names the interface that is missing.
func (e *NoInterfaceError) Error() string { return "no interface " + e.Name }
