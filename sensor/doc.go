// Package sensor turns frames into calls: capture, decode, reassembly, HTTP,
// pairing and normal form, joined in [Run] (pipeline.go).
//
// # Ownership
//
// Run owns its goroutines and returns after the last of them. Each shard owns
// its connections outright; a call handed to a shard's sink belongs to the sink.
//
// # Limits
//
//   - Queue from capture to a shard: 8 batches of at most 512 segments or 256 KiB
//     of payload; a full queue makes file replay wait. A live source has its ring to wait in: once
//     half of that is full, batches are dropped, Coverage.Live.QueueDrops.
//   - Packets remembered to tell second copies: the latest 65,536, in buckets of 4,
//     for 2 s of packet time (50 ms where a copy and a retransmission look alike). Copies
//     found are dropped, Coverage.Duplicates; for later ones TCP sees to it.
//   - Undecided connections keep the first 4 KiB of both directions (64 KiB once
//     TLS was told); what is neither HTTP nor TLS by then is opaque and counted
//     in Coverage.Opaque.
//   - After an upgrade to WebSocket what is told of its messages is held for 1,024 of them,
//     60 s of packet time, or until the connection ends: a shape of at most 512 positions each way.
//     A direction that cannot be read to its end makes the connection count in Coverage.Opaque.
//   - Coverage names at most 4,096 services, 4,096 servers and 4,096 TLS hosts; the others are
//     counted together under "*". It lists at most 360 intervals of time.
//   - Under pressure content, responses and connections are left out as package shed says,
//     Coverage.Shed.
//
// The limits of the stages are documented with them.
package sensor
