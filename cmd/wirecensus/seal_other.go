//go:build linux && !amd64 && !arm64

package main

// seal does nothing: which system calls to forbid is known for amd64 and arm64.
func seal() error { return nil }
