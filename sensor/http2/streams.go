package http2

// Bits of stream.state. The first four go by direction: shift by 4 for the response.
const (
	headSeen  uint16 = 1 << iota // the head of the message was read
	ended                        // END_STREAM, or a reset
	gapped                       // content is missing
	_                            //
	respHead                     // headSeen of the response
	respEnded                    // ended of the response
	_                            //
	_                            //
	isConnect                    // the method is CONNECT
	tunnels                      // the response accepted it
)

// stream is what is remembered of one stream.
type stream struct {
	id    uint32
	state uint16
	// want is what Content-Length says, -1 unknown; got the content bytes so far. By message: request, response.
	want, got [2]int64
}

// streams is a hash table of streams by id with linear probing. Id 0 marks a free place.
type streams struct {
	places []stream // a power of two, at most three quarters full
	n      int
	seed   uint32 // of the connection, so that nobody can choose ids that collide
}

const firstStreams = 8

func (t *streams) hash(id uint32) uint32 {
	h := (id ^ t.seed) * 0x9E3779B1
	h = (h ^ h>>16) * 0x85EBCA77
	return h ^ h>>13
}

// find returns the stream, nil when it is not there. Valid until the next add or remove.
func (t *streams) find(id uint32) *stream {
	if t.n == 0 {
		return nil
	}
	mask := uint32(len(t.places) - 1)
	for i := t.hash(id) & mask; ; i = (i + 1) & mask {
		if p := &t.places[i]; p.id == id {
			return p
		} else if p.id == 0 {
			return nil
		}
	}
}

// add adds a stream that is not there.
func (t *streams) add(id uint32) *stream {
	if 4*(t.n+1) > 3*len(t.places) {
		t.grow()
	}
	t.n++
	p := t.free(id)
	*p = stream{id: id, want: [2]int64{-1, -1}}
	return p
}

func (t *streams) free(id uint32) *stream {
	mask := uint32(len(t.places) - 1)
	i := t.hash(id) & mask
	for t.places[i].id != 0 {
		i = (i + 1) & mask
	}
	return &t.places[i]
}

func (t *streams) grow() {
	old := t.places
	t.places = make([]stream, max(firstStreams, 2*len(old)))
	for i := range old {
		if old[i].id != 0 {
			*t.free(old[i].id) = old[i]
		}
	}
}

// remove removes a stream that is there.
func (t *streams) remove(id uint32) {
	mask := uint32(len(t.places) - 1)
	i := t.hash(id) & mask
	for t.places[i].id != id {
		i = (i + 1) & mask
	}
	t.n--
	for j := i; ; {
		j = (j + 1) & mask
		p := &t.places[j]
		if p.id == 0 {
			break
		}
		// p may move to i unless its own place lies between them.
		if (j-t.hash(p.id)&mask)&mask >= (j-i)&mask {
			t.places[i] = *p
			i = j
		}
	}
	t.places[i] = stream{}
}

// clear removes all streams, and their places when there were many.
func (t *streams) clear() {
	if len(t.places) > 256 {
		t.places = nil
	}
	clear(t.places)
	t.n = 0
}
