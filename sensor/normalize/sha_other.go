//go:build !amd64

package normalize

// shaBlock is never called.
func shaBlock(dst, src *shaState, block *[64]byte) {}

const hasSHA = false
