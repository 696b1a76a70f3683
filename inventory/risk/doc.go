// Package risk turns the decided inventory into findings: summaries, statuses
// and coverage in, a sorted list of things that somebody should look at out.
//
//	findings := risk.Findings(services, endpoints, &coverage)
//
// One rule is one file and one row of the table in table.go. A rule is a pure
// function of one endpoint, or of one service for rules about hosts and actors;
// a finding says with counts what it follows from and never quotes a value.
//
// # Ownership
//
// Findings only reads its arguments and keeps nothing; it is safe for
// concurrent use on inputs that nobody changes.
//
// # Limits
//
//   - callers named in the evidence of one finding: 5, the rest is counted
//   - findings about probing: 100 per service, busiest clients first; one more
//     finding counts the clients beyond
//
// # Confidence
//
// A finding's confidence starts at the rule's own and shrinks with the share
// of the service's calls that were half seen or incomplete. Below 0.6 the
// severity is at most medium.
package risk
