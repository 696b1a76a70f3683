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

// MaxFrame is the longest frame that is read, in bytes.
const MaxFrame = 512 << 10

// Source is a sequence of frames.
type Source interface {
	// Next fills f with the next frame. It returns io.EOF at the end and leaves f
	// undefined on any error.
	Next(f *Frame) error
	// Position returns how many bytes of the input have been read and how many there
	// are, both as stored (compressed); total is 0 when it is not known.
	Position() (read, total int64)
	// Close releases the input. Frames become invalid.
	Close() error
}
