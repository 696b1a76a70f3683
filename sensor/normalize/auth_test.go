package normalize

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"wirecensus/schemas"
)

func jwt(header, payload string) string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(header)) + "." + enc([]byte(payload)) + "." + strings.Repeat("s", 43)
}

func briefAuth(list []schemas.Auth) string {
	var out []string
	for _, a := range list {
		s := a.Scheme + " " + a.In + " " + a.Name
		if a.Principal != 0 {
			s += " who"
		}
		if a.Token != 0 {
			s += " token"
		}
		if a.Alg != "" {
			s += " " + a.Alg
		}
		if a.Expired {
			s += " expired"
		}
		if a.NoExpiry {
			s += " forever"
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

func TestAuth(t *testing.T) {
	hs := `{"alg":"HS256","typ":"JWT"}`
	for _, c := range []struct{ head, want string }{
		{"GET / HTTP/1.1", ""},
		{"GET / HTTP/1.1\nAuthorization: Basic dXNlcjpwYXNz", "basic header authorization who token"},
		{"GET / HTTP/1.1\nAuthorization: basic !!", "basic header authorization token"},
		{"GET / HTTP/1.1\nAuthorization: Bearer abcdef", "bearer header authorization token"},
		{"GET / HTTP/1.1\nAuthorization: Bearer " + jwt(hs, `{"sub":"1","exp":1800000000}`), "jwt header authorization who token HS256"},
		{"GET / HTTP/1.1\nAuthorization: Bearer " + jwt(hs, `{"sub":"1","exp":1600000000}`), "jwt header authorization who token HS256 expired"},
		{"GET / HTTP/1.1\nAuthorization: Bearer " + jwt(`{"alg":"none"}`, `{"x":1}`), "jwt header authorization token none forever"},
		{"GET / HTTP/1.1\nAuthorization: Bearer " + jwt(`{"alg":"evil thing"}`, `x`), "jwt header authorization token other forever"},
		{"GET / HTTP/1.1\nAuthorization: " + jwt(hs, `{"sub":"1"}`), "jwt header authorization who token HS256 forever"},
		{"GET / HTTP/1.1\nAuthorization: 0123456789abcdef", "api-key header authorization token"},
		{`GET / HTTP/1.1` + "\n" + `Authorization: Digest username="joe", realm="x", response="y"`, "digest header authorization who token"},
		{"GET / HTTP/1.1\nAuthorization: NTLM TlRM", "ntlm header authorization token"},
		{"GET / HTTP/1.1\nAuthorization: Negotiate YII", "negotiate header authorization token"},
		{"GET / HTTP/1.1\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=5d67", "hmac header authorization who"},
		{"GET / HTTP/1.1\nAuthorization: GoogleLogin auth=x", "googlelogin header authorization token"},
		{"GET / HTTP/1.1\nAuthorization: W3ird#Scheme x", "other header authorization token"},
		{"GET / HTTP/1.1\nX-API-Key: k1", "api-key header x-api-key token"},
		{"GET / HTTP/1.1\nX-Acme-Secret: abcdef1234567890", "api-key header x-acme-secret token"},
		{"GET / HTTP/1.1\nPRIVATE-TOKEN: k1", "api-key header private-token token"},
		{"GET /?api_key=abcdef1234567890 HTTP/1.1", "api-key query api_key token"},
		{"GET /?key=value HTTP/1.1", ""},
		{"GET /?access_token=" + jwt(hs, `{"sub":"1","exp":1800000000}`), "jwt query access_token who token HS256"},
		{"GET /o?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID/1&X-Amz-Signature=ab", "hmac query X-Amz-Signature who"},
		{"GET /o?sv=2020&sp=r&sig=abcdef%3D", "hmac query sig"},
		{"GET / HTTP/1.1\nCookie: JSESSIONID=0123456789ABCDEF", "cookie cookie JSESSIONID token"},
		{"GET / HTTP/1.1\nCookie: my_session=0123456789abcdef0123456789abcdef; theme=dark; csrf_token=0123456789abcdef0123456789abcdef; _ga=0123456789abcdef0123456789", "cookie cookie my_session token"},
		{"GET / HTTP/1.1\nCookie: authz=no", ""},
		{"GET / HTTP/1.1\nCookie: wp=" + jwt(hs, `{"sub":"1"}`), "cookie cookie wp who token HS256"},
		{"POST /token HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n\ngrant_type=client_credentials&client_id=app&client_secret=abcdef12345", "oauth body client_secret who token"},
		{"POST /token HTTP/1.1\nContent-Type: application/json\n\n{\"client_id\":\"app\",\"client_secret\":\"abcdef12345\"}", "oauth body client_secret who token"},
		{"GET / HTTP/1.1\nAuthorization: Bearer abcdef\nX-Api-Key: k1\nCookie: sid=0123456789abcdef", "api-key header x-api-key token; bearer header authorization token; cookie cookie sid token"},
	} {
		call := callOf(t, c.head, "")
		if got := briefAuth(call.Auth); got != c.want {
			t.Errorf("%.80s\n got %s\nwant %s", c.head, got, c.want)
		}
	}
}

func TestPrincipalIsThePersonNotTheToken(t *testing.T) {
	n := New(Config{Key: testKey})
	call := func(payload string) schemas.Auth {
		return n.Call(pairOf("GET / HTTP/1.1\nAuthorization: Bearer "+jwt(`{"alg":"RS256"}`, payload), "")).Auth[0]
	}
	a, b, c, d := call(`{"sub":"1","iss":"x","iat":1}`), call(`{"iat":2,"iss":"x","sub":"1"}`), call(`{"sub":"2","iss":"x"}`), call(`{"sub":"1","iss":"y"}`)
	if a.Principal != b.Principal || a.Token == b.Token || a.Principal == c.Principal || a.Principal == d.Principal {
		t.Errorf("%+v %+v %+v %+v", a, b, c, d)
	}
}

func TestTokenMemoryIsBounded(t *testing.T) {
	n := New(Config{Key: testKey})
	for i := range 2 * maxTokens / tokenCost {
		n.Call(pairOf(fmt.Sprintf("GET /w%d/x%d HTTP/1.1\nHost: h%d.example\nUser-Agent: a%d\nAuthorization: Bearer t%d", i, i, i, i, i), ""))
	}
	held := 0
	for v := range n.tokens {
		held += len(v) + tokenCost
	}
	if held > maxTokens+maxTokenLen+tokenCost || held != n.tokenBytes || len(n.agents) > maxAgents || len(n.words) > maxWords || len(n.strings) > maxStrings+64 {
		t.Errorf("%d tokens, %d agents, %d words, %d strings", len(n.tokens), len(n.agents), len(n.words), len(n.strings))
	}
}

func TestSensitiveClaims(t *testing.T) {
	c := callOf(t, "GET / HTTP/1.1\nAuthorization: Bearer "+jwt(`{"alg":"HS256"}`, `{"sub":"1","email":"joe@example.com","name":"Joe Doe","jti":"3f2b8c1e-1111-4222-8333-abcdefabcdef","password":"5f4dcc3b5aa765d61d8327deb882cf99"}`), "")
	var got []string
	for _, s := range c.Sensitive {
		got = append(got, s.Class+" "+s.In+" "+s.At)
	}
	if want := "email request.header authorization.email; name request.header authorization.name; password request.header authorization.password"; strings.Join(got, "; ") != want {
		t.Errorf("%s", strings.Join(got, "; "))
	}
}
