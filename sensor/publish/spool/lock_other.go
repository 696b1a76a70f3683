//go:build !unix

package spool

import "os"

// lockFolder opens the file; elsewhere than on Unix nobody is kept out.
func lockFolder(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
}
