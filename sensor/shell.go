package sensor

import "time"

// patience is how often a full queue is looked at while a live source still has room.
const patience = 2 * time.Millisecond

// patient hands over b as soon as there is room, and gives up when a live source is about to
// lose frames: its ring is the longest queue there is, so it fills first.
func patient(full chan<- *batch, b *batch, live counted) bool {
	select {
	case full <- b:
		return true
	default:
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for !live.Pressed() {
		select {
		case full <- b:
			return true
		case <-timer.C:
			timer.Reset(patience)
		}
	}
	return false
}
