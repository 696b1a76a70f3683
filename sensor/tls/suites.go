package tls

import "crypto"

// bulk says how records are encrypted.
type bulk uint8

const (
	gcm bulk = iota + 1
	ccm
	ccm8
	chacha
	cbcAES
	cbc3DES
	cbcDES
	streamRC4
)

// suite is what must be known of a cipher suite to open its records.
type suite struct {
	bulk bulk
	key  int         // bytes
	mac  crypto.Hash // of CBC and stream suites
	prf  crypto.Hash // in TLS 1.2 and 1.3; earlier versions have their own
}

// family is a suite with the ids of all key exchanges that it goes with. Key
// exchanges differ in nothing that an observer with the secrets must know.
type family struct {
	suite
	ids []uint16
}

// families are the suites that are read, from the IANA registry of TLS cipher suites.
var families = []family{
	{suite{gcm, 16, 0, crypto.SHA256}, []uint16{0x1301, 0x009c, 0x009e, 0x00a0, 0x00a2, 0x00a4, 0x00a6, 0x00a8, 0x00aa, 0x00ac, 0xc02b, 0xc02d, 0xc02f, 0xc031, 0xd001}},
	{suite{gcm, 32, 0, crypto.SHA384}, []uint16{0x1302, 0x009d, 0x009f, 0x00a1, 0x00a3, 0x00a5, 0x00a7, 0x00a9, 0x00ab, 0x00ad, 0xc02c, 0xc02e, 0xc030, 0xc032, 0xd002}},
	{suite{chacha, 32, 0, crypto.SHA256}, []uint16{0x1303, 0xcca8, 0xcca9, 0xccaa, 0xccab, 0xccac, 0xccad, 0xccae}},
	{suite{ccm, 16, 0, crypto.SHA256}, []uint16{0x1304, 0xc09c, 0xc09e, 0xc0a4, 0xc0a6, 0xc0ac}},
	{suite{ccm8, 16, 0, crypto.SHA256}, []uint16{0x1305, 0xc0a0, 0xc0a2, 0xc0a8, 0xc0aa, 0xc0ae}},
	{suite{ccm, 32, 0, crypto.SHA256}, []uint16{0xc09d, 0xc09f, 0xc0a5, 0xc0a7, 0xc0ad}},
	{suite{ccm8, 32, 0, crypto.SHA256}, []uint16{0xc0a1, 0xc0a3, 0xc0a9, 0xc0ab, 0xc0af}},
	{suite{cbcAES, 16, crypto.SHA1, crypto.SHA256}, []uint16{0x002f, 0x0030, 0x0031, 0x0032, 0x0033, 0x0034, 0x008c, 0x0090, 0x0094, 0xc004, 0xc009, 0xc00e, 0xc013, 0xc018, 0xc01d, 0xc01e, 0xc01f, 0xc035}},
	{suite{cbcAES, 32, crypto.SHA1, crypto.SHA256}, []uint16{0x0035, 0x0036, 0x0037, 0x0038, 0x0039, 0x003a, 0x008d, 0x0091, 0x0095, 0xc005, 0xc00a, 0xc00f, 0xc014, 0xc019, 0xc020, 0xc021, 0xc022, 0xc036}},
	{suite{cbcAES, 16, crypto.SHA256, crypto.SHA256}, []uint16{0x003c, 0x003e, 0x003f, 0x0040, 0x0067, 0x006c, 0x00ae, 0x00b2, 0x00b6, 0xc023, 0xc025, 0xc027, 0xc029, 0xc037}},
	{suite{cbcAES, 32, crypto.SHA256, crypto.SHA256}, []uint16{0x003d, 0x0068, 0x0069, 0x006a, 0x006b, 0x006d}},
	{suite{cbcAES, 32, crypto.SHA384, crypto.SHA384}, []uint16{0x00af, 0x00b3, 0x00b7, 0xc024, 0xc026, 0xc028, 0xc02a, 0xc038}},
	{suite{cbc3DES, 24, crypto.SHA1, crypto.SHA256}, []uint16{0x000a, 0x000d, 0x0010, 0x0013, 0x0016, 0x001b, 0x008b, 0x008f, 0x0093, 0xc003, 0xc008, 0xc00d, 0xc012, 0xc017}},
	{suite{cbcDES, 8, crypto.SHA1, crypto.SHA256}, []uint16{0x0009, 0x000c, 0x000f, 0x0012, 0x0015, 0x001a}},
	{suite{streamRC4, 16, crypto.MD5, crypto.SHA256}, []uint16{0x0004, 0x0018}},
	{suite{streamRC4, 16, crypto.SHA1, crypto.SHA256}, []uint16{0x0005, 0x008a, 0x008e, 0x0092, 0xc002, 0xc007, 0xc00c, 0xc011, 0xc016}},
}

// suiteOf returns the suite of an id.
func suiteOf(id uint16) (suite, bool) {
	for i := range families {
		for _, have := range families[i].ids {
			if have == id {
				return families[i].suite, true
			}
		}
	}
	return suite{}, false
}

// suites13 returns the suites of TLS 1.3 whose secrets have n bytes.
func suites13(n int) []suite {
	var out []suite
	for id := uint16(0x1301); id <= 0x1305; id++ {
		if s, _ := suiteOf(id); s.prf.Size() == n {
			out = append(out, s)
		}
	}
	return out
}
