// Package shape turns a JSON-like body into its structural type: kinds, formats,
// bounds and presence, never values.
//
//	s := shape.NewScanner(nil)
//	n := s.Scan([]byte(`{"id":7,"tags":["a"]}`))
//	// n.Prop("id").Node.Kinds[shape.Integer] == 1
//
// A [Scanner] reads a body once, without copying it. [Merge] joins shapes and
// [Acc] does the same in place.
//
// # Ownership
//
// A [Node] that was handed on is immutable; Merge returns new nodes and shares
// unchanged parts, and a Scanner hands out the same leaf for equal leaves and
// allocates what up to 128 scans give together: keeping one Node for long keeps
// their memory, Clone does not. After Scanner.Lend shapes are valid until
// Scanner.Reclaim only; it keeps room for 4,096 parts of each kind. A
// Scanner or Acc is owned by one goroutine. A Scanner keeps no reference to a
// body; [Visitor] arguments alias it and are valid during the call.
//
// # Limits
//
//   - [MaxDepth] 32 nested containers: deeper ones are checked, not described; their node is flagged Truncated.
//     As in encoding/json, a text nested more than 10,000 deep is not valid.
//   - [MaxProps] 256 properties per object: the least names stay, the others are merged into Extra.
//   - [MaxNodes] 4,096 nodes per scan: what has no room is checked, not described; its parent is flagged Truncated.
//   - [MaxTokens] 32 distinct words (of at most 32 bytes, constants 64) per position: with more there are none, and TokensFull.
//   - [MaxMerged] 8,192 nodes of a merged shape: it is cut at a depth, the cut nodes flagged Truncated.
//   - [MaxTuple] 8 elements of an array are told apart by place, [MaxCases] 16 values of one property and
//     [MaxCaseProps] 64 properties where objects are told apart by what they say that they are.
//   - Property names: 128 bytes; longer ones become {long}. Names in a Scanner's memory: 8,192, then it forgets them between bodies.
//   - Trees of contexts (Scanner.Expect): 2,048 of at most 512 nodes, 16,384 nodes together, then all are forgotten: they change speed only.
//   - Strings longer than 4,096 bytes have no format.
//
// # Names that are data
//
// Objects may be maps keyed by data. A key that has the format of an id, a
// number, a date, an address or a token becomes a placeholder property shared by
// all such keys: {uuid}, {int}, {decimal}, {hex}, {ulid}, {date}, {date-time}, {time}, {duration}, {email}, {phone}, {ip}, {cidr},
// {mac}, {jwt}, {uri}, {token}, {long}. Where all keys are known to be data (Scanner.Entry) the others are {string}. A [Visitor] may rename further keys. Seen of a
// placeholder still counts objects.
//
// # JSON form
//
// A node is an object with these members, each left out when empty, in this
// order: a count by kind (null, bool, integer, number, string, object, array);
// for strings "len" [min,max], "formats" counts by format without the plain
// ones, "tokens" as 16 hex digits, "words" true unless TokensFull, "class"; for
// numbers "negative", "zero", "bits", "decimals", "number_class"; for arrays
// "lens" [min,max], "tuple" and "items"; for objects "props", by name, in which a node
// has "seen" first when it differs from its count of values, and "cases"; "extra"; "truncated".
// An entry of "tuple" is the set of the kinds of the elements at one place, in the order of the kinds 1, 2, 4, ….
// An entry of "cases" has the name "by" and the "token" that it says, the number of "objects", and
// as hexadecimal sets of properties in their order those that "some" had and that some did "lack".
//
// # Cases
//
// Properties by whose values objects are told apart are those called type, kind, object, event, action, class,
// category, method, op, @type, $type, _type, __typename, @odata.type, or resource, object, entity and event type in
// one word, as long as each object has it and it is a word of which there are few. Only a text shows which of several
// objects had what: objects built by Scanner.Object and their like have no cases, and what has none has none when merged.
//
// # Specifications
//
// RFC 8259 as encoding/json reads it: exactly the texts that [encoding/json.Valid]
// accepts, hence duplicate names and strings that are not UTF-8 too: a passive
// observer describes what was sent. RFC 3339, Section 5.6, for dates and times.
package shape
