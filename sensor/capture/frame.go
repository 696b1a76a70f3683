package capture

// LinkType is a link-layer header type, as in pcap's LINKTYPE_ registry.
type LinkType uint32

// Frame is one captured frame.
type Frame struct {
	Data    []byte // what the capture kept; valid until the next call of Next
	Time    int64  // packet time, nanoseconds since the Unix epoch
	WireLen int    // bytes on the wire, ≥ len(Data)
	Link    LinkType
}
