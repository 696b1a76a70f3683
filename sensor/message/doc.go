// Package message holds what the HTTP parsers turn stream bytes into: message
// events (head, content, gap, trailer, end) and the named anomalies.
//
// # Ownership
//
// All slices of an [Event] alias the parser's input or buffers and are valid
// until that parser is called again. Events are values; nothing here is safe
// for concurrent use, nothing needs to be.
//
// # Terminology
//
// Words follow RFC 9110, Section 6: message, content, field, trailer, interim
// response. A gap is content that was never captured.
package message
