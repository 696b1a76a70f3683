//go:build !unix

package capture_test

import "testing"

func mkfifo(t *testing.T, path string) { t.Helper() }
