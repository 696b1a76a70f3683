package quic

import "fmt"

// Versions of QUIC, RFC 9000 and RFC 9369.
const (
	Version1 = 0x00000001
	Version2 = 0x6b3343cf
)

const (
	draft = 0xff000000 // versions of the drafts of RFC 9000
	mvfst = 0xfaceb00  // the upper bits of those of Facebook's implementation, all but the first of which are draft 27
)

// saltOf returns the salt of a version's Initial secrets, nil for one that is not
// read: RFC 9001, Section 5.2, and its drafts, and RFC 9369, Section 3.3.1.
func saltOf(version uint32) []byte {
	switch {
	case version == Version1, version >= draft+33 && version <= draft+34:
		return []byte("\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a")
	case version == Version2:
		return []byte("\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9")
	case version >= draft+29 && version <= draft+32:
		return []byte("\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99")
	case version >= draft+23 && version <= draft+28, version>>4 == mvfst && version > mvfst<<4+1:
		return []byte("\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02")
	}
	return nil
}

// VersionName returns the name of a version that is known, "" for others.
func VersionName(version uint32) string {
	switch {
	case version == Version1:
		return "v1"
	case version == Version2:
		return "v2"
	case version > draft && version <= draft+34:
		return fmt.Sprintf("draft-%02d", version-draft)
	case version>>4 == mvfst:
		return "mvfst"
	}
	b := [4]byte{byte(version >> 24), byte(version >> 16), byte(version >> 8), byte(version)}
	if (b[0] == 'Q' || b[0] == 'T') && digits(b[1:]) {
		return "gquic " + string(b[:])
	}
	return ""
}

// oldVersion returns the name of the version that a public header of gQUIC before
// Q046 carries: flags for a version and for a connection id of 8 bytes, then both. "" if it is none.
func oldVersion(b []byte) string {
	const flags = 0x01 | 0x08
	if len(b) < 13 || b[0]&flags != flags || b[9] != 'Q' || !digits(b[10:13]) {
		return ""
	}
	return "gquic " + string(b[9:13])
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
