// Package inventory turns folded calls into the answers: which services and
// endpoints exist, their status against the declared documents, and findings.
// [Decide] joins catalog, status and risk. A [Service] keeps an inventory in a store and answers
// whoever asks:
//
//	s, err := inventory.Open(ctx, inventory.Config{Store: "sqlite:wirecensus.db"})
//	go s.Consume(ctx, ingest.Config{Kafka: …, Calls: "wirecensus.calls"})
//	st, err := s.State(ctx)
//
// Everything that is counted goes through the store, also what this process
// counts: its catalog is the merge of the store's log, which it follows. So
// services that share a store give the same answers, and one that starts has
// what the others have.
//
// # Ownership
//
// An [Inventory] is a snapshot: it shares nothing that later calls could change.
// A Service is safe for concurrent use; it owns its goroutines and the store.
//
// # Limits
//
//   - declared documents: 1,000 (maxSpecs), each within the limits of package openapi; names of
//     255 bytes. Overrides: 10,000 (maxOverrides). More are refused.
//   - kept documents: 32 for each service (maxVersions); of those between the first and the newest the one that held
//     shortest is dropped. One of more than 64 MiB in all its forms is not kept.
//   - decisions: after one that took t none begins for Config.Pace (4) times t.
//   - a part of the store that cannot be read is passed over, and Ready says so.
//   - reports of coverage: one for each worker and run of a sensor, for good.
package inventory
