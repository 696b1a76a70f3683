package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// noDump keeps the memory of this process, which now holds secrets, out of core files.
func noDump() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("forbid core files: %w", err)
	}
	return nil
}
