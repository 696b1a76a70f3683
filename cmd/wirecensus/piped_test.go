package main

import (
	"io"
	"os"
	"os/exec"
	"testing"
)

// piped is a sensor that reads a capture from a pipe, as fast as it is fed.
type piped struct {
	t    testing.TB
	file *os.File
	size int64
	in   io.WriteCloser
	log  *output
	cmd  *exec.Cmd
}

// startPiped starts a sensor called s over the capture.
func startPiped(t testing.TB, exe, capture string, args ...string) *piped {
	t.Helper()
	p := &piped{t: t, log: new(output)}
	var err error
	if p.file, err = os.Open(capture); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.file.Close() })
	info, err := p.file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	p.size = info.Size()
	p.cmd = exec.Command(exe, append([]string{"sensor", "--read", "-", "--name", "s"}, args...)...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.SysProcAttr = mortal()
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill() })
	return p
}

// feed writes the next share of the capture.
func (p *piped) feed(share float64) {
	p.t.Helper()
	if _, err := io.CopyN(p.in, p.file, int64(share*float64(p.size))); err != nil {
		p.t.Fatalf("%v\n%s", err, p.log)
	}
}

// end writes the rest and waits until the sensor is done.
func (p *piped) end() {
	p.t.Helper()
	if _, err := io.Copy(p.in, p.file); err != nil {
		p.t.Fatalf("%v\n%s", err, p.log)
	}
	if err := p.in.Close(); err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		p.t.Fatalf("%v\n%s", err, p.log)
	}
}
