package http2

import "bytes"

// class says what a field is to the parser.
type class uint8

const (
	isField class = iota
	isMethod
	isPath
	isAuthority
	isScheme
	isStatus
	isProtocol // RFC 8441, Section 4
	isPseudo   // any other name with a colon in front
	isCookie
	isLength
	isHost
	isHop // a field of one connection, which HTTP/2 has not (RFC 9113, Section 8.2.2)
)

// classOf returns the class of a field name.
func classOf(name []byte) class {
	if len(name) == 0 {
		return isField
	}
	switch string(name) {
	case ":method":
		return isMethod
	case ":path":
		return isPath
	case ":authority":
		return isAuthority
	case ":scheme":
		return isScheme
	case ":status":
		return isStatus
	case ":protocol":
		return isProtocol
	case "cookie":
		return isCookie
	case "content-length":
		return isLength
	case "host":
		return isHost
	case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade":
		return isHop
	}
	if name[0] == ':' {
		return isPseudo
	}
	if bytes.IndexByte(name, '-') < 0 && len(name) == 4 && bytes.EqualFold(name, []byte("host")) {
		return isHost
	}
	return isField
}

// staticField is an entry of the static table.
type staticField struct {
	name, value []byte
	class       class
}

func st(name, value string, c class) staticField {
	return staticField{[]byte(name), []byte(value), c}
}

// static is the static table, RFC 7541, Appendix A; index 0 is not used.
var static = [...]staticField{
	{},
	st(":authority", "", isAuthority),
	st(":method", "GET", isMethod),
	st(":method", "POST", isMethod),
	st(":path", "/", isPath),
	st(":path", "/index.html", isPath),
	st(":scheme", "http", isScheme),
	st(":scheme", "https", isScheme),
	st(":status", "200", isStatus),
	st(":status", "204", isStatus),
	st(":status", "206", isStatus),
	st(":status", "304", isStatus),
	st(":status", "400", isStatus),
	st(":status", "404", isStatus),
	st(":status", "500", isStatus),
	st("accept-charset", "", isField),
	st("accept-encoding", "gzip, deflate", isField),
	st("accept-language", "", isField),
	st("accept-ranges", "", isField),
	st("accept", "", isField),
	st("access-control-allow-origin", "", isField),
	st("age", "", isField),
	st("allow", "", isField),
	st("authorization", "", isField),
	st("cache-control", "", isField),
	st("content-disposition", "", isField),
	st("content-encoding", "", isField),
	st("content-language", "", isField),
	st("content-length", "", isLength),
	st("content-location", "", isField),
	st("content-range", "", isField),
	st("content-type", "", isField),
	st("cookie", "", isCookie),
	st("date", "", isField),
	st("etag", "", isField),
	st("expect", "", isField),
	st("expires", "", isField),
	st("from", "", isField),
	st("host", "", isHost),
	st("if-match", "", isField),
	st("if-modified-since", "", isField),
	st("if-none-match", "", isField),
	st("if-range", "", isField),
	st("if-unmodified-since", "", isField),
	st("last-modified", "", isField),
	st("link", "", isField),
	st("location", "", isField),
	st("max-forwards", "", isField),
	st("proxy-authenticate", "", isField),
	st("proxy-authorization", "", isField),
	st("range", "", isField),
	st("referer", "", isField),
	st("refresh", "", isField),
	st("retry-after", "", isField),
	st("server", "", isField),
	st("set-cookie", "", isField),
	st("strict-transport-security", "", isField),
	st("transfer-encoding", "", isHop),
	st("user-agent", "", isField),
	st("vary", "", isField),
	st("via", "", isField),
	st("www-authenticate", "", isField),
}
