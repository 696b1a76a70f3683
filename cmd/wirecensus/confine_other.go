//go:build !linux

package main

import (
	"context"
	"errors"
)

// confine does nothing: without live capture there are no privileges to give up.
func confine(_ context.Context, name string) error {
	if name != "" {
		return errors.ErrUnsupported
	}
	return nil
}
