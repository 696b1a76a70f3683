// Package tls turns the first bytes of a connection into what a TLS ClientHello
// says in the clear: server name, application protocols, version.
//
// [Probe] tells whether a stream begins with TLS; [ParseHello] reads the hello
// once enough bytes are there. Nothing is decrypted here.
//
// # Ownership
//
// A [Hello] owns its strings; the input is not retained.
//
// # Limits
//
// A hello is given up when it is longer than [MaxHello] bytes (64 KiB); the
// connection is then counted under an empty server name.
//
// # Specifications
//
// RFC 8446, Section 4.1.2 (ClientHello) and 5.1 (record layer), RFC 6066,
// Section 3 (server_name), RFC 7301 (ALPN), RFC 9849 (encrypted ClientHello:
// its presence is reported, the outer name is not the service).
package tls
