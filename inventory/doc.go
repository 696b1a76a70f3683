// Package inventory turns folded calls into the answers: which services and
// endpoints exist, their status against the declared documents, and findings.
// [Decide] joins catalog, status and risk.
//
// # Ownership
//
// An [Inventory] is a snapshot: it shares nothing that later calls could change.
package inventory
