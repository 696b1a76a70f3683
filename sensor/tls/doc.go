// Package tls turns the first bytes of a connection into what its TLS handshake
// says in the clear (server name, application protocols, version, cipher suite,
// names of the server's certificate, the JA4 fingerprint of the client), and, where
// there are secrets, the stream events of an encrypted connection into those of the
// bytes inside.
//
//	keys := tls.NewKeys(false, 0)
//	io.Copy(tls.NewLog(keys, tls.Always), keyLogFile)
//	pool := tls.NewPool(keys, tls.Limits{}) // one per shard
//	c := pool.Conn()                        // one per connection
//	plain = c.Append(plain[:0], event)      // for every Data, Gap and End
//	plain = c.Close(plain[:0])
//	c.Release()
//
// [Probe] tells whether a stream begins with TLS. [Watch] reads the handshake of a
// connection from both of its directions, in any pieces; [ParseHello] the ClientHello of a
// stream that is there as a whole, [ParseClientHello] and [ParseServerHello] those
// that QUIC carries. Nothing is decrypted by these.
//
// Loss is data here too: a record of which bytes are missing becomes a Gap. Behind a loss the
// next record is one that authenticates, so nothing is handed out that was not said: bytes that
// look like a header are tried with the sequence numbers that are possible. With authenticated
// ciphers the length of the Gap is then exact but for padding and records that are no application
// data; it is never too small.
//
// # Ownership
//
// A [Hello] and a [Handshake] own their strings; the input is not retained. Plaintext events
// alias the Pool and are valid until its next call. A Pool and its connections belong to one
// goroutine; [Keys] may be shared. No value of this package shows a secret when it is
// printed or marshalled.
//
// # Limits
//
//   - A handshake message is given up when it is longer than [MaxHello] bytes (64 KiB):
//     the connection is then counted under the address of its server. A [Watch] holds one
//     message of each direction; Watch.Held says how much that is, and who has many of them
//     bounds the sum. Of a ClientHello 16 protocols of at most 32 bytes are kept, of a
//     certificate 16 names. Server names are letters, digits, hyphens, underscores and
//     dots; others are none. A common name of a certificate that is not written like a host
//     name is left out, for it may be a person's.
//   - Secrets: [DefaultSecrets], 524,288, in some 90 MiB; the oldest are dropped,
//     KeyStats.Evicted. Lines of a key log: 512 bytes, KeyStats.Malformed. Private keys: 64.
//   - What waits for secrets or for the other direction: Limits.Wait, 64 KiB of a
//     connection, Limits.WaitTime, 2 s of packet time, Limits.Buffered, 64 MiB of all.
//     Beyond it records are passed over, Stats.Overflow and Stats.Undecryptable, and
//     decryption begins with the next record once the secret is there.
//   - Records: 18 KiB each; a partial one is buffered, also within Limits.Buffered.
//   - After a loss 1,024 sequence numbers are tried for each record; a direction is
//     given up after 64 records in a row that fail.
//   - Handshake messages to decrypt by: 64 KiB each; longer ones are passed over. For the
//     session hash 256 KiB of a direction are kept, only where there are private keys.
//   - Sessions opened with a private key: Limits.Sessions, 65,536, found again only
//     between the same two hosts; the oldest are forgotten, Stats.Forgotten.
//   - Acknowledgements are translated by the last 256 record ends of the other
//     direction; older ones are unknown (AckOK is false).
//
// # Specifications
//
// RFC 8446 (TLS 1.3: ClientHello, record layer, key schedule, HelloRetryRequest, PSK, 0-RTT,
// KeyUpdate), RFC 5246, RFC 4346, RFC 2246 (TLS 1.2, 1.1, 1.0), RFC 7627 (extended master
// secret), RFC 7366 (encrypt-then-MAC), RFC 5288, RFC 6655, RFC 7905 (GCM, CCM,
// ChaCha20-Poly1305), RFC 5077 (tickets), RFC 3749 (compression), RFC 6066, Section 3
// (server_name), RFC 7301 (ALPN), RFC 8701 (GREASE), RFC 5280 (certificates), RFC 9849
// (encrypted ClientHello: its presence is reported, the outer name is not the service), RFC
// 9850 (key log files). JA4: FoxIO's technical details of the TLS client fingerprint, which is
// under a BSD licence; none of the others of its family are made. Not read: SSL 3.0, export,
// Camellia, ARIA, SEED, IDEA and NULL suites, DTLS.
//
// A passive observer reads more than a server would accept: lists that lie about their
// length end there, and only such a hello has no fingerprint. Record versions are not
// compared with the version agreed, certificates are not verified, and the Finished messages
// are not checked: that a record authenticates is proof enough.
package tls
