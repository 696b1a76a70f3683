package normalize

import (
	"bytes"
	"encoding/base64"
	"slices"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// Limits of tokens.
const (
	maxTokens   = 4 << 20 // bytes of bearer tokens remembered
	maxTokenLen = 4096    // bytes of a token that is remembered or read
)

// tokenCost is what remembering a token costs beside its bytes.
const tokenCost = 160

// bearer is what is known of a token.
type bearer struct {
	token, principal uint64
	alg              string
	exp              int64 // Unix seconds, 0 none
	jwt              bool
	found            []claim // sensitive values in the payload, which anybody can read
}

// claim is a sensitive value in a token's payload.
type claim struct {
	name string
	verdict
}

// isJWT reports whether v is a compact JWS whose header is a JSON object with alg.
func isJWT(v []byte) bool {
	if len(v) < 20 || v[0] != 'e' || v[1] != 'y' || v[2] != 'J' && v[2] != 'A' {
		return false
	}
	i := bytes.IndexByte(v, '.')
	if i < 10 || i > 1024 || bytes.Count(v, []byte(".")) != 2 {
		return false
	}
	var buf [768]byte
	k, err := base64.RawURLEncoding.Decode(buf[:], v[:i])
	return err == nil && bytes.Contains(buf[:k], []byte(`"alg"`))
}

// bearer records a bearer token (RFC 6750).
func (n *Normalizer) bearer(a schemas.Auth, v []byte) {
	if len(v) == 0 {
		return
	}
	a.Scheme = "bearer"
	b := n.read(v)
	if b == nil {
		a.Token = n.digests.of(domainCredential, v)
		n.credential(a)
		return
	}
	a.Token, a.Principal = b.token, b.principal
	if b.jwt {
		a.Scheme, a.Alg = "jwt", b.alg
		a.NoExpiry = b.exp == 0
		a.Expired = b.exp != 0 && b.exp < int64(n.call.Time)/1e9
		n.noteClaims(a, b)
	}
	n.credential(a)
}

// noteClaims records the sensitive values that a token carries.
func (n *Normalizer) noteClaims(a schemas.Auth, b *bearer) {
	if len(b.found) == 0 {
		return
	}
	before := n.at.in
	n.at.in = "request." + a.In
	for _, c := range b.found {
		n.tmp = append(append(append(n.tmp[:0], a.Name...), '.'), c.name...)
		n.note(c.verdict, n.intern(n.tmp))
	}
	n.at.in = before
}

// read returns what is known of the token v, nil when it is too long.
func (n *Normalizer) read(v []byte) *bearer {
	if len(v) > maxTokenLen {
		return nil
	}
	if b, ok := n.tokens[string(v)]; ok {
		return b
	}
	b := &n.rooms.bearers.take(1, bearerRoom)[0]
	b.token = n.digests.of(domainCredential, v)
	if isJWT(v) {
		b.jwt = true
		n.claims(b, v)
	}
	if n.tokenBytes > maxTokens {
		clear(n.tokens)
		n.tokenBytes = 0
	}
	n.tokenBytes += len(v) + tokenCost
	n.tokens[string(v)] = b
	return b
}

// claims reads header and payload of a JWT (RFC 7519, Section 4.1).
func (n *Normalizer) claims(b *bearer, v []byte) {
	head, rest := cutByte(v, '.')
	payload, _ := cutByte(rest, '.')
	buf := slices.Grow(n.claimed[:0], base64.RawURLEncoding.DecodedLen(max(len(head), len(payload))))
	buf = buf[:cap(buf)]
	n.claimed = buf
	k, err := base64.RawURLEncoding.Decode(buf, head)
	if err != nil {
		return
	}
	n.scanner.Members(buf[:k], func(name, value []byte) bool {
		if string(name) == "alg" {
			b.alg = algName(value)
		}
		return true
	})
	if k, err = base64.RawURLEncoding.Decode(buf, payload); err != nil {
		return
	}
	var who, issuer []byte
	n.scanner.Members(buf[:k], func(name, value []byte) bool {
		n.judgeClaim(b, name, value)
		switch string(name) {
		case "sub":
			who = value
		case "client_id", "azp", "user_id", "uid", "email":
			if who == nil {
				who = value
			}
		case "iss":
			issuer = value
		case "exp":
			if digits, _ := cutByte(value, '.'); digitsOnly(digits) && len(digits) < 13 {
				b.exp = int64(num(digits))
			}
		}
		return true
	})
	if who != nil {
		n.tmp = append(append(append(n.tmp[:0], bytes.Trim(who, `"`)...), 0), issuer...)
		b.principal = n.principalOf(n.tmp)
	}
}

// judgeClaim notes a string of the payload that is of a sensitive class.
func (n *Normalizer) judgeClaim(b *bearer, name, value []byte) {
	if len(value) < 4 || value[0] != '"' || len(b.found) >= 8 {
		return
	}
	v := value[1 : len(value)-1]
	d := judge(classOf(hintOf(name)), keyPerson, shape.Classify(v), false, v)
	if d.class != "" && d.class != classSecret && d.class != classJWT {
		b.found = append(b.found, claim{n.safeName(name), d})
	}
}

// algs are the algorithms of signatures (RFC 7518, Section 3.1, and RFC 8037).
var algs = [...]string{"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "ES256K", "PS256", "PS384", "PS512", "EdDSA", "Ed25519"}

// algName returns the value of alg when it is one (RFC 7518, Section 3.1), "other" if not.
func algName(v []byte) string {
	v = bytes.Trim(v, `"`)
	for _, a := range algs {
		if string(v) == a {
			return a
		}
	}
	if bytes.EqualFold(v, []byte("none")) {
		return "none"
	}
	return "other"
}
