// Package merge makes one OpenAPI document of several.
//
//	text, err := merge.Documents([]merge.Source{{"a.example", a}, {"b.example", b}}, false)
//
// Every operation says on which servers it is. Components, operationIds and tags
// carry the name of their source in front, so that none collides. A path that
// several sources have is one path where their methods differ; where they do not,
// the later one has #SOURCE behind it, which readers show and clients do not send.
//
// # Ownership
//
// Nothing is retained. The same documents in the same order give the same bytes.
//
// # Limits
//
//   - documents: those of package openapi (32 MiB, 200 levels) each; all must be of one
//     version of OpenAPI
package merge
