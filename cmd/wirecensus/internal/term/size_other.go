//go:build !unix

package term

import "os"

// size reports no terminal where it cannot be asked for.
func size(*os.File) (columns int, tty bool) { return 0, false }
