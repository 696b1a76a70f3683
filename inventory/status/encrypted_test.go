package status

import (
	"testing"

	"wirecensus/schemas"
)

// TestDegradedEncrypted: what was only seen encrypted is not unused, and says so.
func TestDegradedEncrypted(t *testing.T) {
	c := &schemas.Coverage{TLS: map[string]*schemas.TLSHost{
		"a.example": {Connections: 3, QUIC: 2}, "ech:a.example": {Connections: 4}, "ech:b.example": {Connections: 1, QUIC: 1},
		"10.0.0.1:8443": {Connections: 1}, "10.0.0.2:443": {Connections: 5},
	}}
	for _, s := range []struct{ service, host, want string }{
		{"a.example", "a.example", "3 encrypted connections to a.example could not be read, and 4 more with it as the outer name; 2 of them over QUIC"},
		{"b.example", "b.example", "1 encrypted connection with the outer name b.example could not be read; 1 of them over QUIC"},
		{"10.0.0.1:8443", "10.0.0.1", "1 encrypted connection to 10.0.0.1 could not be read"},
		{"10.0.0.2", "10.0.0.2", "5 encrypted connections to 10.0.0.2 could not be read"},
		{"10.0.0.1:80", "10.0.0.1", ""},
	} {
		if bad, why := Degraded(c, s.service, s.host); bad != (s.want != "") || why != s.want {
			t.Errorf("%s: %v, %q, want %q", s.service, bad, why, s.want)
		}
	}
}
