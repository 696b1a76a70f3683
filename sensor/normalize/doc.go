// Package normalize turns an exchange into a call: names, shapes, schemes,
// classes and keyed digests in place of values.
//
//	n := normalize.New(normalize.Config{Key: key})
//	call := n.Call(ex)
//
// # Redaction
//
// Values never enter a [schemas.Call]: its fields can hold names, shapes,
// classes, digests and the concrete path. Names and path segments are data too:
// one that is a sensitive value, judged by itself or by the segment before it,
// is written {class}.
//
// # Choices
//
//   - The service is the host that was asked for with the port named there, or the scheme's default when it names none; without
//     a credible host it is the server's own address and port.
//   - Parameters keep their brackets: a[] (style brackets), a[b] (style deep); fields of forms become nested objects instead.
//   - A session cookie or API key is a credential, listed in Auth, not a sensitive finding; in a query it is both.
//   - Content that was cut has no shape, but what there is of it is searched for sensitive classes; of lines of JSON
//     the whole lines have a shape beside the reason in Unread.
//   - What HTTP carries (GraphQL, JSON-RPC, SOAP, event streams) is told by the structure of content; see docs/protocols.md. The
//     operations say what was asked for in place of content, never instead of it: Content.Shape is what it would be without them.
//   - Messages after an upgrade are heard one by one (Talk), so that no content need be kept for them.
//   - Lengths of strings of a sensitive class are rounded out to powers of two.
//   - Remote procedure calls (gRPC, gRPC-Web, Connect) have one operation, named by the path; descriptors that server reflection shows
//     serve the connection that showed them alone, so that calls do not depend on which connections share a Normalizer. See docs/grpc.md.
//
// # Ownership
//
// The result of Call belongs to the caller and holds no reference to the
// exchange. A Normalizer belongs to one goroutine and keeps in memory, bounded,
// what saves work from call to call: names, hosts, tokens with their digests.
// Calls are allocated together: one that is kept for long keeps the memory of up
// to 64 calls made around it, never more. With Config.Lend a call is valid until
// the Normalizer is used again, and its memory is that of the next one: who keeps
// a call clones it.
//
// # Limits
//
//   - content looked at: 1 MiB after decoding (Config.MaxBody), at most 2,048 bytes out per byte in above 64 KiB, two content codings; beyond: Unread.
//   - bombs (content that unfolds into more than is looked at, 256 bytes out per byte in and more): behind 3 of a connection no coding is undone there; Unread.
//     4,096 connections with bombs are remembered until Forget.
//   - path 2,048 bytes: cut, flag truncated. Host 253 bytes: longer is not believed, the server's address stands for it.
//   - query, form and cookie names and fields: 256 of each; field names 64 bytes; further ones are dropped.
//   - credentials 16, identifiers 64, sensitive places 64 per call, parts 128 per content: further ones are dropped.
//   - compressed messages of one content: Config.MaxBody bytes decoded together; beyond: Unread.
//   - descriptors learnt: 64 connections, 4 MiB together, each as protobuf.Learnt says; further ones are passed over. Forget drops them.
//   - memory of tokens 4 MiB, of credentials 4,096, of words 4,096, of addresses 4,096, of field names 1,024 each way: what has no room is computed anew.
//   - operations 64 per call, 64 arguments of each, 16 by position: further ones are dropped. Names 128 bytes: {long}.
//   - GraphQL documents 131,072 tokens, 256 operations, 256 fragments, 200 levels: with more they are none. 256 variables.
//   - content described again for arguments and results 4 MiB per call: beyond, those have no shape.
//   - XML 32,768 elements and texts, 64 levels: Unread; 64 attributes of an element: further ones are dropped; 4,096 names in memory.
//   - a Talk: 512 positions of the shape of each direction's messages, and what a call may carry.
//   - words that may be released: 16,384 of letters alone, 16,384 constants, 32,768 with hyphens or digits, of at most 64 bytes; of more, those of least digest stay (Vocabulary).
//   - values longer than 8 KiB are not judged but for private keys.
//
// # Terminology
//
// A hint is what a field's name says of its values. A verdict is a class with
// the way it was found: validated by its structure, or by the name alone.
//
// # Specifications
//
// RFC 9110 and RFC 9112 for fields, methods and targets, RFC 6265 for cookies,
// RFC 7578 and the URL Standard for forms, RFC 7617, RFC 6750, RFC 7519 and
// RFC 6749 for credentials, RFC 9745 and RFC 8594 for Deprecation and Sunset.
// GraphQL (September 2025) and GraphQL over HTTP, JSON-RPC 2.0 and 1.0, SOAP 1.1 and 1.2, XML 1.0 without
// document types, server-sent events of the HTML standard.
package normalize
