package normalize

import (
	"bytes"
	"time"

	"wirecensus/schemas"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/message"
)

// fieldUse is what is done with a header field.
type fieldUse uint8

const (
	fieldDocument fieldUse = iota // described: name, shape, class
	fieldIgnore                   // hop-by-hop, framing, browser noise
	fieldAuth                     // Authorization
	fieldKey                      // an API key
	fieldCookie
	fieldAgent
	fieldName    // named without a shape
	fieldVersion // described, and the version of the API
	fieldAccept
	fieldTrace   // the trace that a request belongs to
	fieldRequest // described, and the name of the request
	fieldDeprecation
	fieldSunset
)

// requestFieldUses are the fields that are not simply described, by lower-case name.
var requestFieldUses = map[string]fieldUse{
	"authorization": fieldAuth, "proxy-authorization": fieldIgnore, "cookie": fieldCookie, "user-agent": fieldAgent,
	"x-api-key": fieldKey, "api-key": fieldKey, "apikey": fieldKey, "x-apikey": fieldKey, "x-auth-token": fieldKey, "x-access-token": fieldKey, "x-token": fieldKey,
	"x-session-token": fieldKey, "x-auth-key": fieldKey, "x-api-token": fieldKey, "x-authorization": fieldKey, "x-auth": fieldKey, "x-app-key": fieldKey,
	"x-client-secret": fieldKey, "x-vault-token": fieldKey, "x-gitlab-token": fieldKey, "private-token": fieldKey, "job-token": fieldKey, "x-amz-security-token": fieldKey,
	"ocp-apim-subscription-key": fieldKey, "x-subscription-key": fieldKey, "x-shopify-access-token": fieldKey, "x-goog-api-key": fieldKey, "x-functions-key": fieldKey, "x-rapidapi-key": fieldKey, "x-session-id": fieldKey, "token": fieldKey, "auth-token": fieldKey, "access-token": fieldKey,

	"accept-version": fieldVersion, "api-version": fieldVersion, "x-api-version": fieldVersion, "x-accept-version": fieldVersion, "x-ms-api-version": fieldVersion, "x-ms-version": fieldVersion,
	"stripe-version": fieldVersion, "x-github-api-version": fieldVersion, "notion-version": fieldVersion, "anthropic-version": fieldVersion, "square-version": fieldVersion,

	"host": fieldIgnore, "connection": fieldIgnore, "keep-alive": fieldIgnore, "te": fieldIgnore, "trailer": fieldIgnore, "transfer-encoding": fieldIgnore, "upgrade": fieldIgnore,
	"proxy-connection": fieldIgnore, "content-length": fieldIgnore, "content-type": fieldIgnore, "content-encoding": fieldIgnore, "expect": fieldIgnore, "date": fieldIgnore, "via": fieldIgnore,
	"accept": fieldAccept, "accept-encoding": fieldIgnore, "accept-language": fieldIgnore, "accept-charset": fieldIgnore, "cache-control": fieldIgnore, "pragma": fieldIgnore, "dnt": fieldIgnore,
	"origin": fieldIgnore, "referer": fieldIgnore, "upgrade-insecure-requests": fieldIgnore, "save-data": fieldIgnore, "priority": fieldIgnore, "from": fieldIgnore, "max-forwards": fieldIgnore, "http2-settings": fieldIgnore,
	"x-forwarded-for": fieldIgnore, "x-forwarded-proto": fieldIgnore, "x-forwarded-host": fieldIgnore, "x-forwarded-port": fieldIgnore, "x-forwarded-scheme": fieldIgnore, "x-forwarded-server": fieldIgnore, "x-real-ip": fieldIgnore, "forwarded": fieldIgnore, "true-client-ip": fieldIgnore, "cf-connecting-ip": fieldIgnore, "cf-ray": fieldIgnore, "cf-visitor": fieldIgnore, "cf-ipcountry": fieldIgnore, "cdn-loop": fieldIgnore,
	"x-amz-date": fieldIgnore, "x-amz-content-sha256": fieldIgnore, "x-amzn-trace-id": fieldIgnore, "traceparent": fieldTrace, "x-request-id": fieldRequest, "tracestate": fieldIgnore, "baggage": fieldIgnore, "b3": fieldIgnore, "x-b3-traceid": fieldIgnore, "x-b3-spanid": fieldIgnore, "x-b3-parentspanid": fieldIgnore, "x-b3-sampled": fieldIgnore, "x-cloud-trace-context": fieldIgnore, "uber-trace-id": fieldIgnore,
	"access-control-request-method": fieldIgnore, "access-control-request-headers": fieldIgnore, "if-modified-since": fieldIgnore, "x-requested-with": fieldIgnore, "x-csrf-token": fieldName, "x-xsrf-token": fieldName, "x-csrftoken": fieldName, "x-envoy-original-path": fieldIgnore,
	"grpc-timeout": fieldName, "connect-timeout-ms": fieldName, "grpc-encoding": fieldIgnore, "grpc-accept-encoding": fieldIgnore, "grpc-previous-rpc-attempts": fieldIgnore, "grpc-trace-bin": fieldIgnore, "grpc-tags-bin": fieldIgnore,
	"connect-protocol-version": fieldIgnore, "connect-content-encoding": fieldIgnore, "connect-accept-encoding": fieldIgnore, "x-grpc-web": fieldIgnore, "x-user-agent": fieldIgnore,
}

// responseFieldUses likewise, for responses.
var responseFieldUses = map[string]fieldUse{
	"deprecation": fieldDeprecation, "sunset": fieldSunset, "set-cookie": fieldName, "www-authenticate": fieldName, "x-auth-token": fieldName, "authorization": fieldName, "x-csrf-token": fieldName, "x-session-token": fieldName,
	"connection": fieldIgnore, "keep-alive": fieldIgnore, "trailer": fieldIgnore, "transfer-encoding": fieldIgnore, "upgrade": fieldIgnore, "content-length": fieldIgnore, "content-type": fieldIgnore, "content-encoding": fieldIgnore, "date": fieldIgnore, "via": fieldIgnore, "server": fieldIgnore, "age": fieldIgnore,
	"cache-control": fieldIgnore, "pragma": fieldIgnore, "expires": fieldIgnore, "vary": fieldIgnore, "accept-ranges": fieldIgnore, "content-range": fieldIgnore, "proxy-authenticate": fieldIgnore, "alt-svc": fieldIgnore, "nel": fieldIgnore, "report-to": fieldIgnore, "reporting-endpoints": fieldIgnore, "p3p": fieldIgnore,
	"strict-transport-security": fieldIgnore, "content-security-policy": fieldIgnore, "content-security-policy-report-only": fieldIgnore, "referrer-policy": fieldIgnore, "permissions-policy": fieldIgnore, "feature-policy": fieldIgnore, "expect-ct": fieldIgnore, "origin-agent-cluster": fieldIgnore, "timing-allow-origin": fieldIgnore, "server-timing": fieldIgnore,
	"x-frame-options": fieldIgnore, "x-content-type-options": fieldIgnore, "x-xss-protection": fieldIgnore, "x-powered-by": fieldIgnore, "x-aspnet-version": fieldIgnore, "x-aspnetmvc-version": fieldIgnore, "x-runtime": fieldIgnore, "x-dns-prefetch-control": fieldIgnore, "x-download-options": fieldIgnore, "x-permitted-cross-domain-policies": fieldIgnore, "x-ua-compatible": fieldIgnore, "x-robots-tag": fieldIgnore,
	"x-cache": fieldIgnore, "x-cache-hits": fieldIgnore, "x-served-by": fieldIgnore, "x-timer": fieldIgnore, "x-varnish": fieldIgnore, "x-amz-cf-id": fieldIgnore, "x-amz-cf-pop": fieldIgnore, "cf-ray": fieldIgnore, "cf-cache-status": fieldIgnore, "x-envoy-upstream-service-time": fieldIgnore, "traceparent": fieldIgnore, "x-amzn-trace-id": fieldIgnore, "x-amz-id-2": fieldIgnore,
	"access-control-allow-origin": fieldIgnore, "access-control-allow-methods": fieldIgnore, "access-control-allow-headers": fieldIgnore, "access-control-allow-credentials": fieldIgnore, "access-control-max-age": fieldIgnore, "access-control-expose-headers": fieldIgnore, "cross-origin-opener-policy": fieldIgnore, "cross-origin-resource-policy": fieldIgnore, "cross-origin-embedder-policy": fieldIgnore, "last-modified": fieldIgnore, "allow": fieldIgnore, "content-language": fieldIgnore, "content-disposition": fieldName, "content-location": fieldIgnore,
	"grpc-status": fieldIgnore, "grpc-message": fieldIgnore, "grpc-status-details-bin": fieldIgnore, "grpc-encoding": fieldIgnore, "grpc-accept-encoding": fieldIgnore, "connect-content-encoding": fieldIgnore, "connect-accept-encoding": fieldIgnore,
}

// maxFieldName is the length in bytes of the longest field name described.
const maxFieldName = 64

// maxFields is the number of names of fields remembered, of requests and of responses.
const maxFields = 1024

// field is what is known of a field by its name as sent.
type field struct {
	name []byte // in lower case; nil when the field is passed over
	use  fieldUse
	sent string // name as sent, "" of one that is not remembered
}

// fields remembers fields by their names as sent.
type fields struct {
	uses  map[string]fieldUse // of the names that are not simply described
	noise string              // beginning of names that are passed over unless they are among uses
	known map[string]field
	front [fieldSlots]field // those met last, found without the map
}

const fieldSlots = 64

func newFields(uses map[string]fieldUse, noise string) fields {
	return fields{uses: uses, noise: noise, known: map[string]field{}}
}

// of returns the field called name.
func (t *fields) of(name []byte) field {
	k := len(name)
	if k == 0 || k > maxFieldName {
		return t.find(name)
	}
	e := &t.front[(uint(k)*7+uint(name[0]|0x20)*3+uint(name[k-1])+uint(name[k/2])*5)%fieldSlots]
	if e.sent != string(name) {
		*e = t.find(name)
	}
	return *e
}

// find returns the field called name.
func (t *fields) find(name []byte) field {
	if f, ok := t.known[string(name)]; ok {
		return f
	}
	low := lower(name)
	use, named := t.uses[string(low)]
	f := field{name: low, use: use}
	if use == fieldIgnore || !named && t.noise != "" && bytes.HasPrefix(low, []byte(t.noise)) {
		f.name = nil
	}
	if len(name) <= maxFieldName {
		if len(t.known) >= maxFields {
			clear(t.known)
		}
		f.sent = string(name)
		t.known[f.sent] = f
	}
	return f
}

// lower returns name in lower case, nil when it is no token (RFC 9110, Section
// 5.6.2), too long, or a value.
func lower(name []byte) []byte {
	if len(name) == 0 || len(name) > maxFieldName || name[0] == ':' {
		return nil
	}
	dst := make([]byte, 0, len(name))
	for _, c := range name {
		switch {
		case 'A' <= c && c <= 'Z':
			c |= 0x20
		case 'a' <= c && c <= 'z' || c-'0' < 10 || c == '-' || c == '_' || c == '.':
		default:
			return nil
		}
		dst = append(dst, c)
	}
	if len(name) >= minPart && countDigits(name) > 0 {
		if d, random := judgeName(name); d.class != "" || random {
			return nil
		}
	}
	return dst
}

// requestFields sets what the request's fields tell.
func (n *Normalizer) requestFields(c *schemas.Call, m *exchange.Message) {
	n.pairs = n.pairs[:0]
	noted := false
	for i := range m.Fields {
		f := &m.Fields[i]
		known := n.requestNames.of(f.Name)
		if known.name == nil {
			continue
		}
		switch known.use {
		case fieldAuth:
			n.authorization(f.Value)
		case fieldKey:
			n.apiKey("header", n.intern(known.name), f.Value)
		case fieldAgent:
			c.UserAgent = n.agent(f.Value)
		case fieldCookie:
			noted = true
		case fieldAccept:
			if v := acceptedVersion(f.Value); v != nil && c.APIVersion == "" {
				c.APIVersion = n.version("accept", nil, v)
			}
		case fieldTrace:
			if id := traceOf(f.Value); id != nil {
				c.Trace = n.trace(id)
			}
		case fieldDocument, fieldName, fieldVersion, fieldRequest:
			if known.use == fieldRequest && c.Trace == 0 && 8 <= len(f.Value) && len(f.Value) <= maxRequestID {
				c.Trace = n.trace(f.Value)
			}
			if known.use == fieldVersion {
				if v := versionOf(f.Value); v != nil {
					c.APIVersion = n.version("", known.name, v)
				}
			}
			if len(n.pairs) < maxPairs {
				n.pairs = append(n.pairs, pair{name: known.name, value: fieldValue(known.use, f.Value)})
			}
		}
	}
	if len(n.pairs) > 0 {
		n.at = place{in: "request.header", auth: true}
		n.count()
		c.Headers = n.describe(false)
	}
	if noted {
		n.cookies(c, m.Fields)
	}
}

// maxRequestID is the length in bytes of the longest name of a request that is taken for one.
const maxRequestID = 128

// trace returns the digest of what names a request; it is never 0.
func (n *Normalizer) trace(id []byte) uint32 { return max(uint32(n.digests.of(domainTrace, id)), 1) }

// traceOf returns the trace-id of a traceparent field, nil when the field is not valid (W3C Trace Context, Sections 3.2.2.1
// to 3.2.2.3: a version other than ff, 32 and 16 lower-case hexadecimal digits, not all 0).
func traceOf(v []byte) []byte {
	if len(v) < 55 || v[2] != '-' || v[35] != '-' || v[52] != '-' || string(v[:2]) == "ff" || len(v) > 55 && (string(v[:2]) == "00" || v[55] != '-') {
		return nil
	}
	for i, b := range v[:55] {
		if i != 2 && i != 35 && i != 52 && (b < '0' || b > '9' && b < 'a' || b > 'f') {
			return nil
		}
	}
	id := v[3:35]
	if len(bytes.Trim(id, "0")) == 0 || len(bytes.Trim(v[36:52], "0")) == 0 {
		return nil
	}
	return id
}

// fieldValue returns the part of a value that is described: nothing of a field
// that is only named.
func fieldValue(use fieldUse, v []byte) []byte {
	if use == fieldName {
		return nil
	}
	return v
}

// responseFields sets what the response's fields tell.
func (n *Normalizer) responseFields(c *schemas.Call, m *exchange.Message) {
	n.pairs = n.pairs[:0]
	for i := range m.Fields {
		f := &m.Fields[i]
		known := n.responseNames.of(f.Name)
		if known.name == nil {
			continue
		}
		switch known.use {
		case fieldDeprecation:
			c.Deprecation = deprecation(f.Value)
		case fieldSunset:
			c.Sunset = httpDate(f.Value)
		}
		if len(n.pairs) < maxPairs {
			n.pairs = append(n.pairs, pair{name: known.name, value: fieldValue(known.use, f.Value)})
		}
	}
	if len(n.pairs) > 0 {
		n.at = place{in: "response.header", ids: ""}
		n.count()
		c.ResponseHeaders = n.describe(false)
	}
}

// deprecation reads the Deprecation field: an Item Date, @seconds (RFC 9745,
// Section 2.1); the drafts before it had an HTTP-date or true.
func deprecation(v []byte) int64 {
	if len(v) > 1 && v[0] == '@' {
		v, _ = cutByte(v[1:], ';')
		if digitsOnly(v) && len(v) <= 12 {
			return max(int64(num(v)), 1)
		}
		return 1
	}
	if t := httpDate(v); t != 0 {
		return t
	}
	if message.EqualFold(v, "true") || message.EqualFold(v, "?1") {
		return 1
	}
	return 0
}

// httpDate reads an HTTP-date (RFC 9110, Section 5.6.7; Sunset: RFC 8594,
// Section 3) as Unix seconds, 0 when it is none.
func httpDate(v []byte) int64 {
	if len(v) > 40 {
		return 0
	}
	for _, layout := range [3]string{"Mon, 02 Jan 2006 15:04:05 GMT", "Monday, 02-Jan-06 15:04:05 GMT", time.ANSIC} {
		if t, err := time.Parse(layout, string(v)); err == nil {
			return t.Unix()
		}
	}
	return 0
}
