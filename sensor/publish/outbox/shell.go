package outbox

import (
	"context"
	"time"
)

const (
	firstPause = 50 * time.Millisecond
	lastPause  = 5 * time.Second
)

// pause waits before the attempt after this one, longer each time; false when ctx is done.
func pause(ctx context.Context, attempt int) bool {
	d := lastPause
	if attempt < 8 {
		d = min(firstPause<<(attempt-1), lastPause)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
