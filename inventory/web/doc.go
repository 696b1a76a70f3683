// Package web turns the inventory's answers into pages. Report makes one page
// that holds everything: it needs no server, no network and no other file.
//
//	err := web.Report(w, &result, web.Meta{Version: "1.0"})
//
// The page works without script; its one script, which filters the list of
// endpoints, is inline and named by digest in the page's content security
// policy, which allows nothing else: no other script, no style from elsewhere,
// no image, no frame, no form, no connection.
//
// # Ownership
//
// Report keeps nothing. It buffers the page, so that a page is written whole or
// not at all. The same arguments give the same bytes.
//
// # Limits
//
//   - endpoints listed: 5,000; findings: 1,000; places that are no endpoints: 200 per
//     service; callers, evidence and drift of one entry: 20; encrypted names: 100. What is left
//     out is counted on the page, with the file that has it all
//
// # Specifications
//
// Content Security Policy Level 3 (hash sources); HTML escaping by context is
// html/template's. Observed text is shown through api.VisibleLines as well,
// because escaping leaves control and direction-turning characters alone.
package web
