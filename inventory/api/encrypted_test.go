package api

import (
	"slices"
	"testing"

	"wirecensus/schemas"
)

// TestEncrypted: kinds of names, shares of all traffic, documents that name the host, and the order.
func TestEncrypted(t *testing.T) {
	r := Result{
		Services: []Service{{Name: "api.example", Declared: []string{"a.yaml"}}, {Name: "api.example:8443", Declared: []string{"a.yaml", "b.yaml"}}, {Name: "10.0.0.9", Declared: []string{"c.yaml"}}},
		Coverage: schemas.Coverage{Connections: 90, StreamBytes: 900, QUIC: &schemas.QUICCoverage{Flows: 10, Bytes: 100}, TLS: map[string]*schemas.TLSHost{
			"api.example":       {Connections: 10, QUIC: 4, Bytes: 500, ECH: 1, JA4: map[string]uint64{"t13d": 10}},
			"ech:cloud.example": {Connections: 5, Bytes: 50, ECH: 5},
			"10.0.0.9:443":      {Connections: 1, Bytes: 50, Midstream: 1},
			"*":                 {Connections: 2, Bytes: 2},
		}},
	}
	list := Encrypted(&r)
	var got []string
	for i := range list {
		got = append(got, list[i].Kind+" "+EncryptedName(&list[i]))
	}
	if want := []string{"server-name api.example", "outer-name cloud.example (outer name)", "address 10.0.0.9:443", "others others"}; !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	if v := list[0]; v.OfBytes != 0.5 || v.OfConns != 0.1 || !slices.Equal(v.Declared, []string{"a.yaml", "b.yaml"}) || !slices.Equal(EncryptedNotes(&v), []string{"4 over QUIC", "1 with an encrypted hello"}) {
		t.Errorf("%+v, %q", v, EncryptedNotes(&v))
	}
	if v := list[1]; len(v.Declared) != 0 || !slices.Equal(EncryptedNotes(&v), []string{"5 with an encrypted hello: the real name may be another"}) {
		t.Errorf("%+v, %q", v, EncryptedNotes(&v))
	}
	if v := list[2]; !slices.Equal(v.Declared, []string{"c.yaml"}) {
		t.Errorf("%+v", v)
	}
	list[0].JA4["t13d"] = 0
	if r.Coverage.TLS["api.example"].JA4["t13d"] != 10 {
		t.Error("the answer shares a map with the coverage")
	}
	if list := Encrypted(new(Result)); list == nil || len(list) != 0 {
		t.Error("an empty result must give an empty list")
	}
}
