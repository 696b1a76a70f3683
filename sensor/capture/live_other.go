//go:build !linux

package capture

import (
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/net/bpf"
)

// Live is a live capture. There is none on this system.
type Live struct{}

// OpenLive fails: only Linux has packet rings.
func OpenLive(LiveConfig) (*Live, error) { return nil, notHere() }

// OpenFanout fails.
func OpenFanout(LiveConfig, int, []bpf.RawInstruction) ([]*Live, error) { return nil, notHere() }

// UDP is a listener for mirrored datagrams. There is none on this system.
type UDP struct{ Live }

// ListenUDP fails: only Linux says how many datagrams were dropped.
func ListenUDP(string, int) (*UDP, error) { return nil, notHere() }

func notHere() error {
	return fmt.Errorf("live capture on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

// Next fails.
func (*Live) Next(*Frame) error { return notHere() }

// Stats returns zeros.
func (*Live) Stats() LiveStats { return LiveStats{} }

// Pressed returns false.
func (*Live) Pressed() bool { return false }

// Clock fails.
func (*Live) Clock() error { return notHere() }

// Stop does nothing.
func (*Live) Stop() {}

// Close does nothing.
func (*Live) Close() error { return nil }
