package publish

import "wirecensus/schemas"

// Sink receives finished calls.
type Sink interface {
	// Send takes one call, which it must not keep where calls are lent. It does not fail: what a sink cannot take it counts
	// and reports when it is closed.
	Send(*schemas.Call)
}

// Func makes a Sink of a function.
type Func func(*schemas.Call)

// Send calls f.
func (f Func) Send(c *schemas.Call) { f(c) }

// Tee sends every call to all of its sinks, in order. The sinks share the call
// and must not change it.
type Tee []Sink

// Send sends c to every sink.
func (t Tee) Send(c *schemas.Call) {
	for _, s := range t {
		s.Send(c)
	}
}
