// Package tls turns the first bytes of a connection into what a TLS ClientHello
// says in the clear, and, where there are secrets, the stream events of an
// encrypted connection into those of the bytes inside.
//
//	keys := tls.NewKeys(false, 0)
//	io.Copy(tls.NewLog(keys, tls.Always), keyLogFile)
//	pool := tls.NewPool(keys, tls.Limits{}) // one per shard
//	c := pool.Conn()                        // one per connection
//	plain = c.Append(plain[:0], event)      // for every Data, Gap and End
//	plain = c.Close(plain[:0])
//	c.Release()
//
// [Probe] tells whether a stream begins with TLS; [ParseHello] reads the hello
// once enough bytes are there.
//
// Loss is data here too: a record of which bytes are missing becomes a Gap. Behind a loss the
// next record is one that authenticates, so nothing is handed out that was not said: bytes that
// look like a header are tried with the sequence numbers that are possible. With authenticated
// ciphers the length of the Gap is then exact but for padding and records that are no application
// data; it is never too small.
//
// # Ownership
//
// A [Hello] owns its strings; the input is not retained. Plaintext events alias
// the Pool and are valid until its next call. A Pool and its connections belong to one
// goroutine; [Keys] may be shared. No value of this package shows a secret when it is
// printed or marshalled.
//
// # Limits
//
//   - A hello is given up when it is longer than [MaxHello] bytes (64 KiB); the
//     connection is then counted under an empty server name.
//   - Secrets: [DefaultSecrets], 524,288, in some 90 MiB; the oldest are dropped,
//     KeyStats.Evicted. Lines of a key log: 512 bytes, KeyStats.Malformed. Private keys: 64.
//   - What waits for secrets or for the other direction: Limits.Wait, 64 KiB of a
//     connection, Limits.WaitTime, 2 s of packet time, Limits.Buffered, 64 MiB of all.
//     Beyond it records are passed over, Stats.Overflow and Stats.Undecryptable, and
//     decryption begins with the next record once the secret is there.
//   - Records: 18 KiB each; a partial one is buffered, also within Limits.Buffered.
//   - After a loss 1,024 sequence numbers are tried for each record; a direction is
//     given up after 64 records in a row that fail.
//   - Handshake messages: 64 KiB each; longer ones are passed over. For the session
//     hash 256 KiB of a direction are kept, only where there are private keys.
//   - Sessions opened with a private key: Limits.Sessions, 65,536, found again only
//     between the same two hosts; the oldest are forgotten, Stats.Forgotten.
//   - Acknowledgements are translated by the last 256 record ends of the other
//     direction; older ones are unknown (AckOK is false).
//
// # Specifications
//
// RFC 8446 (TLS 1.3: key schedule, HelloRetryRequest, PSK, 0-RTT, KeyUpdate),
// RFC 5246, RFC 4346, RFC 2246 (TLS 1.2, 1.1, 1.0), RFC 7627 (extended master secret),
// RFC 7366 (encrypt-then-MAC), RFC 5288, RFC 6655, RFC 7905 (GCM, CCM, ChaCha20-Poly1305),
// RFC 5077 (tickets), RFC 3749 (compression), RFC 6066, Section 3 (server_name), RFC 7301
// (ALPN), RFC 9849 (encrypted ClientHello: its presence is reported, the outer name is not
// the service), RFC 9850 (key log files). Not read: SSL 3.0, export, Camellia, ARIA, SEED,
// IDEA and NULL suites, DTLS.
//
// Deviations that a passive observer needs: record versions are not compared with the version
// agreed, certificates are not verified, and the Finished messages are not checked: that a record
// authenticates is proof enough.
package tls
