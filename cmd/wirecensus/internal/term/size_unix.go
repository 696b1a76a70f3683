//go:build unix

package term

import (
	"os"

	"golang.org/x/sys/unix"
)

// size returns the columns of the terminal behind f and whether it is one.
func size(f *os.File) (columns int, tty bool) {
	ws, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, false
	}
	return int(ws.Col), true
}
