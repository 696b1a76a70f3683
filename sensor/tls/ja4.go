package tls

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// ja4 returns the JA4 fingerprint of a hello: the TLS client fingerprint of
// FoxIO's technical details of JA4, and none of the others of that family.
func (p *parsed) ja4() string {
	ciphers := real(p.ciphers)
	out := make([]byte, 0, 36)
	out = append(out, 't')
	if p.transport == QUIC {
		out[0] = 'q'
	}
	version := p.version
	if version == 0 {
		version = p.legacy
	}
	out = append(out, ja4Version(version)...)
	if p.sni {
		out = append(out, 'd')
	} else {
		out = append(out, 'i')
	}
	out = twoDigits(out, len(ciphers))
	out = twoDigits(out, len(p.extensions))
	out = append(out, ja4ALPN(p.alpn)...)

	slices.Sort(ciphers)
	out = append(out, '_')
	out = ja4Hash(out, appendCodes(nil, ciphers))

	exts := slices.DeleteFunc(slices.Clone(p.extensions), func(id uint16) bool { return id == 0 || id == 16 })
	slices.Sort(exts)
	list := appendCodes(nil, exts)
	if sigs := real(p.signatures); len(sigs) > 0 && len(list) > 0 {
		list = appendCodes(append(list, '_'), sigs)
	}
	out = append(out, '_')
	return string(ja4Hash(out, list))
}

// real returns the values of a list without GREASE.
func real(b []byte) []uint16 {
	var out []uint16
	for r := (reader{b: b}); len(r.b) > 1; {
		if v := r.u16(); !grease(v) {
			out = append(out, v)
		}
	}
	return out
}

func ja4Version(v uint16) string {
	switch v {
	case 0x0304:
		return "13"
	case 0x0303:
		return "12"
	case 0x0302:
		return "11"
	case 0x0301:
		return "10"
	case 0x0300:
		return "s3"
	case 0x0002:
		return "s2"
	}
	return "00"
}

// ja4ALPN returns the first and the last character of a protocol, those of its
// hexadecimal form if either is no letter or digit.
func ja4ALPN(p []byte) string {
	if len(p) == 0 {
		return "00"
	}
	first, last := p[0], p[len(p)-1]
	if alphanumeric(first) && alphanumeric(last) {
		return string([]byte{first, last})
	}
	const digits = "0123456789abcdef"
	return string([]byte{digits[first>>4], digits[last&15]})
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// twoDigits appends a number, 99 for those above.
func twoDigits(dst []byte, n int) []byte {
	n = min(n, 99)
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}

// appendCodes appends the codes in hexadecimal, joined by commas.
func appendCodes(dst []byte, codes []uint16) []byte {
	for i, c := range codes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = hex.AppendEncode(dst, []byte{byte(c >> 8), byte(c)})
	}
	return dst
}

// ja4Hash appends the first 12 digits of the list's digest, zeros for an empty list.
func ja4Hash(dst, list []byte) []byte {
	if len(list) == 0 {
		return append(dst, "000000000000"...)
	}
	sum := sha256.Sum256(list)
	return hex.AppendEncode(dst, sum[:6])
}
