package main

import "golang.org/x/sys/unix"

const sealedArch = unix.AUDIT_ARCH_AARCH64
