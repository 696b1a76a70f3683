package capture

import (
	"errors"
	"fmt"
	"slices"

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
	// MaxInterfaces is how many interfaces can be named.
	MaxInterfaces = 64
	// MaxRings is how many rings OpenFanout makes.
	MaxRings = 64
)

// Any names all interfaces that there are, and those that come.
const Any = "any"

// LiveConfig says how frames are taken from network interfaces.
type LiveConfig struct {
	// Interfaces are the names, 1 to MaxInterfaces, or Any alone. With several the frames come in the order in
	// which the kernel took them.
	Interfaces []string
	// Ring is the size of the ring in bytes, rounded up to whole blocks; 0 means DefaultRing. OpenFanout divides it.
	Ring int
	// SnapLen cuts frames to that many bytes; 0 keeps them whole.
	SnapLen int
	// Promiscuous asks for frames to other addresses too. It does nothing for Any.
	Promiscuous bool
	// IgnoreOutgoing leaves out what this host sends. It is always on for a loopback
	// interface, which shows every packet twice.
	IgnoreOutgoing bool
	// HardwareTimes asks the interfaces to say when a frame came, by their own clocks. Where they cannot, and
	// for frames for which they do not, the kernel says it.
	HardwareTimes bool
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
	// HardwareTimes is how many of those have the time of an interface's clock.
	HardwareTimes uint64
	// Drops is how many of them the kernel had no space for.
	Drops uint64
	// Outages are the times when an interface was down or away, the first MaxOutages of them.
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

// check says what is wrong with the configuration, and completes it.
func (c *LiveConfig) check() error {
	if c.Ring == 0 {
		c.Ring = DefaultRing
	}
	if c.Ring < MinRing || c.Ring > MaxRing {
		return fmt.Errorf("capture: a ring of %d bytes: must be %d to %d", c.Ring, MinRing, MaxRing)
	}
	if n := len(c.Interfaces); n == 0 || n > MaxInterfaces {
		return fmt.Errorf("capture: %d interfaces: must be 1 to %d", n, MaxInterfaces)
	}
	for i, name := range c.Interfaces {
		if name == Any && len(c.Interfaces) > 1 {
			return errors.New("capture: any stands for all interfaces, so it is named alone")
		}
		if slices.Contains(c.Interfaces[:i], name) {
			return fmt.Errorf("capture: interface %s is named twice", name)
		}
	}
	return nil
}

// any reports whether all interfaces are meant.
func (c *LiveConfig) any() bool { return c.Interfaces[0] == Any }

// A NoInterfaceError says that there is no interface of a name.
type NoInterfaceError struct {
	Name string
	// Have are the names of the interfaces that there are, sorted.
	Have []string
}

// Error names the interface that is missing.
func (e *NoInterfaceError) Error() string { return "no interface " + e.Name }
