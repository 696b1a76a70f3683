// Package catalog folds calls into a bounded, mergeable summary of what each
// service was asked for, and decides from it which endpoints the service has.
//
//	c := catalog.New(catalog.Config{})
//	for _, call := range calls {
//		c.Apply(call)
//	}
//	for _, s := range c.Services(catalog.Options{}) { … }
//
// [Catalog.Apply] and [Catalog.Merge] only add: the content of a catalog is a
// function of the set of calls, not of their order or of how they were dealt out
// over catalogs. [Catalog.Services] decides, and changes nothing.
//
// # Ownership
//
// A Catalog is not safe for concurrent use; shards own one each and merge them.
// Apply keeps no reference to the call. Merge takes its argument over. What
// Services returns is a snapshot that shares nothing with the catalog.
//
// # Limits
//
//   - Services: [Config.MaxServices] with a success and four times as many
//     without, those of the least hash; the calls of others are counted in
//     [Catalog.Dropped].
//   - Segments: below each place of a service's tree of paths, the
//     [Config.Words] segments of least hash of each word-like class and the
//     [Config.Values] of each class of identifiers keep their text; the others
//     are merged into one place for their class. When the distinct paths of a
//     service exceed [Config.MaxPaths] the numbers shrink by halves, those of
//     identifiers from a 32nd of it on.
//   - Places: at most ten times MaxPaths for each service; what would need more
//     goes to places that stand for many, counted in [Catalog.Overflow], and
//     only then can the order of the calls show.
//   - Depth: segments beyond the 24th of a path are read as one.
//   - Names (parameters, fields, cookies, media types, credentials, sensitive
//     places): the 256 least by hash of each kind at each place, others counted in none.
//   - Callers: the 48 clients of least hash at each place.
//   - Words: the 65,536 released ones of least digest.
//   - Sets: exact to 64 members, then estimated to about 3 %.
//
// # Terminology
//
// A place is a node of the tree of paths. A rest is a place that stands for the
// segments of one class whose text was not kept.
package catalog
