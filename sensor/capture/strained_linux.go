package capture

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Strained reports whether a quarter of the ring waits to be read.
func (l *Live) Strained() bool {
	quarter := (l.block + len(l.ring)/l.blockSize/4*l.blockSize) % len(l.ring)
	desc := (*unix.TpacketBlockDesc)(unsafe.Pointer(&l.ring[quarter]))
	h := (*unix.TpacketHdrV1)(unsafe.Pointer(&desc.Hdr))
	return atomic.LoadUint32(&h.Block_status)&unix.TP_STATUS_USER != 0
}

// Strained reports whether the queue is a quarter full.
func (u *UDP) Strained() bool {
	mem, ok := u.memInfo()
	return ok && mem[0] > mem[1]/4 // SK_MEMINFO_RMEM_ALLOC, SK_MEMINFO_RCVBUF
}
