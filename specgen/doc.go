// Package specgen writes the OpenAPI document of a service from what was
// observed of it: endpoint summaries in, a document with deterministic bytes out.
//
//	doc := specgen.Generate(svc, specgen.Options{})
//	os.Stdout.Write(doc.YAML())
//
// A document depends on the summaries alone: not on the order of observations,
// and not on time. More of the same traffic changes counts (x-wirecensus-calls,
// -last-seen) and nothing else. It holds no observed value but those of
// enumerations, which the sensor released ([catalog.Service].Words): names of fields and
// parameters and the literal parts of paths are observed; examples are made from
// type and format.
//
// # Ownership
//
// Generate reads the service and keeps nothing of it. A [Document] is immutable.
//
// # Limits
//
//   - maxDepth (24 levels): deeper parts of a schema are written as any value.
//
//   - maxName (200 bytes): longer names of properties and parameters are left out.
//
//   - enumerations: 2 to 8 values (maxPlain), 24 (maxConstant) where they are
//     written as constants; with more the place is a plain string.
//
//   - minRequired (5 observations): what was always there is required only from
//     that many on; for fields of bodies from up to mostRequired (25) on, the more
//     the more of the service's fields are there nearly always.
//
//   - maxSize (60,000 objects): a document beyond is written again with looser
//     components, in which objects of one name share a schema when three of four
//     properties agree.
//
//   - Results of the operations of GraphQL and JSON-RPC are left out where the document is beyond maxSize all the same.
//
//   - minAmbient (5 operations), maxAmbient (6 % of their calls): query parameters
//     that come up so widely and so rarely belong to no operation and are left out.
//
//   - maxSites (20,000 objects in bodies): the same is done at once.
//
//   - lengths and patterns of drawn identifiers: minFixed (40) strings, 20 for hexadecimal ones; bounds of counts: minCount (20)
//     numbers; lengths of tuples: minTuples (25) arrays. A pattern of prefixed identifiers is written where the sensor released it.
//
// # Extensions
//
// x-wirecensus-pagination says how a list is paged (style: page, offset, cursor or link; parameters; items, the property with the list),
// x-wirecensus-envelope how answers are wrapped (hal, json-api, odata, or the property that holds the content).
//
// Where OpenAPI has no word, an operation has x-wirecensus-protocol (grpc, grpc-web, graphql, json-rpc, soap, websocket,
// event-stream), x-wirecensus-outcomes (answers by what the protocol means), x-wirecensus-operations (kind, name, args and result as schemas,
// names of documents, outcomes) and x-wirecensus-messages (of a WebSocket, sent and received, by media type), and the content of a
// stream x-wirecensus-item-schema (itemSchema of OpenAPI 3.2).
//
// # Specifications
//
// OpenAPI 3.1.0 by default, 3.0.3 on request. Component names match
// ^[a-zA-Z0-9._-]+$ (OpenAPI 3.1.0, Section 4.8.7). Methods that OpenAPI has no
// field for (CONNECT, unknown ones) are left out.
package specgen
