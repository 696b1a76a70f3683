// Package openapi reads declared API documents (OpenAPI 3.1 and 3.0, Swagger 2,
// in YAML or JSON) into the operations, parameters and schemas that observed
// traffic can be compared with.
//
//	doc, err := openapi.Load("petstore.yaml")
//	op := doc.Match("GET", "/api/v3/pet/17") // GET /api/v3/pet/{petId}
//
// Postman collections (2.x) and HAR files (1.2) are read as descriptions by
// example ([Document.ByExample]): they say which operations there are. {{variables}}
// of a collection have the values that it gives them. Of a HAR file those requests
// count that succeeded and did not load parts of a page, and segments that are
// identifiers by their form become parameters. Of requests to several servers those
// to the one with most of them count.
//
// # Ownership
//
// A [Document] is immutable after it was loaded and safe for concurrent use.
// Schemas may be recursive: an operation's schema graph can have cycles.
//
// # Limits
//
// Documents are input from people, and possibly from strangers.
//   - MaxBytes (32 MiB) a file: more is an error that names the file.
//   - MaxNodes (2,000,000 values, YAML aliases expanded): more is an error, so an
//     alias bomb ends early.
//   - MaxDepth (200 levels): deeper is an error.
//   - MaxFiles (256) files reached through references: more is an error.
//   - maxBases (32) base paths a document: further combinations of server
//     variables are left out.
//
// References to other files are followed only from a document that was loaded
// from disk, and only to files in its folder or below; never over the network.
//
// # Specifications
//
// OpenAPI 3.1.0 and 3.0.3, Swagger 2.0 (converted to 3.0). Documents are not
// validated beyond what reading needs: real documents often break a rule that
// does not matter for traffic. Patterns are not compiled: they are ECMA regular
// expressions, and some of them are not RE2.
//
// Paths match as the document writes them: case counts, and /a and /a/ are two
// paths. A literal segment is preferred to a parameter (OpenAPI 3.1.0, Section 4.8.8.2).
package openapi
