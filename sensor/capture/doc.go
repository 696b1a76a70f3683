// Package capture turns capture files (pcap, pcapng, either of them in gzip or
// zstd, folders of them, standard input) and live traffic (a network interface,
// mirrored datagrams) into frames.
//
//	src, err := capture.OpenFiles([]string{"day1.pcap.zst", "rotated/"}, os.Stdin)
//	if err != nil { … } // *FormatError: not a capture; otherwise from the file system
//	defer src.Close()
//	var f capture.Frame
//	for {
//		if err := src.Next(&f); err == io.EOF { break } else if err != nil { … }
//		// use f.Data until the next Next
//	}
//	for _, n := range src.Notes() { … } // what was cut short, skipped or damaged
//
// # Ownership
//
// Frame.Data aliases the source's read buffer and is valid until the next call
// of Next or Close. Secrets and notes are copies: the caller may keep them. A source
// belongs to one goroutine, except that Position may be called from any.
//
// # Live
//
// [OpenLive] shares a ring with the kernel (TPACKET_V3), [OpenFanout] several, among which the kernel divides the
// frames by a program, [ListenUDP] receives what a mirror wraps into datagrams. They say ErrIdle with the time while nothing
// comes, count what the kernel dropped, and end after Stop with the last frame that had arrived. Frame.Data
// aliases the ring. VLAN tags that the kernel took out are put back. An interface that goes down, loses
// its carrier or is made anew under its name is attached again; the time without it is an
// [Outage]. Times are the kernel's, in nanoseconds, or, if that is asked for and there is one, those of the interface's
// clock. Nothing is ever sent on the interface.
//
// [Any] and several interfaces are listened to with one socket that is attached to all interfaces, and a filter
// that chooses: so are fanouts, whose members cannot change their interface. Each frame then has the link type of its interface;
// of a hardware type that is not known, the link header is left out.
//
// [OpenWatch] reads the captures that come into folders, each once.
//
// # Order
//
// Files are read one after the other, ordered by the packet time of their first
// frame, then by path, whatever order they were named in; standard input, pipes and
// other streams come last, in the order given. Within a file frames keep the order
// of the file. Inside a folder only regular files are read: symbolic links, FIFOs and
// devices are passed over, so no file is read twice and none can block. A link, a pipe or
// a device that is named itself is opened.
//
// # Damage
//
// A damaged or truncated file gives all frames up to the damage and one [Note];
// the files after it are not affected. A file that is not a capture is a
// [FormatError] when it was named, and a note when it was found in a folder.
//
// # Limits
//
//   - Read buffer: 1 MiB, one for each source, re-used for all of its files.
//   - Frame: 512 KiB ([MaxFrame]), enough for BIG TCP (RFC 2675 jumbograms made by offload).
//     A pcap record that claims more ends its file with a note (there is no way to find
//     the next record); a pcapng packet that claims more is passed over, Stats.BadBlocks.
//     Nothing is allocated on the word of a length field.
//   - Interfaces: 64 names. Rings of a fanout: 64.
//   - Watched files: 65,536 looked at, others wait; 65,536 remembered; 1,024 events between two calls of Events, 16 MiB of secrets.
//   - Ring: 64 MiB, 256 KiB to 2 GiB, in blocks of 128 KiB to 1 MiB. Frames that find it full are
//     dropped by the kernel, LiveStats.Drops. A block is handed over when it is full, or after 40 ms.
//   - Datagrams: 64 MiB of queue, or what net.core.rmem_max allows without CAP_NET_ADMIN. LiveStats.Drops.
//   - Draining after Stop: 1 s. What is still in the ring then is in LiveStats.Packets and nowhere else.
//   - Outages: 1024; further ones are counted, LiveStats.MoreOutages.
//   - pcapng interfaces: 4096 for each pcapng section; further ones are not known and their packets
//     are passed over, Stats.BadBlocks.
//   - Decryption secrets: 16 MiB for each source; the rest is dropped, Stats.SecretBytesDropped.
//   - Notes: 4096; further ones are counted, Stats.NotesDropped.
//   - zstd window: 128 MiB (zstd --long=27). A frame that asks for more ends its file with a note.
//   - Decompressed size: none is needed, data is streamed.
//
// # Specifications
//
// draft-ietf-opsawg-pcap (classic pcap, microseconds, nanoseconds, and the Kuznetzov
// variant), draft-ietf-opsawg-pcapng (SHB, IDB, EPB, SPB, OPB, DSB; all other blocks are passed
// over), RFC 1952 (gzip), RFC 8878 (zstd). Deviations, because a reader after the fact must take
// what it gets: snapshot length 0 means none; a frame longer than the snapshot length is kept; the
// trailing block length of pcapng is not compared with the leading one; times are
// saturated where they do not fit into an int64 of nanoseconds.
package capture
