package sensor

import (
	"bytes"

	"wirecensus/sensor/tls"
)

// signatures are the first bytes by which protocols that are not read are named.
var signatures = []struct{ prefix, name string }{
	{"SSH-", "ssh"},
	{"\x05\x01\x00", "socks"}, {"\x05\x02\x00", "socks"}, {"\x05\x03\x00", "socks"}, {"\x05\x01\x02", "socks"}, {"\x04\x01", "socks"},
	{"220 ", "smtp-or-ftp"}, {"220-", "smtp-or-ftp"}, {"+OK", "pop3"}, {"* OK", "imap"},
	{"RTSP/", "rtsp"}, {"SIP/2.0", "sip"}, {"INVITE sip:", "sip"}, {"REGISTER sip:", "sip"}, {"OPTIONS sip:", "sip"},
	{"*1\r\n$", "redis"}, {"*2\r\n$", "redis"}, {"*3\r\n$", "redis"}, {"+PONG", "redis"},
	{"\x13BitTorrent protocol", "bittorrent"}, {"AMQP\x00", "amqp"},
}

// protocolName names the protocol that a connection begins with, "unknown" when
// it is none that we can tell.
func protocolName(head [2][]byte) string {
	for _, h := range head {
		for _, s := range signatures {
			if bytes.HasPrefix(h, []byte(s.prefix)) {
				return s.name
			}
		}
		if tls.IsRecord(h) {
			return "tls"
		}
		if len(h) > 5 && h[4] == 0x0a && h[3] == 0 && int(h[0])+4 <= len(h) {
			return "mysql"
		}
	}
	return "unknown"
}
