//go:build !linux

package main

import "syscall"

// mortal would make a program end with the test that started it, where the system can.
func mortal() *syscall.SysProcAttr { return nil }
