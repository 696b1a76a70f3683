// Package export writes a decided inventory as the files of replay: endpoints.json,
// findings.json, coverage.json, report.html and one OpenAPI document per service.
//
// # Ownership
//
// Nothing is retained. Files are written whole and replace those of an earlier
// run; the same inventory gives the same bytes.
//
// # Limits
//
// File names come from service names, which come from the traffic: letters,
// digits, dot and hyphen stay, everything else is replaced and a digest
// is appended, and no name is longer than 128 bytes, so a name can neither leave the folder nor collide.
package export
