package normalize

import "bytes"

// version is the text of schemas.Call.APIVersion.
func (n *Normalizer) version(how string, name, v []byte) string {
	n.asked = append(append(n.asked[:0], how...), name...)
	n.asked = append(append(n.asked, ' '), v...)
	return n.intern(n.asked)
}

// versionOf returns the number or date in a value that is nothing but a version, without its v: 2, v1.1, 1.0.3,
// 2024-01-01. It is nil for any other value, so that none can leave as one.
func versionOf(v []byte) []byte {
	v = bytes.TrimSpace(v)
	if len(v) > 1 && v[0]|0x20 == 'v' {
		v = v[1:]
	}
	if len(v) == len("2006-01-02") && v[4] == '-' && v[7] == '-' {
		if digitsOnly(v[:4]) && digitsOnly(v[5:7]) && digitsOnly(v[8:]) && (v[0] == '1' && v[1] == '9' || v[0] == '2' && v[1] == '0') {
			return v
		}
		return nil
	}
	for rest, parts := v, 0; ; parts++ {
		part, more := cutByte(rest, '.')
		if len(part) == 0 || len(part) > 2 || !digitsOnly(part) || parts == 3 {
			return nil
		}
		if len(part) == len(rest) {
			return v
		}
		rest = more
	}
}

// versionParam says whether a parameter of the query names the version of the API.
func versionParam(name []byte) bool {
	switch string(name) {
	case "api-version", "api_version", "apiVersion", "apiversion", "x-api-version":
		return true
	}
	return false
}

// acceptedVersion returns the version in the first media range of an Accept field (RFC 9110, Section 12.5.1): its
// parameter version, or the v2 of application/vnd.example.v2+json. nil when there is none.
func acceptedVersion(v []byte) []byte {
	first, _ := cutByte(v, ',')
	if at := bytes.Index(first, []byte("version=")); at > 0 && (first[at-1] == ';' || first[at-1] == ' ') {
		asked, _ := cutByte(first[at+len("version="):], ';')
		return versionOf(bytes.Trim(bytes.TrimSpace(asked), `"`))
	}
	kind, _ := cutByte(first, ';')
	if !bytes.Contains(kind, []byte("/vnd.")) {
		return nil
	}
	at := bytes.LastIndex(kind, []byte(".v"))
	if at < 0 {
		return nil
	}
	asked, _ := cutByte(kind[at+1:], '+')
	if asked = bytes.TrimSpace(asked); len(asked) < 2 {
		return nil
	}
	return versionOf(asked)
}
