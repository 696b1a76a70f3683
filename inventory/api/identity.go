package api

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// DeclaredID names an operation that was declared and never called: 24
// hexadecimal digits. Endpoints that were called have the IDs of their summaries.
func DeclaredID(service, method, template string) string {
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
