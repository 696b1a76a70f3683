package kafka

import "time"

// after is closed a while later.
func after(d time.Duration) <-chan time.Time { return time.After(d) }
