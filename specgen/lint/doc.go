// Package lint finds what a reviewer would find in an OpenAPI document: what is
// invalid, what readers and generators of code stumble over, and what is unsafe
// to promise.
//
//	notes, err := lint.Check(text, "shop.yaml")
//
// It holds the rules of this house and, as the rule valid, those of the
// kin-openapi validator; Rules lists them.
//
// # Ownership
//
// Nothing is retained. The same document gives the same notes.
//
// # Limits
//
//   - document: that of package openapi (32 MiB, 2,000,000 values, 200 levels)
//   - notes: 10,000; then checking ends with a note that says so
package lint
