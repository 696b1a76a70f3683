//go:build !linux

package main

// noDump is for Linux.
func noDump() error { return nil }
