//go:build unix

package capture_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe that is named is read, once, as a stream: "wirecensus replay <(zcat …)".
func TestNamedPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	mkfifo(t, path)
	src := open(t, nil, path, write(t, t.TempDir(), "file.pcap", at(9, "file")))
	written := make(chan error, 1)
	go func() { written <- os.WriteFile(path, gzipped(at(5, "piped")), 0o600) }()
	if got := texts(drain(t, src)); got != "file piped" {
		t.Errorf("frames %q", got)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
	if _, total := src.Position(); total != 0 {
		t.Errorf("a total of %d bytes with a pipe", total)
	}
}

func mkfifo(t *testing.T, path string) {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
}
