//go:build amd64 || arm64

package main

import (
	"fmt"
	"math"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// forbidden are system calls that the sensor never makes once it listens, and that whoever took it over would
// want: to run programs, look into others, change what is mounted or loaded, leave its namespaces, or see more of the
// kernel. Besides these, new packet and raw sockets are forbidden.
var forbidden = [...]uint32{
	unix.SYS_EXECVE, unix.SYS_EXECVEAT,
	unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_KCMP, unix.SYS_PIDFD_GETFD,
	unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_MOVE_MOUNT, unix.SYS_OPEN_TREE, unix.SYS_FSOPEN, unix.SYS_FSMOUNT, unix.SYS_MOUNT_SETATTR,
	unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_OPEN_BY_HANDLE_AT,
	unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_IO_URING_SETUP,
	unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY,
	unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE, unix.SYS_KEXEC_LOAD, unix.SYS_KEXEC_FILE_LOAD,
	unix.SYS_REBOOT, unix.SYS_SWAPON, unix.SYS_SWAPOFF, unix.SYS_ACCT, unix.SYS_SETHOSTNAME, unix.SYS_SETDOMAINNAME, unix.SYS_CLOCK_SETTIME, unix.SYS_SETTIMEOFDAY,
}

// Offsets in struct seccomp_data, linux/seccomp.h; the lower half of the first and the second argument.
const (
	sealNumber = 0
	sealArch   = 4
	sealFirst  = 16
	sealSecond = 24
)

// x32 marks system calls of the x32 ABI, which shares its architecture with x86-64.
const x32 = 0x40000000

// seal makes forbidden system calls of all threads fail with EPERM, for good. It needs no_new_privs.
func seal() error {
	raw, err := bpf.Assemble(sealProgram())
	if err != nil {
		return err
	}
	filter := make([]unix.SockFilter, len(raw))
	for i, p := range raw {
		filter[i] = unix.SockFilter{Code: p.Op, Jt: p.Jt, Jf: p.Jf, K: p.K}
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	switch {
	case errno == unix.ENOSYS || errno == unix.EINVAL:
		return nil // a kernel without seccomp filters
	case errno != 0:
		return fmt.Errorf("forbid system calls: %w", errno)
	case thread != 0:
		return fmt.Errorf("forbid system calls: thread %d has a filter of its own", thread)
	}
	return nil
}

// sealProgram returns the filter.
func sealProgram() []bpf.Instruction {
	deny := bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)}
	allow := bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW}
	p := []bpf.Instruction{
		bpf.LoadAbsolute{Off: sealArch, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: sealedArch, SkipTrue: 1},
		deny,
		bpf.LoadAbsolute{Off: sealNumber, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpLessThan, Val: x32, SkipTrue: 1},
		deny,
	}
	for _, number := range forbidden {
		p = append(p, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: number, SkipTrue: 1}, deny)
	}
	return append(p,
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_SOCKET, SkipTrue: 1},
		allow,
		bpf.LoadAbsolute{Off: sealFirst, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.AF_PACKET, SkipTrue: 1},
		deny,
		bpf.LoadAbsolute{Off: sealSecond, Size: 4},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: math.MaxUint32 &^ (unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK)},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.SOCK_RAW, SkipTrue: 1},
		deny,
		allow,
	)
}
