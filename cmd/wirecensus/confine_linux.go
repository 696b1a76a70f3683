package main

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// confine gives up, for all threads and for good, what is not needed once sockets and
// files are open: all capabilities, the right to gain any by running a program, and with a
// name the identity too. Without a name root stays root, for its files. With [sealing] it forbids system calls as well.
func confine(ctx context.Context, name string) error {
	if err := everywhere(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0); err != nil {
		return fmt.Errorf("set no_new_privs: %w", err)
	}
	if name != "" {
		if err := become(name); err != nil {
			return err
		}
	}
	if ctx.Value(sealing{}) != nil {
		if err := seal(); err != nil {
			return err
		}
	}
	if os.Geteuid() == 0 {
		return nil
	}
	// Unknown before Linux 4.3: then there are none.
	if err := everywhere(unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0); err != nil && err != unix.EINVAL {
		return fmt.Errorf("clear ambient capabilities: %w", err)
	}
	return dropCapabilities()
}

// become changes the identity of all threads; the way back is closed.
func become(name string) error {
	u, err := user.Lookup(name)
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return fmt.Errorf("user %s has the id %q", name, u.Uid)
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return fmt.Errorf("user %s has the group %q", name, u.Gid)
	}
	if os.Geteuid() == uid && os.Getegid() == gid {
		return nil
	}
	if os.Geteuid() == 0 {
		dropBounding()
	}
	// The order matters: without its user the process may not change its groups.
	if err := syscall.Setgroups(nil); err != nil {
		return fmt.Errorf("drop groups: %w", err)
	}
	if err := syscall.Setresgid(gid, gid, gid); err != nil {
		return fmt.Errorf("change to group %d: %w", gid, err)
	}
	if err := syscall.Setresuid(uid, uid, uid); err != nil {
		return fmt.Errorf("change to user %s: %w", name, err)
	}
	return nil
}

// dropBounding empties the bounding set, which needs CAP_SETPCAP; without it
// no_new_privs has to do.
func dropBounding() {
	for c := range uintptr(64) {
		if everywhere(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c, 0) != nil {
			return // behind the last capability, or not allowed
		}
	}
}

func dropCapabilities() error {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&none)), 0)
	if errno != 0 {
		return fmt.Errorf("drop capabilities: %w", errno)
	}
	return nil
}

// everywhere makes a system call on all threads.
func everywhere(call, a, b, c uintptr) error {
	if _, _, errno := syscall.AllThreadsSyscall(call, a, b, c); errno != 0 {
		return errno
	}
	return nil
}
