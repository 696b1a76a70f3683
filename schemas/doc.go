// Package schemas holds the contracts that cross a process: [Call] from sensor
// to inventory, [Coverage] beside it, [Finding] out of the inventory.
//
// # Ownership
//
// A Call owns everything it points to; a receiver may keep it. Shapes are
// treated as immutable once they are in a Call.
package schemas
