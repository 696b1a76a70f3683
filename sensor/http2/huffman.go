package http2

import "encoding/binary"

// huffmanLengths holds the length in bits of the code of each byte, RFC 7541,
// Appendix B. The code is canonical, so its words follow from the lengths.
const huffmanLengths = "" +
	"\x0d\x17\x1c\x1c\x1c\x1c\x1c\x1c\x1c\x18\x1e\x1c\x1c\x1e\x1c\x1c\x1c\x1c\x1c\x1c\x1c\x1c\x1e\x1c\x1c\x1c\x1c\x1c\x1c\x1c\x1c\x1c" +
	"\x06\x0a\x0a\x0c\x0d\x06\x08\x0b\x0a\x0a\x08\x0b\x08\x06\x06\x06\x05\x05\x05\x06\x06\x06\x06\x06\x06\x06\x07\x08\x0f\x06\x0c\x0a" +
	"\x0d\x06\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x08\x07\x08\x0d\x13\x0d\x0e\x06" +
	"\x0f\x05\x06\x05\x06\x05\x06\x06\x06\x05\x07\x07\x06\x06\x06\x05\x06\x07\x06\x05\x05\x06\x07\x07\x07\x07\x07\x0f\x0b\x0e\x0d\x1c" +
	"\x14\x16\x14\x14\x16\x16\x16\x17\x16\x17\x17\x17\x17\x17\x18\x17\x18\x18\x16\x17\x18\x17\x17\x17\x17\x15\x16\x17\x16\x17\x17\x18" +
	"\x16\x15\x14\x16\x16\x17\x17\x15\x17\x16\x16\x18\x15\x16\x17\x17\x15\x15\x16\x15\x17\x16\x17\x17\x14\x16\x16\x16\x17\x16\x16\x17" +
	"\x1a\x1a\x14\x13\x16\x17\x16\x19\x1a\x1a\x1a\x1b\x1b\x1a\x18\x19\x13\x15\x1a\x1b\x1b\x1a\x1b\x18\x15\x15\x1a\x1a\x1c\x1b\x1b\x1b" +
	"\x14\x18\x14\x15\x16\x15\x15\x17\x16\x16\x19\x19\x18\x18\x1a\x17\x1a\x1b\x1a\x1a\x1b\x1b\x1b\x1b\x1b\x1c\x1b\x1b\x1b\x1b\x1b\x1a"

const (
	lutBits = 12
	maxCode = 30 // bits of the longest code word, which is that of EOS too
)

// symbols says what a run of lutBits bits begins with: up to two bytes whose
// code words fit. n is 0 when the first code word is longer.
type symbols struct {
	out   [2]byte
	n     uint8
	first uint8 // bits of the first code word
	bits  uint8 // bits of all n
}

// huffman decodes the code of RFC 7541, Appendix B. It is constant once made.
type huffman struct {
	lut [1 << lutBits]symbols
	// For code words longer than lutBits, by length: the first word, how many
	// there are, and where their bytes begin in order.
	first, count, at [maxCode + 1]uint32
	order            [256]byte // all bytes by length, then by value
}

func newHuffman() *huffman {
	h := new(huffman)
	var words [256]uint32
	next, last, k := uint32(0), 0, uint32(0)
	for l := 1; l <= maxCode; l++ {
		for s := range 256 {
			if int(huffmanLengths[s]) != l {
				continue
			}
			next <<= l - last
			last = l
			if h.count[l] == 0 {
				h.first[l], h.at[l] = next, k
			}
			h.count[l]++
			h.order[k], words[s] = byte(s), next
			k++
			next++
		}
	}
	for s := range 256 {
		l := int(huffmanLengths[s])
		if l > lutBits {
			continue
		}
		for i := words[s] << (lutBits - l); i < (words[s]+1)<<(lutBits-l); i++ {
			h.lut[i] = symbols{out: [2]byte{byte(s)}, n: 1, first: uint8(l), bits: uint8(l)}
		}
	}
	single := h.lut
	for i := range h.lut {
		e := &h.lut[i]
		if e.n == 0 {
			continue
		}
		rest := single[i<<e.first&(1<<lutBits-1)]
		if rest.n == 1 && rest.first+e.first <= lutBits {
			e.out[1], e.n, e.bits = rest.out[0], 2, e.first+rest.first
		}
	}
	return h
}

// long returns the byte whose code word, longer than lutBits, begins acc; bits
// is 0 when there is none: EOS.
func (h *huffman) long(acc uint64) (s byte, bits uint) {
	for l := uint(lutBits + 1); l <= maxCode; l++ {
		if d := uint32(acc>>(64-l)) - h.first[l]; d < h.count[l] {
			return h.order[h.at[l]+d], l
		}
	}
	return 0, 0
}

// decodedLen returns an upper bound of the bytes that n coded bytes decode to.
func decodedLen(n int) int { return n*8/5 + 2 }

// decode appends the bytes that src codes to dst, which has room for
// decodedLen(len(src)) more. It fails on EOS and on padding that is not the
// beginning of EOS or is longer than 7 bits (RFC 7541, Section 5.2).
func (h *huffman) decode(dst, src []byte) ([]byte, bool) {
	n := len(dst)
	dst = dst[:n+decodedLen(len(src))]
	var acc uint64 // the next bits, from the top
	var have uint  // how many of them
	for {
		if len(src) >= 8 {
			acc |= binary.BigEndian.Uint64(src) >> have
			take := (63 - have) >> 3
			src = src[take:]
			have += take * 8
		} else {
			for have <= 56 && len(src) > 0 {
				acc |= uint64(src[0]) << (56 - have)
				have += 8
				src = src[1:]
			}
		}
		if len(src) == 0 {
			return h.tail(dst, n, acc, have)
		}
		for have >= maxCode {
			if e := &h.lut[acc>>(64-lutBits)]; e.n > 0 {
				dst[n], dst[n+1] = e.out[0], e.out[1]
				n += int(e.n)
				acc <<= e.bits
				have -= uint(e.bits)
				continue
			}
			s, bits := h.long(acc)
			if bits == 0 {
				return dst[:n], false
			}
			dst[n] = s
			n++
			acc <<= bits
			have -= bits
		}
		// What acc holds below have are bits of bytes still in src: they come again.
	}
}

// tail decodes the last have bits.
func (h *huffman) tail(dst []byte, n int, acc uint64, have uint) ([]byte, bool) {
	acc |= ^uint64(0) >> have // as if EOS followed
	for have > 0 {
		e := &h.lut[acc>>(64-lutBits)]
		s, bits := e.out[0], uint(e.first)
		if e.n == 0 {
			s, bits = h.long(acc)
		}
		if bits == 0 || bits > have {
			return dst[:n], have < 8 && acc == ^uint64(0)
		}
		dst[n] = s
		n++
		acc = acc<<bits | (1<<bits - 1)
		have -= bits
	}
	return dst[:n], true
}
