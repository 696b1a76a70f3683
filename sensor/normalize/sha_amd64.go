package normalize

// shaBlock sets dst to the state that follows src after one block.
//
//go:noescape
func shaBlock(dst, src *shaState, block *[64]byte)

func cpuid(leaf, sub uint32) (eax, ebx, ecx uint32)

// hasSHA says that the processor has the SHA extensions, and SSSE3 and SSE4.1.
var hasSHA = func() bool {
	const ssse3, sse41, sha = 1 << 9, 1 << 19, 1 << 29
	most, _, _ := cpuid(0, 0)
	if most < 7 {
		return false
	}
	_, _, c := cpuid(1, 0)
	_, b, _ := cpuid(7, 0)
	return c&ssse3 != 0 && c&sse41 != 0 && b&sha != 0
}()
