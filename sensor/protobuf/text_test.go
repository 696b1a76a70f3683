package protobuf

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

// Every byte at every place of two words, alone and twice in a row, against the plain rule.
func TestText(t *testing.T) {
	plainly := func(b []byte) (ok, ascii bool) {
		ascii = true
		for _, c := range b {
			if c < ' ' && !bytes.ContainsRune([]byte("\t\r\n"), rune(c)) || c == 0x7f {
				return false, false
			}
			ascii = ascii && c < 0x80
		}
		return utf8.Valid(b), ascii
	}
	for n := range 20 {
		for i := range n {
			for c := range 256 {
				b := bytes.Repeat([]byte("a"), n)
				b[i] = byte(c)
				for _, next := range []byte{'a', 0, 0x7f, 0xbf, 0xff, byte(c)} {
					if i+1 < n {
						b[i+1] = next
					}
					ok, ascii := text(b)
					if wantOK, wantASCII := plainly(b); ok != wantOK || ascii != wantASCII && ok {
						t.Fatalf("%q: %t %t, want %t %t", b, ok, ascii, wantOK, wantASCII)
					}
				}
			}
		}
	}
}
