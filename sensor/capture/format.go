package capture

import "bytes"

// lookalikes are formats that are mistaken for captures, by their first bytes.
var lookalikes = []struct{ magic, hint string }{
	{"snoop\x00\x00\x00", "it is a snoop file; convert it with editcap -F pcap"},
	{"\xfd7zXZ\x00", "it is an xz file; decompress it first"},
	{"BZh", "it is a bzip2 file; decompress it first"},
	{"\x04\x22\x4d\x18", "it is an lz4 file; decompress it first"},
	{"\x1f\x9d", "it is a compress (.Z) file; decompress it first"},
	{"\x1f\x8b", "it is a gzip file inside a compressed file; decompress it once"},
	{"\x28\xb5\x2f\xfd", "it is a zstd file inside a compressed file; decompress it once"},
	{"PK\x03\x04", "it is a zip archive; unpack it first"},
	{"7z\xbc\xaf", "it is a 7z archive; unpack it first"},
	{"GMBU", "it is a Network Monitor file; convert it with editcap -F pcap"},
	{"RTSS", "it is a Network Monitor file; convert it with editcap -F pcap"},
	{"XCP\x00", "it is a NetXray file; convert it with editcap -F pcap"},
	{"CLIENT_", "it is a TLS key log; name it with --keylog"},
	{"SERVER_", "it is a TLS key log; name it with --keylog"},
	{"\x7fELF", "it is a program"},
	{"{", "it is JSON text"},
}

// guess says what a file that begins with head may be and what to do about it.
func guess(head []byte) string {
	for _, l := range lookalikes {
		if bytes.HasPrefix(head, []byte(l.magic)) {
			return l.hint
		}
	}
	if len(head) < 4 {
		return "it is too short"
	}
	return "expected pcap or pcapng, optionally in gzip or zstd"
}
