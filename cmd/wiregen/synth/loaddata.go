package synth

import (
	"encoding/binary"
	"io"
	"math"
	"strconv"

	"github.com/klauspost/compress/gzip"
)

var loadHosts = []string{"orders.load.example", "users.load.example", "media.load.example", "billing.load.example", "search.load.example"}

// loadEndpoint is one of the hundred endpoints.
type loadEndpoint struct {
	n         int
	method    string
	segments  []string // a literal, or the kind of a parameter: {int}, {uuid}, {hex}, {slug}
	template  string
	status    int
	request   *docShape // nil without content
	response  *docShape
	queryable bool
}

// docShape is a JSON document: an object with fields, the last of which may be
// a list of objects that makes the document as long as it has to be.
type docShape struct {
	fields []docField
	item   []docField
	list   string // name of the list, "" when strings fill up
}

type docField struct {
	key  string // with quotes and colon
	kind byte   // what the value is, see value
	sub  []docField
}

const kinds = "idfsuthbnewo" // int, decimal, float, slug, uuid, time, hex, bool, null or text, enum, words, object

// serial is what the load writes from: endpoints and pools of values.
type serial struct {
	endpoints [][]loadEndpoint // by host
	weights   []float64
	total     float64
	problem   *docShape
	words     []string
	cookie    string
}

var nouns = []string{"orders", "users", "items", "invoices", "media", "sessions", "events", "teams", "reports", "labels", "devices", "alerts",
	"plans", "tickets", "comments", "files", "rates", "regions", "batches", "tags"}

var names = []string{"id", "name", "status", "created_at", "updated_at", "owner", "amount", "currency", "count", "kind", "title", "enabled", "parent_id",
	"version", "region", "score", "email_verified", "note", "priority", "size", "checksum", "source", "target", "ratio", "expires_at", "locale", "weight", "position"}

// invent makes up the hosts' endpoints.
func (l *load) invent() {
	d := newDice(l.o.Seed, "endpoints")
	for range 400 {
		l.words = append(l.words, d.text("abcdefghijklmnoprstuvwz", d.between(3, 10)))
	}
	l.cookie = d.text(base62, 180)
	l.problem = &docShape{fields: []docField{{key: `"type":`, kind: 's'}, {key: `"title":`, kind: 'w'}, {key: `"status":`, kind: 'i'}}}
	for h, host := range loadHosts {
		l.truth.Services = append(l.truth.Services, Service{Host: host})
		var list []loadEndpoint
		for i := range 20 {
			e := l.endpoint(d, h, i)
			e.n = len(l.truth.Endpoints)
			l.truth.Endpoints = append(l.truth.Endpoints, Endpoint{Service: host, Method: e.method, Template: e.template, Verdict: "undocumented"})
			list = append(list, e)
		}
		l.endpoints = append(l.endpoints, list)
	}
	for i := range 20 {
		w := 1 / math.Pow(float64(i+1), 0.8)
		l.weights, l.total = append(l.weights, w), l.total+w
	}
}

// endpoint invents endpoint i of a host. Four in a row share a collection, so
// that literals and parameters are siblings.
func (l *load) endpoint(d dice, host, i int) loadEndpoint {
	kind := []string{"{int}", "{uuid}", "{hex}", "{slug}"}[(i/4+host)%4]
	noun := nouns[(host*4+i/4)%len(nouns)]
	e := loadEndpoint{method: "GET", status: 200, response: l.docShape(d), segments: []string{"api", "v" + strconv.Itoa(1+host%3), noun}}
	switch i % 4 {
	case 0:
		e.queryable = true
	case 1:
		e.segments = append(e.segments, kind)
	case 2:
		e.segments = append(e.segments, kind, nouns[(host+i)%len(nouns)])
		e.method, e.status, e.request = "POST", 201, l.docShape(d)
	case 3:
		e.segments = append(e.segments, kind, "settings")
		e.method, e.request = []string{"PUT", "PATCH", "DELETE"}[i/4%3], l.docShape(d)
		if e.method == "DELETE" {
			e.status, e.request = 204, nil
		}
	}
	for _, s := range e.segments {
		e.template += "/" + s
	}
	return e
}

func (l *load) docShape(d dice) *docShape {
	s := &docShape{fields: l.fields(d, d.between(4, 9), 1), item: l.fields(d, d.between(3, 10), 1)}
	s.list = []string{"items", "data", "results", "entries"}[d.IntN(4)]
	return s
}

func (l *load) fields(d dice, n, depth int) []docField {
	var out []docField
	order := d.Perm(len(names))
	for _, i := range order[:n] {
		f := docField{key: `"` + names[i] + `":`, kind: kinds[d.IntN(len(kinds)-depth)]}
		if depth == 1 && d.chance(0.12) {
			f.kind, f.sub = 'o', l.fields(d, d.between(2, 4), 2)
		} else if f.kind == 'o' {
			f.kind = 'i'
		}
		out = append(out, f)
	}
	return out
}

func (l *load) pickEndpoint(host int) *loadEndpoint {
	x := l.d.Float64() * l.total
	for i, w := range l.weights {
		if x -= w; x < 0 {
			return &l.endpoints[host][i]
		}
	}
	return &l.endpoints[host][0]
}

// document appends a JSON document of about size bytes.
func (l *load) document(b []byte, s *docShape, size int) []byte {
	start := len(b)
	b = l.object(b, s.fields)
	if s.item == nil || len(b)-start >= size {
		return b
	}
	b = append(b[:len(b)-1], `,"`...)
	b = append(append(b, s.list...), `":[`...)
	for n := 0; len(b)-start < size; n++ {
		if n > 0 {
			b = append(b, ',')
		}
		b = l.object(b, s.item)
	}
	return append(b, "]}"...)
}

func (l *load) object(b []byte, fields []docField) []byte {
	b = append(b, '{')
	for i := range fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = l.value(append(b, fields[i].key...), &fields[i])
	}
	return append(b, '}')
}

func (l *load) value(b []byte, f *docField) []byte {
	r := l.d.Uint64()
	switch f.kind {
	case 'i':
		return strconv.AppendUint(b, r%1000003, 10)
	case 'd':
		b = strconv.AppendUint(b, r%9973, 10)
		return append(b, '.', '0'+byte(r>>40%10), '0'+byte(r>>50%10))
	case 'f':
		b = append(b, "0."...)
		return strconv.AppendUint(b, 100000+r%899999, 10)
	case 's':
		b = append(append(b, '"'), l.words[r%400]...)
		b = append(append(b, '-'), l.words[r>>20%400]...)
		return append(b, '"')
	case 'u':
		return append(appendUUID(append(b, '"'), r, l.d.Uint64()), '"')
	case 't':
		return appendStamp(append(b, '"'), r)
	case 'h':
		return append(appendHex(append(b, '"'), r, 16), '"')
	case 'b':
		if r&1 == 0 {
			return append(b, "true"...)
		}
		return append(b, "false"...)
	case 'n':
		if r&3 == 0 {
			return append(b, "null"...)
		}
		return append(append(append(b, '"'), l.words[r%400]...), '"')
	case 'e':
		return append(b, []string{`"active"`, `"paused"`, `"closed"`, `"pending"`}[r&3]...)
	case 'o':
		return l.object(b, f.sub)
	}
	b = append(b, '"')
	for n := 2 + r%7; n > 0; n-- {
		r = r>>7 ^ r<<57
		b = append(append(b, l.words[r%400]...), ' ')
	}
	b[len(b)-1] = '"'
	return b
}

func appendHex(b []byte, v uint64, n int) []byte {
	for i := range n {
		b = append(b, lowerHex[v>>(4*i)&15])
	}
	return b
}

func appendUUID(b []byte, x, y uint64) []byte {
	b = append(appendHex(b, x, 8), '-')
	b = append(appendHex(b, x>>32, 4), '-', '4')
	b = append(appendHex(b, x>>48, 3), '-', '8'+byte(y&1))
	b = append(appendHex(b, y>>8, 3), '-')
	return appendHex(b, y>>16, 12)
}

func appendStamp(b []byte, r uint64) []byte {
	two := func(v uint64) { b = append(b, '0'+byte(v/10), '0'+byte(v%10)) }
	b = append(b, "202"...)
	b = append(b, '3'+byte(r%3), '-')
	two(1 + r>>8%12)
	b = append(b, '-')
	two(1 + r>>16%28)
	b = append(b, 'T')
	two(r >> 24 % 24)
	b = append(b, ':')
	two(r >> 32 % 60)
	b = append(b, ':')
	two(r >> 40 % 60)
	return append(b, `Z"`...)
}

// appendChunks applies the chunked coding with chunks of at most 8 KiB.
func appendChunks(b, content []byte) []byte {
	for len(content) > 0 {
		n := min(len(content), 8192)
		b = strconv.AppendInt(b, int64(n), 16)
		b = append(append(append(b, "\r\n"...), content[:n]...), "\r\n"...)
		content = content[n:]
	}
	return append(b, "0\r\n\r\n"...)
}

// zipper compresses with one writer used again and again.
type zipper struct {
	w   *gzip.Writer
	out []byte
}

// Write collects what the compressor makes.
func (z *zipper) Write(p []byte) (int, error) {
	z.out = append(z.out, p...)
	return len(p), nil
}

func (z *zipper) append(b, content []byte) []byte {
	z.out = b
	if z.w == nil {
		z.w, _ = gzip.NewWriterLevel(io.Discard, 3) // the level is valid
	}
	z.w.Reset(z)
	z.w.Write(content) // a slice takes everything
	z.w.Close()
	return z.out
}

// pool keeps buffers by the power of two they can hold.
type pool struct{ free [24][][]byte }

func (p *pool) get(n int) []byte {
	class := 10
	for 1<<class < n {
		class++
	}
	if k := len(p.free[class]); k > 0 {
		b := p.free[class][k-1]
		p.free[class] = p.free[class][:k-1]
		return b
	}
	return make([]byte, 0, 1<<class)
}

func (p *pool) put(b []byte) {
	class := 10
	for class < 23 && 2<<class <= cap(b) {
		class++
	}
	if cap(b) >= 1<<class {
		p.free[class] = append(p.free[class], b[:0])
	}
}

// randomText appends n characters of base 62 quickly.
func (l *load) randomText(b []byte, n int) []byte {
	var w [8]byte
	for n > 0 {
		binary.LittleEndian.PutUint64(w[:], l.d.Uint64())
		for i := 0; i < 8 && n > 0; i++ {
			b = append(b, base62[int(w[i])*62>>8])
			n--
		}
	}
	return b
}
