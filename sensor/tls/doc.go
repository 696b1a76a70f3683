// Package tls turns the first bytes of a connection into what its TLS handshake
// says in the clear: server name, application protocols, version, cipher suite,
// names of the server's certificate, and the JA4 fingerprint of the client.
//
// [Probe] tells whether a stream begins with TLS. [Watch] reads the handshake of a
// connection from both of its directions, in any pieces; [ParseHello] the ClientHello of a
// stream that is there as a whole, [ParseClientHello] and [ParseServerHello] those
// that QUIC carries. Nothing is decrypted by these.
//
// # Ownership
//
// A [Hello] and a [Handshake] own their strings; the input is not retained.
//
// # Limits
//
// A handshake message is given up when it is longer than [MaxHello] bytes (64 KiB):
// the connection is then counted under the address of its server. A [Watch] holds one
// message of each direction; Watch.Held says how much that is, and who has
// many of them bounds the sum. Of a ClientHello 16 protocols of at most 32 bytes are
// kept, of a certificate 16 names. Server names are letters, digits, hyphens,
// underscores and dots; others are none. A common name of a certificate that is not written like a
// host name is left out, for it may be a person's.
//
// # Specifications
//
// RFC 8446, Section 4.1.2 (ClientHello) and 5.1 (record layer), RFC 5246, Section 7.4
// (TLS 1.2), RFC 6066, Section 3 (server_name), RFC 7301 (ALPN), RFC 8701 (GREASE),
// RFC 5280 (certificates), RFC 9849 (encrypted ClientHello: its presence is
// reported, the outer name is not the service). JA4: FoxIO's technical details of the TLS client
// fingerprint, which is under a BSD licence; none of the others of its family are made.
// A passive observer reads more than a server would accept: lists that lie
// about their length end there, and only such a hello has no fingerprint.
package tls
