package tls

import (
	"net/netip"
	"slices"
)

// maxCertificateNames is how many names are taken from one certificate.
const maxCertificateNames = 16

// CertificateNames returns the names for which the first certificate of a
// Certificate message of TLS 1.2 or before (RFC 5246, Section 7.4.2) is made out:
// the common name of its subject where it is written like a host name, then the
// dNSName and iPAddress entries of its subjectAltName in their order (RFC 5280,
// Section 4.2.1.6), each once, 16 at most. b is the message's handshake body.
func CertificateNames(b []byte) []string {
	r := reader{b: b}
	list := reader{b: r.take(int(r.u24()))}
	cert := list.take(int(list.u24()))
	if r.bad || list.bad {
		return nil
	}
	return certificateNames(cert)
}

// Tags of DER that matter (X.690).
const (
	tagInteger  = 0x02
	tagOctets   = 0x04
	tagOID      = 0x06
	tagSequence = 0x30
	tagSet      = 0x31
	tagVersion  = 0xa0 // [0] EXPLICIT, RFC 5280, Section 4.1
	tagExts     = 0xa3 // [3] EXPLICIT
	tagDNSName  = 0x82 // [2] IMPLICIT IA5String
	tagAddress  = 0x87 // [7] IMPLICIT OCTET STRING
)

// certificateNames reads the DER of a certificate.
func certificateNames(der []byte) []string {
	outer := reader{b: der}
	cert := reader{b: outer.element(tagSequence)}
	tbs := reader{b: cert.element(tagSequence)}
	if tag, _ := tbs.peek(); tag == tagVersion {
		tbs.element(tagVersion)
	}
	tbs.element(tagInteger)  // serialNumber
	tbs.element(tagSequence) // signature
	tbs.element(tagSequence) // issuer
	tbs.element(tagSequence) // validity
	subject := reader{b: tbs.element(tagSequence)}
	tbs.element(tagSequence) // subjectPublicKeyInfo
	if tbs.bad {
		return nil
	}
	names := addName(nil, commonName(&subject))
	for len(tbs.b) > 0 && !tbs.bad {
		tag, body := tbs.any()
		if tag != tagExts || tbs.bad {
			continue
		}
		outer := reader{b: body}
		list := reader{b: outer.element(tagSequence)}
		for len(list.b) > 0 && !list.bad {
			ext := reader{b: list.element(tagSequence)}
			if id := ext.element(tagOID); !ext.bad && string(id) == "\x55\x1d\x11" { // id-ce-subjectAltName
				names = alternatives(names, &ext)
			}
		}
	}
	return names
}

// commonName returns the last common name of a subject, as those who compare it take it.
func commonName(subject *reader) (name string) {
	for len(subject.b) > 0 && !subject.bad {
		set := reader{b: subject.element(tagSet)}
		for len(set.b) > 0 && !set.bad {
			pair := reader{b: set.element(tagSequence)}
			id := pair.element(tagOID)
			_, value := pair.any()
			if !pair.bad && string(id) == "\x55\x04\x03" { // id-at-commonName
				name = certificateName(value)
			}
		}
	}
	return name
}

// alternatives appends the names of a subjectAltName extension.
func alternatives(names []string, ext *reader) []string {
	if tag, _ := ext.peek(); tag == 0x01 { // critical BOOLEAN
		ext.any()
	}
	value := reader{b: ext.element(tagOctets)}
	for list := (reader{b: value.element(tagSequence)}); len(list.b) > 0 && !list.bad; {
		tag, b := list.any()
		if list.bad {
			break
		}
		switch tag {
		case tagDNSName:
			names = addName(names, certificateName(b))
		case tagAddress:
			if ip, ok := netip.AddrFromSlice(b); ok {
				names = addName(names, ip.String())
			}
		}
	}
	return names
}

// certificateName returns a host name, possibly with a wildcard in its first place.
func certificateName(b []byte) string {
	if len(b) > 2 && b[0] == '*' && b[1] == '.' {
		if name := hostname(b[2:]); name != "" {
			return "*." + name
		}
		return ""
	}
	return hostname(b)
}

func addName(names []string, name string) []string {
	if name == "" || len(names) == maxCertificateNames || slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

// peek returns the tag of the next element and whether there is one.
func (r *reader) peek() (tag byte, ok bool) {
	if len(r.b) == 0 {
		return 0, false
	}
	return r.b[0], true
}

// any takes a DER element with a tag of one byte.
func (r *reader) any() (tag byte, body []byte) {
	tag = r.u8()
	n := int(r.u8())
	if n >= 0x80 {
		size := n & 0x7f
		if size == 0 || size > 3 {
			r.bad = true
		}
		n = 0
		for _, c := range r.take(size) {
			n = n<<8 | int(c)
		}
	}
	body = r.take(n)
	return tag, body
}

// element takes a DER element that must have the given tag.
func (r *reader) element(tag byte) []byte {
	got, body := r.any()
	if got != tag {
		r.bad, r.b = true, nil
		return nil
	}
	return body
}
