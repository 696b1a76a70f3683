// Package rest serves the inventory over HTTP: the REST API below /api/v1, its
// own OpenAPI document, the page, metrics and health. What it serves comes from
// an [api.Backend]; it decides nothing.
//
//	s := rest.New(rest.Config{Backend: b, Version: "1.0"})
//	err := rest.Serve(ctx, listener, s)
//
// Every route is one row of a table from which requests are routed and checked
// and the OpenAPI document is made, so that what is documented is what happens.
//
// # Ownership
//
// A [Server] is safe for concurrent use and keeps nothing of a request. Only
// serve.go starts goroutines and reads the clock.
//
// # Limits
//
//   - requests at once: 256, and 2 declared documents being read; others wait up to the
//     client's patience and get 503 when it ends
//   - request target: 16 KiB (414); header section: 32 KiB (431), 1 MiB before it is read at all
//   - body: declared document 32 MiB, override 64 KiB (413)
//   - items of a page: 1,000; the rest has a cursor
//   - reading a request: 1 min, writing an answer: 2 min, an idle connection: 2 min, header section: 10 s
//   - draining on a signal: 10 s, then connections are closed
//
// # Specifications
//
// RFC 9110 (HTTP semantics: conditional requests, negotiation, HEAD), RFC 9457 (problem
// details, with the extension member hint), RFC 8288 (Link rel=next), RFC 9512 (application/yaml),
// RFC 6750 (Bearer), RFC 7617 (Basic: any user name, the token as password, for browsers).
// Names in a path are one segment, percent-encoded: a/b is a%2Fb, [::1]:80 is %5B::1%5D:80.
package rest
