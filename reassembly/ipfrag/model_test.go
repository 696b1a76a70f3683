package ipfrag

// model is the stupid reassembler of one IPv4 datagram: one map entry for each byte, first wins.
type model struct {
	bytes map[int]byte // -1 is not used; cut bytes are in cut
	cut   map[int]bool
	end   int // of the datagram, -1 unknown
	high  int // highest end of a fragment with more to come
	tiny  int
	dead  bool
}

func newModel() *model {
	return &model{bytes: map[int]byte{}, cut: map[int]bool{}, end: -1}
}

func (m *model) has(i int) bool {
	_, ok := m.bytes[i]
	return ok || m.cut[i]
}

// overlaps reports whether f shares a byte with what is there.
func (m *model) overlaps(f *Fragment) bool {
	for i := range f.Len {
		if m.has(f.Offset + i) {
			return true
		}
	}
	return false
}

// impossible reports whether f contradicts the length of the datagram.
func (m *model) impossible(f *Fragment) bool {
	end := f.Offset + f.Len
	switch {
	case m.end >= 0 && f.More:
		return end >= m.end
	case m.end >= 0:
		return end != m.end
	}
	return !f.More && m.high >= end
}

// add takes a fragment that is well formed and no exact duplicate.
func (m *model) add(f *Fragment) (payload []byte, length int, complete bool) {
	if m.dead || m.impossible(f) {
		return nil, 0, false
	}
	if f.More && f.Len < tinyLen {
		if m.tiny++; m.tiny > maxTiny {
			m.dead = true
			return nil, 0, false
		}
	}
	for i := range f.Len {
		at := f.Offset + i
		switch {
		case m.has(at):
		case i < len(f.Payload):
			m.bytes[at] = f.Payload[i]
		default:
			m.cut[at] = true
		}
	}
	if f.More {
		m.high = max(m.high, f.Offset+f.Len)
	} else {
		m.end = f.Offset + f.Len
	}
	return m.result()
}

func (m *model) result() (payload []byte, length int, complete bool) {
	if m.end < 0 {
		return nil, 0, false
	}
	for i := range m.end {
		if !m.has(i) {
			return nil, 0, false
		}
	}
	for i := range m.end {
		c, ok := m.bytes[i]
		if !ok {
			break
		}
		payload = append(payload, c)
	}
	return payload, m.end, true
}
