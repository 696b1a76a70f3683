//go:build !linux

package main

import "errors"

// confine does nothing: without live capture there are no privileges to give up.
func confine(name string) error {
	if name != "" {
		return errors.ErrUnsupported
	}
	return nil
}
