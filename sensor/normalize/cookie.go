package normalize

import (
	"bytes"

	"wirecensus/schemas"
	"wirecensus/sensor/message"
)

// sessionNames are cookie names, lower case, that frameworks give to sessions.
var sessionNames = map[string]bool{
	"sid": true, "session": true, "sessionid": true, "session_id": true, "sessid": true, "jsessionid": true, "phpsessid": true, "connect.sid": true, "asp.net_sessionid": true,
	".aspxauth": true, ".aspnetcore.cookies": true, "laravel_session": true, "ci_session": true, "cfid": true, "cftoken": true, "auth": true, "token": true, "auth_token": true,
	"access_token": true, "jwt": true, "id_token": true, "remember_token": true, "express.sid": true, "koa.sess": true, "koa:sess": true, "rack.session": true, "_session_id": true,
	"authtoken": true, "accesstoken": true, "__session": true, "next-auth.session-token": true, "authorization": true, "usersession": true, "user_session": true, "sessiontoken": true,
}

// noisePrefixes are cookie names of analytics, consent and balancers.
var noisePrefixes = []string{
	"_ga", "_gid", "_gat", "_gcl", "__utm", "_fb", "_hj", "_pk_", "_mkto", "ajs_", "amplitude", "mp_", "optimizely", "__cf", "_cf", "cf_", "awsalb", "awselb", "bigip", "_uet", "__hs", "hubspot",
	"intercom-", "_clck", "_clsk", "_scid", "_tt_", "_pin_", "li_", "ak_bm", "bm_sz", "_abck", "cookieconsent", "optanon", "eupubconsent", "_dd_s", "datadome", "_gac", "__stripe", "_rdt", "_lfa",
}

// cookies describes the cookies (RFC 6265, Section 4.2) and finds sessions among them.
func (n *Normalizer) cookies(c *schemas.Call, fields []message.Field) {
	n.pairs = n.pairs[:0]
	for i := range fields {
		if !message.EqualFold(fields[i].Name, "cookie") {
			continue
		}
		for rest := fields[i].Value; len(rest) > 0 && len(n.pairs) < maxPairs; {
			var p []byte
			p, rest = cutByte(rest, ';')
			name, value := cutByte(bytes.Trim(p, " \t"), '=')
			if len(name) == 0 || len(name) > maxFieldName || noise(name) {
				continue
			}
			value = bytes.Trim(value, `"`)
			if sessionCookie(name, value) {
				n.sessionCookie(name, value)
				value = nil // the credential is recorded; hide removes the shape
			}
			n.pairs = append(n.pairs, pair{name: name, value: value})
		}
	}
	if len(n.pairs) == 0 {
		return
	}
	n.at = place{in: "request.cookie"}
	n.count()
	c.Cookies = n.describe(false)
}

func noise(name []byte) bool {
	for _, p := range noisePrefixes {
		if len(name) >= len(p) && message.EqualFold(name[:len(p)], p) {
			return true
		}
	}
	return false
}

// sessionCookie reports whether a cookie is a credential: by a name in use for
// sessions, or a name that says so and a value of at least 64 bits.
func sessionCookie(name, value []byte) bool {
	if len(value) < 8 {
		return false
	}
	var buf [maxFieldName]byte
	low := append(buf[:0], name...)
	for i, c := range low {
		if 'A' <= c && c <= 'Z' {
			low[i] = c | 0x20
		}
	}
	low = bytes.TrimPrefix(bytes.TrimPrefix(low, []byte("__host-")), []byte("__secure-"))
	if bytes.Contains(low, []byte("csrf")) || bytes.Contains(low, []byte("xsrf")) {
		return false
	}
	if sessionNames[string(low)] {
		return true
	}
	for _, w := range [5]string{"sess", "auth", "token", "sid", "jwt"} {
		if bytes.Contains(low, []byte(w)) {
			return entropyBits(value) >= 64
		}
	}
	return bytes.HasPrefix(value, []byte("eyJ")) && isJWT(value)
}

// entropyBits estimates the entropy of a random value from its length and the
// alphabet that it is written in.
func entropyBits(v []byte) int {
	hex, letters := true, 0
	for _, c := range v {
		switch {
		case c-'0' < 10:
		case c|0x20-'a' < 6:
			letters++
		case c|0x20-'a' < 26, c == '-', c == '_', c == '.', c == '%', c == '+', c == '/', c == '=', c == ':', c == '~':
			hex = false
			letters++
		default:
			return 0
		}
	}
	switch {
	case letters == 0:
		return len(v) * 10 / 3
	case hex:
		return len(v) * 4
	}
	return len(v) * 5
}
