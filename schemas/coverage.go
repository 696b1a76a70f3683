package schemas

// Coverage says what a sensor saw and what it could not see over an interval of
// packet time. All counts add; merging two coverages of disjoint traffic is
// adding them.
type Coverage struct {
	// First and Last are the packet times of the first and last frame. Of a live
	// capture Last is the time up to which was listened.
	First Time `json:"first"`
	Last  Time `json:"last"` // see First

	Frames     uint64            `json:"frames"`     // of the capture
	Bytes      uint64            `json:"bytes"`      // on the wire
	Undecoded  map[string]uint64 `json:"undecoded"`  // frames that carried no TCP segment we could read, by reason
	Segments   uint64            `json:"segments"`   // of TCP
	Duplicates uint64            `json:"duplicates"` // frames dropped as second copies of a mirror

	Connections uint64            `json:"connections"`  // of TCP
	Midstream   uint64            `json:"midstream"`    // connections joined after their start
	OneSided    uint64            `json:"one_sided"`    // connections of which one direction was never seen
	StreamBytes uint64            `json:"stream_bytes"` // put in order
	GapBytes    uint64            `json:"gap_bytes"`    // lost before the sensor
	CutBytes    uint64            `json:"cut_bytes"`    // cut off by the snap length
	Gaps        uint64            `json:"gaps"`         // places where bytes were lost or cut off
	Conflicts   uint64            `json:"conflicts"`    // overlapping segments and IP fragments that disagreed
	Evicted     map[string]uint64 `json:"evicted"`      // state dropped at a limit, by cause

	Calls     uint64            `json:"calls"`            // made
	Half      uint64            `json:"half_calls"`       // requests whose response was not seen
	Orphans   uint64            `json:"orphan_responses"` // responses whose request was not seen
	Skipped   uint64            `json:"skipped_bytes"`    // stream bytes passed over to find the next message
	Anomalies map[string]uint64 `json:"anomalies"`        // oddities of messages, by id
	// Opaque are connections whose protocol is not read, by name: tls, ssh, http2, unknown, …
	Opaque map[string]uint64 `json:"opaque"`
	// TLS are the encrypted services seen, by server name; by address and port of the server where no name was seen;
	// under "ech:" and the outer name where the ClientHello was encrypted or pretended to be; under "*" those beyond the bound on names.
	TLS map[string]*TLSHost `json:"tls"`
	// QUIC counts the QUIC flows; nil when there were none.
	QUIC *QUICCoverage `json:"quic,omitempty"`
	// Services is the loss per service, keyed like catalog services.
	Services map[string]*ServiceCoverage `json:"services"`
	// Live is what a live capture lost before and behind the frames; nil for capture files.
	Live *LiveCoverage `json:"live,omitempty"`

	// Acks are the segments that acknowledged something new, AckGaps those gaps that an acknowledgement
	// proved: AckGaps of Acks is the loss in Zeek's measure.
	Acks    uint64 `json:"acks,omitempty"`
	AckGaps uint64 `json:"ack_gaps,omitempty"` // see Acks
	// Shed is what was left out because the sensor could not keep up: "bodies" (calls whose content was not read), "responses" (calls
	// of whose response only the status was read), "connections" (of which all or some calls were not read), "bytes" (of these calls).
	Shed map[string]uint64 `json:"shed,omitempty"`
	// Hosts is the loss by address and port of the server, under "*" of those beyond the bound on names.
	Hosts map[string]*HostCoverage `json:"hosts,omitempty"`
	// Intervals is the loss by packet time; nil when there was no traffic.
	Intervals *Intervals `json:"intervals,omitempty"`

	Decrypted         uint64 `json:"decrypted_connections,omitempty"` // TLS connections of which application data were decrypted
	DecryptedRecords  uint64 `json:"decrypted_records,omitempty"`     // TLS records opened
	DecryptedFailures uint64 `json:"undecryptable_records,omitempty"` // TLS records seen of connections with secrets that could not be opened
}

// LiveCoverage counts what became of the packets of a live capture:
// KernelPackets = Frames + KernelDrops + Waiting, and of Segments all but QueueDrops were used.
type LiveCoverage struct {
	KernelPackets uint64 `json:"kernel_packets"` // that passed the filter
	KernelDrops   uint64 `json:"kernel_drops"`   // of them, for want of space in the ring
	Waiting       uint64 `json:"waiting"`        // in the ring; at the end: given up, because draining took too long
	QueueDrops    uint64 `json:"queue_drops"`    // segments dropped because a worker was behind
	// Outages are the times when the interface was down or away, the first 1,024 of them.
	Outages     []Outage `json:"outages"`
	MoreOutages uint64   `json:"more_outages,omitempty"` // beyond those
}

// Outage is a time in which nothing could be seen. To is 0 while it lasts.
type Outage struct {
	From Time `json:"from"` // start
	To   Time `json:"to"`   // end
}

// TLSHost counts the undecrypted connections to one server name, over TCP and QUIC. Each map holds the 16
// entries of least hash, and counts the others together under "*".
type TLSHost struct {
	Connections uint64            `json:"connections"`    // to the name
	Bytes       uint64            `json:"bytes"`          // of both directions
	First       Time              `json:"first"`          // start of the first
	Last        Time              `json:"last"`           // of the last bytes
	ALPN        map[string]uint64 `json:"alpn,omitempty"` // connections by protocol offered

	Hellos       uint64            `json:"hellos,omitempty"`            // connections of which the ClientHello was read
	Midstream    uint64            `json:"midstream,omitempty"`         // connections joined after their handshake
	ECH          uint64            `json:"ech,omitempty"`               // connections with an encrypted ClientHello, or what looks like one
	QUIC         uint64            `json:"quic,omitempty"`              // connections over QUIC
	Selected     map[string]uint64 `json:"alpn_selected,omitempty"`     // connections by protocol chosen in the clear
	Versions     map[string]uint64 `json:"versions,omitempty"`          // connections by version negotiated
	Suites       map[string]uint64 `json:"cipher_suites,omitempty"`     // connections by cipher suite negotiated
	JA4          map[string]uint64 `json:"ja4,omitempty"`               // connections by fingerprint of the client's software
	Certificates map[string]uint64 `json:"certificate_names,omitempty"` // connections by name in the server's certificate
}

// QUICCoverage counts QUIC flows: UDP flows of which a client's Initial packet could be decrypted.
type QUICCoverage struct {
	Flows     uint64            `json:"flows"`                    // all of them
	Unread    uint64            `json:"unread"`                   // flows whose ClientHello could not be read to its end
	Datagrams uint64            `json:"datagrams"`                // of these flows
	Bytes     uint64            `json:"bytes"`                    // of the payload of these datagrams
	Bogus     uint64            `json:"bogus"`                    // Initial packets that belong to no flow and could not be decrypted
	Retries   uint64            `json:"retries,omitempty"`        // Retry packets in these flows
	Versions  map[string]uint64 `json:"versions,omitempty"`       // flows by version
	Others    map[string]uint64 `json:"other_versions,omitempty"` // datagrams with a long header of a version that is not read, by version
}

// ServiceCoverage is what is known of the loss on one service's connections.
type ServiceCoverage struct {
	Calls      uint64 `json:"calls"`      // to the service
	Half       uint64 `json:"half_calls"` // calls without a response
	Incomplete uint64 `json:"incomplete"` // calls with a gap, cut or unfinished message
	OneSided   uint64 `json:"one_sided"`  // calls of connections with one direction only

	StreamBytes uint64 `json:"stream_bytes,omitempty"` // of the connections that calls of the service were seen on
	GapBytes    uint64 `json:"gap_bytes,omitempty"`    // lost or cut off on them
	Gaps        uint64 `json:"gaps,omitempty"`         // places where bytes were
	Shed        uint64 `json:"shed,omitempty"`         // calls of which content or response were not read
}

// HostCoverage is what is known of the loss on the connections to one address and port.
type HostCoverage struct {
	Connections uint64 `json:"connections"`      // to the address
	OneSided    uint64 `json:"one_sided"`        // of which one direction was never seen
	StreamBytes uint64 `json:"stream_bytes"`     // put in order
	GapBytes    uint64 `json:"gap_bytes"`        // lost or cut off
	Gaps        uint64 `json:"gaps"`             // places where bytes were
	Opaque      uint64 `json:"opaque,omitempty"` // connections whose protocol is not read
	Shed        uint64 `json:"shed,omitempty"`   // connections left out because the sensor could not keep up
}

// Intervals is loss by packet time, in intervals of equal width that begin at
// multiples of it since the Unix epoch. Those without anything to tell are not listed.
type Intervals struct {
	// Width is 10 s, or the least multiple of that by a power of two that leaves at most 360 intervals; nanoseconds.
	Width int64      `json:"width_ns"`
	List  []Interval `json:"list"` // in order of From
}

// Interval is what was seen and lost in one interval of packet time. Loss counts where it is noticed, at most seconds later.
type Interval struct {
	From        Time   `json:"from"`                   // start
	Frames      uint64 `json:"frames"`                 // of the capture
	Undecoded   uint64 `json:"undecoded,omitempty"`    // of them, that carried no TCP segment we could read
	KernelDrops uint64 `json:"kernel_drops,omitempty"` // packets
	QueueDrops  uint64 `json:"queue_drops,omitempty"`  // segments
	StreamBytes uint64 `json:"stream_bytes"`           // put in order
	GapBytes    uint64 `json:"gap_bytes,omitempty"`    // lost or cut off
	Acks        uint64 `json:"acks,omitempty"`         // as in Coverage
	AckGaps     uint64 `json:"ack_gaps,omitempty"`     // as in Coverage
	Connections uint64 `json:"connections"`            // opened
	OneSided    uint64 `json:"one_sided,omitempty"`    // closed, with one direction never seen
	Calls       uint64 `json:"calls"`                  // made
	Shed        uint64 `json:"shed,omitempty"`         // calls and connections shed
}
