package shed

// Bounds of the ladder.
const (
	Raise = 0.5  // pressure from which on more is left out
	Lower = 0.25 // pressure below which less is left out

	RaiseEvery = int64(100e6) // ns of packet time from Raise on before each level upwards
	CalmFor    = int64(5e9)   // ns of packet time below Lower before each level downwards

	// FirstCalls is the number of calls after which an endpoint is known.
	FirstCalls = 20
)

// Level is how much is left out, 0 (nothing) to MaxLevel.
type Level uint8

// The levels that have names; every one from Connections on halves the share of connections that are read.
const (
	None Level = iota
	Bodies
	Responses
	Connections
	MaxLevel Level = 7
)

// OneOf returns n where one connection of n is read: 1, 2, 4, … 32.
func (l Level) OneOf() uint32 {
	if l < Connections {
		return 1
	}
	return 1 << (min(l, MaxLevel) - Connections + 1)
}

// Keeps reports whether the connection with the given hash is read at this level. A
// connection that is read at one level is read at all lower ones.
func (l Level) Keeps(hash uint64) bool { return hash%uint64(l.OneOf()) == 0 }

// Ladder follows the pressure up and, more slowly, down.
type Ladder struct {
	level     Level
	pressed   int64 // packet time since which pressure was from Raise on, or of the last step upwards; valid iff isPressed
	calm      int64 // packet time since which pressure was below Lower, or of the last step downwards; valid iff isCalm
	isPressed bool
	isCalm    bool
}

// Level returns the level reached.
func (l *Ladder) Level() Level { return l.level }

// Step takes the pressure (0 idle, 1 full) at the packet time now, in ns, and
// reports whether the level changed. Times that go back count as no time.
func (l *Ladder) Step(pressure float64, now int64) bool {
	l.isPressed, l.isCalm = l.isPressed && pressure >= Raise, l.isCalm && pressure < Lower
	switch {
	case pressure >= Raise && !l.isPressed:
		l.isPressed, l.pressed = true, now
	case pressure >= Raise && l.level < MaxLevel && now-l.pressed >= RaiseEvery:
		l.level, l.pressed = l.level+1, now
		return true
	case pressure < Lower && !l.isCalm:
		l.isCalm, l.calm = true, now
	case pressure < Lower && l.level > None && now-l.calm >= CalmFor:
		l.level, l.calm = l.level-1, now
		return true
	}
	return false
}

// counters is the number of counters of a Known; a power of two.
const counters = 1 << 16

// Known counts the calls of endpoints while anything is left out.
type Known struct{ seen []uint8 }

// Level says which level is reached: at None all is forgotten.
func (k *Known) Level(l Level) {
	switch {
	case l == None:
		k.seen = nil
	case k.seen == nil:
		k.seen = make([]uint8, counters)
	}
}

// Full reports whether the endpoint had its first calls. It counts nothing.
func (k *Known) Full(key uint64) bool {
	return k.seen != nil && k.seen[key%counters] >= FirstCalls
}

// Seen counts a call of an endpoint and reports whether it had its first calls before.
func (k *Known) Seen(key uint64) bool {
	if k.seen == nil {
		return false
	}
	n := &k.seen[key%counters]
	if *n >= FirstCalls {
		return true
	}
	*n++
	return false
}

// Forget makes an endpoint unknown again.
func (k *Known) Forget(key uint64) {
	if k.seen != nil {
		k.seen[key%counters] = 0
	}
}

// Answered is the key of those calls of an endpoint that were answered with the class of status.
func Answered(key uint64, status int) uint64 {
	return (key + uint64(status/100) + 1) * 0x9e3779b97f4a7c15 >> 13
}

// Key is a hash of an endpoint: the server's address and port, the method and the
// path of a request target. What follows ? or # does not count; segments with a digit,
// a percent sign, or of more than 24 bytes count as equal.
func Key(server [16]byte, port uint16, method, target []byte) uint64 {
	h := uint64(14695981039346656037)
	add := func(b byte) { h = (h ^ uint64(b)) * 1099511628211 }
	for _, b := range server {
		add(b)
	}
	add(byte(port >> 8))
	add(byte(port))
	for _, b := range method {
		add(b)
	}
	add(' ')
	target = path(target)
	for len(target) > 0 {
		n := 1 // the slash
		value := false
		for n < len(target) && target[n] != '/' {
			value = value || target[n]-'0' < 10 || target[n] == '%'
			n++
		}
		if value || n > 25 {
			add('/')
			add('*')
		} else {
			for _, b := range target[:n] {
				add(b)
			}
		}
		target = target[n:]
	}
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	return h ^ h>>32
}

// path cuts a scheme and authority before, and query and fragment behind, a path.
func path(t []byte) []byte {
	for i, b := range t {
		if b == '?' || b == '#' {
			t = t[:i]
			break
		}
	}
	if len(t) > 0 && t[0] != '/' {
		for i := 0; i+2 < len(t); i++ {
			if t[i] == ':' && t[i+1] == '/' && t[i+2] == '/' {
				t = t[i+3:]
				for j, b := range t {
					if b == '/' {
						return t[j:]
					}
				}
				return nil
			}
		}
	}
	return t
}

// RequestLine returns method and target of the request line that b begins with. ok is
// false where b does not hold both whole.
func RequestLine(b []byte) (method, target []byte, ok bool) {
	for i, c := range b {
		switch {
		case c == ' ' && method == nil:
			method, b = b[:i], b[i+1:]
			for j, c := range b {
				if c == ' ' || c == '\r' || c == '\n' {
					return method, b[:j], i > 0 && j > 0
				}
			}
			return nil, nil, false
		case (c < 'A' || c > 'z') && c != '-':
			return nil, nil, false
		}
	}
	return nil, nil, false
}
