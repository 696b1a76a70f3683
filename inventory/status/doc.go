// Package status compares what was observed of services with what their
// declared documents say: one verdict for every endpoint and for every declared
// operation that was never seen.
//
//	for _, s := range status.Judge(status.Input{Services: svcs, Documents: docs, Coverage: cov}) {
//		for _, v := range s.Verdicts {
//			fmt.Println(v.Status, v.Method, v.Template, v.Why)
//		}
//	}
//
// # Verdicts
//
// The normal form is documented × observed × answer × coverage; the status is
// derived from it.
//   - shadow: the service has a declared document, the endpoint is not in it, and
//     some call to it succeeded. The method counts: a new method of a declared
//     path is a shadow endpoint, the declared methods of that path are not.
//   - undocumented: no declared document covers the service.
//   - zombie: it still answers with success although it is declared deprecated
//     (without a sunset date to come), removed from a later version of the
//     document, past its Sunset (RFC 8594), announced as deprecated in answers
//     (RFC 9745), or an old version whose successor takes most of the calls.
//   - orphan: declared, and never or long not called. Where the coverage is
//     degraded it is unknown: not seen is not unused.
//   - documented: declared and active; differences are listed as drift.
//
// # Which documents cover a service
//
// In this order: a document that names the service's host (and port, when it
// names one) in its servers; a document without a host whose file name contains
// the service's host; any document whose templates match at least half of the
// service's successful calls, or a tenth of them by three or more operations.
// The last rule also serves documents whose hosts are not in the traffic (a
// document says api.example.com, the traffic went to 10.0.0.5:8080).
//
// # Time
//
// "Now" is the packet time of the service's latest call; there is no other clock.
//
// # Ownership
//
// Judge reads its input and keeps nothing; the verdicts point to endpoints and
// operations of the input.
//
// # Limits
//
//   - maxDrift (100) differences an endpoint, the most serious ones.
//   - maxDriftDepth (12 levels) of a body are compared.
//
// # Specifications
//
// RFC 8594 (Sunset), RFC 9745 (Deprecation).
package status
