package api

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// EndpointID names an endpoint for as long as its service, method and template
// stay the same: 24 hexadecimal digits.
func EndpointID(service, method, template string) string {
	return identity(service, method, template)
}

// OverrideID names the override of a kind at a place: 24 hexadecimal digits. The
// same decision about the same place has the same ID.
func OverrideID(o *Override) string {
	return identity(o.Kind, o.Service, o.Method, o.Template, o.Literal)
}

func identity(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
