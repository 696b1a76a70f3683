// Package exchange turns the message events of one connection into exchanges:
// a request, its final response, the statuses of the interim ones.
//
//	pool := exchange.NewPool(exchange.Limits{})
//	pair := pool.Pairer(conn)
//	for _, ex := range pair.Append(exs[:0], events) {
//		use(ex)
//		pool.Release(ex)
//	}
//	... pair.Close(exs[:0]) when the connection is over
//
// Which request a response answers is said by [message.Event].Stream: the
// parser of HTTP/1 finds it from TCP numbers (it needs the method to read the
// response at all), that of HTTP/2 has stream ids. A request waits for its
// response until it comes, until the parser abandons it, or until Close.
//
// # Ownership
//
// An exchange owns its bytes: they are copied once, in Message.setHead and
// Message.addContent. It belongs to the caller until Pool.Release takes it and
// its buffers back; releasing it is optional, using it afterwards is not
// allowed. A Pool and its Pairers must not be used concurrently.
//
// # Limits
//
//   - Limits.Pending, 100 exchanges per connection: the oldest is handed out
//     without its response (Stats.Evicted), which becomes an orphan if it comes.
//   - Limits.Streams, 4,096 exchanges, and Limits.Held, 5 MiB of heads and content,
//     per connection whose streams interleave (Pool.Streams): the same. There a
//     response waits for its request, for each direction is read at its own pace.
//   - Limits.Body, 1 MiB of content per message: Message.Truncated
//     (Stats.Truncated); Size goes on counting.
//   - Limits.Opaque, 4 KiB, the same for content types that nobody reads:
//     images, audio, video, fonts, archives, octet streams.
//   - 16 interim statuses per exchange; further ones are not kept.
//   - Buffers kept for reuse: 16 MiB of content buffers, 1,024 messages.
//     Content buffers grow with the content, never with what a message declares.
package exchange
