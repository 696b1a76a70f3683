// Package diff compares two OpenAPI documents: declared with observed, observed
// at two times, or any two, and says of every difference whether it breaks
// clients.
//
//	r, err := diff.Compare(diff.Side{Name: "v1.yaml", Text: a}, diff.Side{Name: "v2.yaml", Text: b})
//
// What a document of observed traffic does not have was not seen: that is no
// removal. So is what clients always send no requirement. The class of such
// differences is unseen.
//
// # Ownership
//
// Nothing is retained. The same documents give the same result.
//
// # Limits
//
//   - documents: those of package openapi (32 MiB, 2,000,000 values, 200 levels); references
//     outside a document are errors and are never fetched
//   - differences: 10,000; more are counted and left out, the breaking ones last
//
// # Terminology
//
// breaking: a client that kept to the base may fail on the revision. warning: it
// may, under conditions that a document does not tell. info: it does not. unseen:
// the base allows it and the observed revision does not show it.
package diff
