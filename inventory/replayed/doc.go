// Package replayed answers from an inventory that is complete: what was read from
// captures and will not grow.
//
//	b := replayed.New(catalog, declared, coverage)
//	state, err := b.State(ctx)
//
// Declared documents can be added, replaced and deleted, and the verdicts follow.
// Nothing outlives the process. Overrides are refused: they are decisions that
// last, and need a store.
//
// # Ownership
//
// A [Backend] is safe for concurrent use. It takes the catalog over: nobody may
// fold calls in any more.
//
// # Limits
//
//   - declared documents: 256, together 64 MiB; more are refused with a hint
package replayed
