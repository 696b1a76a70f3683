// Package catalog folds calls into a bounded, mergeable summary of what each
// service was asked for, and decides from it which endpoints the service has.
//
//	c := catalog.New(catalog.Config{})
//	for _, call := range calls {
//		c.Apply(call)
//	}
//	for _, s := range c.Services(catalog.Options{}) { … }
//
// [Catalog.Apply], [Catalog.Merge] and [Catalog.Import] only add: the content of a
// catalog is a function of the set of calls, not of their order or of how they were
// dealt out over catalogs, also where a bound was met. [Catalog.Export] writes the
// content in parts that merge. [Catalog.Services] decides, and changes nothing.
//
// # Ownership
//
// A Catalog is not safe for concurrent use; shards own one each and merge them.
// Apply keeps no reference to the call but to names within its shapes. Merge takes
// its argument over. What Services returns is a snapshot that shares nothing with
// the catalog.
//
// # Limits
//
//   - Services: [Config.MaxServices] with a success and four times as many
//     without, those of the least hash; the calls of others are counted in
//     [Catalog.Dropped].
//   - Segments: below each place of a service's tree of paths, the
//     [Config.Words] segments of each word-like class that look most like words
//     ([template.Plain]; the least hash among equals) and the [Config.Values] of
//     least hash of each class of identifiers keep their text; the others are
//     merged into one place for their class. When the distinct beginnings of a
//     service's paths exceed [Config.MaxPaths], as sketches of hashes by Config.Seed
//     estimate, fewer segments keep their text, then only words that look like words, at
//     last of the vocabulary, and then paths are told apart only up to where their
//     segments cost too much (an identifier 2, a word of the vocabulary 1, any other 3): what is
//     beyond is one place for each beginning. Identifiers are given up sooner, from a 48th of MaxPaths on.
//   - Places: ten times MaxPaths for each service. Only paths that were made to
//     deceive the estimates, by someone who knows the seed, reach it; then places
//     that stand for many take the calls, counted in [Catalog.Overflow], and the order shows.
//   - Depth: segments beyond the 24th of a path are read as one.
//   - Names of fields in bodies that had the segment of a place as their value: 16 of at
//     most 40 bytes, the least; for what is beyond, parameters are named without them.
//   - At each place the least by name stay: 16 methods, 32 statuses, 16 media types
//     of one content, 256 parameters, fields, cookies, parts, kinds of credentials and sensitive
//     places each, 32 agents, styles, algorithms, reasons and versions asked for. Each place counts what found no room.
//   - Shapes: 4,096 positions of a content that was accepted or of a success, 512
//     of another answer, 8 of a parameter, see [wirecensus/schemas/shape.Acc].
//   - Callers: the 32 clients of least hash at each place.
//   - Words: the 65,536 released ones of least digest, 128 bytes each.
//   - Sets: exact to 64 members, then estimated to about 3 %.
//   - Parts: 256 MiB of content; a longer one is corrupt.
//
// # Terminology
//
// A place is a node of the tree of paths. A rest is a place that stands for the
// segments of one class whose text was not kept.
package catalog
