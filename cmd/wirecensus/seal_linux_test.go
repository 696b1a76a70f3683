//go:build amd64 || arm64

package main

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestItem54Seal: in a process of its own, forbidden system calls fail on every thread after seal, and what the sensor does
// goes on: files, connections, threads.
func TestItem54Seal(t *testing.T) {
	if os.Getenv("WIRECENSUS_SEAL") != "" {
		sealed(t)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestItem54Seal$", "-test.v")
	cmd.Env = append(os.Environ(), "WIRECENSUS_SEAL=1")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS: TestItem54Seal") {
		t.Errorf("%v\n%s", err, out)
	}
}

func sealed(t *testing.T) {
	before := make(chan error)
	work := make(chan struct{})
	go func() { // a thread that was there before
		runtime.LockOSThread()
		before <- nil
		<-work
		before <- exec.Command("/bin/true").Run()
	}()
	<-before
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	if err := seal(); err != nil {
		t.Fatal(err)
	}
	close(work)
	for name, err := range map[string]error{
		"execve":                 exec.Command("/bin/true").Run(),
		"execve, another thread": <-before,
		"ptrace":                 unix.PtraceAttach(os.Getppid()),
		"mount":                  unix.Mount("none", "/proc", "tmpfs", 0, ""),
		"unshare":                unix.Unshare(unix.CLONE_NEWNET),
		"bpf":                    call(unix.SYS_BPF),
		"packet socket":          socket(unix.AF_PACKET, unix.SOCK_DGRAM),
		"raw socket":             socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC),
		"io_uring":               call(unix.SYS_IO_URING_SETUP),
		"another ABI's number":   call(x32 + unix.SYS_GETPID),
		"process_vm_readv":       call(unix.SYS_PROCESS_VM_READV),
		"kernel module":          call(unix.SYS_FINIT_MODULE),
	} {
		if !errors.Is(err, unix.EPERM) {
			t.Errorf("%s: %v", name, err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", l.Addr().String())
	if err := errors.Join(err, os.WriteFile(t.TempDir()+"/x", []byte("x"), 0o600)); err != nil {
		t.Fatal(err)
	}
	c.Close()
	l.Close()
	done := make(chan bool)
	go func() { // a new thread
		runtime.LockOSThread()
		done <- true
	}()
	<-done
}

func call(number uintptr) error {
	if _, _, errno := unix.Syscall(number, 0, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

func socket(family, kind int) error {
	fd, err := unix.Socket(family, kind, 0)
	if err == nil {
		unix.Close(fd)
	}
	return err
}
