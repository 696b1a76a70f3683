package normalize

import (
	"bytes"
	"encoding/base64"
	"strings"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
	"wirecensus/sensor/message"
)

// maxAuth is the number of credentials of one call; further ones are dropped.
const maxAuth = 16

// oauth is what a request's fields hold of OAuth client credentials (RFC 6749, Section 2.3.1).
type oauth struct {
	id, secret uint64
	in, name   string
}

func (n *Normalizer) credential(a schemas.Auth) {
	for i := range n.auth {
		if b := &n.auth[i]; b.Scheme == a.Scheme && b.In == a.In && b.Name == a.Name {
			return
		}
	}
	if len(n.auth) < maxAuth {
		n.auth = append(n.auth, a)
	}
}

func compareAuth(a, b schemas.Auth) int {
	if c := strings.Compare(a.Scheme, b.Scheme); c != 0 {
		return c
	}
	if c := strings.Compare(a.In, b.In); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}

// authorization reads an Authorization field (RFC 9110, Section 11.6.2).
func (n *Normalizer) authorization(v []byte) {
	v = bytes.TrimSpace(v)
	scheme, cred := cutByte(v, ' ')
	cred = bytes.TrimSpace(cred)
	a := schemas.Auth{In: "header", Name: "authorization"}
	switch {
	case len(v) == 0:
		return
	case message.EqualFold(scheme, "bearer"):
		n.bearer(a, cred)
		return
	case message.EqualFold(scheme, "basic"):
		a.Scheme, a.Principal = "basic", n.basicUser(cred)
	case message.EqualFold(scheme, "digest"):
		a.Scheme, a.Principal = "digest", n.principalOf(parameter(cred, "username"))
	case message.EqualFold(scheme, "ntlm"):
		a.Scheme = "ntlm"
	case message.EqualFold(scheme, "negotiate"):
		a.Scheme = "negotiate"
	case len(scheme) >= 4 && message.EqualFold(scheme[:4], "aws4"), message.EqualFold(scheme, "aws"), len(scheme) >= 4 && message.EqualFold(scheme[:4], "hmac"),
		message.EqualFold(scheme, "signature"), message.EqualFold(scheme, "sharedkey"), message.EqualFold(scheme, "sharedkeylite"):
		a.Scheme, a.Principal = "hmac", n.principalOf(signer(cred))
		n.credential(a) // signatures differ per request: no token digest
		return
	case cred == nil: // no scheme at all: the whole value is a key
		n.bareKey(a, v)
		return
	default:
		a.Scheme = schemeName(scheme)
	}
	a.Token = n.digests.of(domainCredential, cred)
	n.credential(a)
}

// bareKey is an Authorization field that holds a key or token without a scheme.
func (n *Normalizer) bareKey(a schemas.Auth, v []byte) {
	if isJWT(v) {
		n.bearer(a, v)
		return
	}
	a.Scheme, a.Token = "api-key", n.digests.of(domainCredential, v)
	n.credential(a)
}

// schemeName returns a scheme's name in lower case, "other" when it is no short word.
func schemeName(s []byte) string {
	if len(s) > 16 {
		return "other"
	}
	var buf [16]byte
	for i, c := range s {
		if c|0x20-'a' > 25 && c != '-' && c != '_' {
			return "other"
		}
		buf[i] = c | 0x20
		if c == '-' || c == '_' {
			buf[i] = c
		}
	}
	return string(buf[:len(s)])
}

func (n *Normalizer) principalOf(v []byte) uint64 {
	if len(v) == 0 {
		return 0
	}
	return n.digests.of(domainPrincipal, v)
}

// basicUser returns the digest of the user-id (RFC 7617, Section 2).
func (n *Normalizer) basicUser(cred []byte) uint64 {
	var buf [512]byte
	if len(cred) > base64.StdEncoding.EncodedLen(len(buf)) {
		return 0
	}
	k, err := base64.StdEncoding.Decode(buf[:], cred)
	if err != nil {
		if k, err = base64.RawStdEncoding.Decode(buf[:], cred); err != nil {
			return 0
		}
	}
	user, _ := cutByte(buf[:k], ':')
	return n.principalOf(user)
}

// parameter returns the value of an auth-param called name.
func parameter(cred []byte, name string) []byte {
	for rest := cred; len(rest) > 0; {
		var p []byte
		p, rest = cutByte(rest, ',')
		k, v := cutByte(bytes.TrimSpace(p), '=')
		if message.EqualFold(bytes.TrimSpace(k), name) {
			return bytes.Trim(bytes.TrimSpace(v), `"`)
		}
	}
	return nil
}

// signer returns the name of the key that signed: Credential of AWS Signature
// Version 4, keyId of HTTP signatures, what stands before a colon.
func signer(cred []byte) []byte {
	if v := parameter(cred, "credential"); v != nil {
		v, _ = cutByte(v, '/')
		return v
	}
	if v := parameter(cred, "keyid"); v != nil {
		return v
	}
	if i := bytes.IndexByte(cred, ':'); i > 0 {
		return cred[:i]
	}
	return nil
}

// apiKey records an API key in a place of its own.
func (n *Normalizer) apiKey(in, name string, v []byte) {
	if len(v) == 0 {
		return
	}
	a := schemas.Auth{In: in, Name: name}
	if i := bytes.IndexByte(v, ' '); i > 0 && message.EqualFold(v[:i], "bearer") {
		v = v[i+1:]
	}
	if isJWT(v) {
		n.bearer(a, v)
		return
	}
	a.Scheme, a.Token = "api-key", n.digests.of(domainCredential, v)
	n.credential(a)
}

// sessionCookie records a session cookie.
func (n *Normalizer) sessionCookie(name, v []byte) {
	a := schemas.Auth{In: "cookie", Name: n.safeName(name), Scheme: "cookie", Token: n.digests.of(domainCredential, v)}
	if isJWT(v) {
		if b := n.read(v); b != nil {
			a.Alg, a.Principal = b.alg, b.principal
		}
	}
	n.credential(a)
}

// keyParams are squeezed names of query parameters and fields that are API keys.
func keyParam(name string) bool {
	switch name {
	case "api_key", "apikey", "apiKey", "api-key", "key", "token", "access_token", "accessToken", "auth_token", "authToken", "auth", "app_key", "appkey", "api_token", "apitoken",
		"subscription-key", "jwt", "session_token", "sessionid", "session_id", "sid", "code":
		return true
	}
	return false
}

// fieldCredential looks at a field of the query, head or body that may be a credential.
func (n *Normalizer) fieldCredential(key keyClass, name string, f shape.Format, v []byte) {
	in := "body"
	switch n.at.in {
	case "request.query":
		in = "query"
	case "request.header":
		in = "header"
	}
	switch {
	case key == keyClientID:
		n.oauth.id, n.oauth.in = n.principalOf(v), in
	case key == keyClientSecret:
		n.oauth.secret, n.oauth.name = n.digests.of(domainCredential, v), name
	case in == "header" && secretLike(f, v), in == "query" && keyParam(name) && (secretLike(f, v) || len(v) >= 16):
		n.apiKey(in, name, v)
	}
}

// clientCredentials records OAuth client credentials that the request held.
func (n *Normalizer) clientCredentials() {
	if n.oauth.secret != 0 && n.oauth.id != 0 {
		n.credential(schemas.Auth{Scheme: "oauth", In: n.oauth.in, Name: n.oauth.name, Principal: n.oauth.id, Token: n.oauth.secret})
	}
}

// signedURL looks for the signature parameters of pre-signed URLs among the
// pairs of the query: AWS, Google Cloud, CloudFront, Azure.
func (n *Normalizer) signedURL() {
	var sig, expires, scope string
	var who []byte
	for i := range n.pairs {
		switch name := n.pairs[i].name; {
		case message.EqualFold(name, "x-amz-signature"), message.EqualFold(name, "x-goog-signature"):
			sig, expires = n.intern(name), "x"
		case message.EqualFold(name, "signature"), message.EqualFold(name, "sig"):
			sig = n.intern(name)
		case message.EqualFold(name, "expires"), message.EqualFold(name, "se"), message.EqualFold(name, "exp"), message.EqualFold(name, "policy"):
			expires = "x"
		case message.EqualFold(name, "sv"), message.EqualFold(name, "sp"):
			scope = "x"
		case message.EqualFold(name, "x-amz-credential"), message.EqualFold(name, "x-goog-credential"), message.EqualFold(name, "key-pair-id"), message.EqualFold(name, "awsaccesskeyid"):
			who, _ = cutByte(n.pairs[i].value, '/')
		}
	}
	if sig != "" && (expires != "" || scope != "" || who != nil) {
		n.credential(schemas.Auth{Scheme: "hmac", In: "query", Name: sig, Principal: n.principalOf(who)})
	}
}
