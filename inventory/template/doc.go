// Package template turns the tree of the paths that a service was asked for into
// path templates: which segments are literals, and which are values of a parameter.
//
//	top := template.Decide(root, nil)
//	// GET /users/alice, /users/bob, /users/alice/repos → /users/{}, /users/{}/repos
//
// [Decide] is a pure function of the tree; the order of children matters as
// little as the order of the calls that the tree was made from.
//
// # How it decides
//
// The nodes that stand for one place are looked at together. Their children by
// text are either literals, each with operations of its own, or values of one
// parameter, which share theirs. A hypothesis is a set of values; its score adds
// up, in log-odds, for each member: the lexical class and make of the segment,
// what stands before it, whether it came up as an identifier in bodies, below how
// many parents it recurs, how often it is called beside a usual operation, whether
// the operations below it are those of the other members (in a
// Dirichlet-multinomial model), whether its calls cover theirs as far as their
// number lets expect, and whether answers have the same names. The best of some
// hypotheses wins. The whole tree is decided three times: each pass sees below a
// segment what the one before made of it, how this service writes its literals,
// and which words are values elsewhere.
//
// # Ownership
//
// Decide writes scratch fields of the nodes, and its result refers to them. Two
// calls on one tree must not run at once.
//
// # Limits
//
//   - Operations are compared to 4 segments below a child, bodies to 2.
//   - 8 hypotheses are tried for each of at most 3 kinds of values of a place.
//
// # Specifications
//
// Names of parameters follow RFC 6570, Section 2.3.
package template
