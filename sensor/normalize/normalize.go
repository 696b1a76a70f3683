package normalize

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"wirecensus/reassembly"
	"wirecensus/schemas"
	"wirecensus/schemas/shape"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/message"
	"wirecensus/sensor/protobuf"
)

// Config is what a Normalizer needs to know. The zero value works, but its
// digests can be computed by everybody.
type Config struct {
	// Key is the deployment's secret for digests; 32 random bytes are enough.
	Key []byte
	// MaxBody is the number of bytes of content, after content decoding, that are
	// looked at; 0 means 1 MiB.
	MaxBody int
	// Words says that a Vocabulary is kept, from which words may be released.
	Words bool
	// Lend says that nobody keeps a call: the memory of one is used for the next. What
	// Call and Say return is then valid until the Normalizer is used again.
	Lend bool
	// Schemas name the messages and fields of remote procedure calls; nil none. They
	// are only read.
	Schemas *protobuf.Schemas
}

// Limits of the memory of a Normalizer.
const (
	defaultMaxBody = 1 << 20
	maxStrings     = 8192 // interned strings before they are forgotten
	addrBits       = 12   // bits of the number of addresses remembered as text
)

// Normalizer turns exchanges into calls. It re-uses its buffers; one per
// goroutine.
type Normalizer struct {
	cfg     Config
	scanner *shape.Scanner
	digests *digester
	codings codings
	rooms   rooms

	vocabulary *Vocabulary // nil unless Config.Words

	strings map[string]string
	addrs   []addrText
	tokens  map[string]*bearer

	tokenBytes int    // of the tokens remembered
	claimed    []byte // part of a token, decoded

	agents map[string]string
	words  map[string]pathWord // literal path segments

	requestNames, responseNames fields

	// of the call under way
	id      [32]byte
	route   uint64 // of method and literal segments: like calls have like contents
	call    *schemas.Call
	ex      *exchange.Exchange
	at      place
	found   []schemas.Sensitive
	ids     []schemas.Ident
	auth    []schemas.Auth
	oauth   oauth
	odd     message.Anomalies
	tmp     []byte
	pattern []byte // of a prefixed identifier
	idPath  []byte
	esc     []byte
	seg     []byte
	pairs   []pair
	props   []shape.Prop
	flags   []string
	opened  []shape.Ref
	params  []schemas.Param
	delim   []byte
	asked   []byte // version of the API
	asks    operations

	rpc       rpc
	proto     protobuf.Reader
	arena     []byte // messages without their coding
	plainText []byte // content without its base64

	learnt      map[connID]*learner
	learntBytes int
	struck      map[connID]uint8 // connections with bombs
}

// New returns a Normalizer.
func New(cfg Config) *Normalizer {
	if cfg.MaxBody <= 0 {
		cfg.MaxBody = defaultMaxBody
	}
	n := &Normalizer{cfg: cfg, digests: newDigester(cfg.Key)}
	n.scanner = shape.NewScanner(n)
	n.strings, n.addrs, n.tokens = map[string]string{}, make([]addrText, 1<<addrBits), map[string]*bearer{}
	n.agents, n.words, n.learnt = map[string]string{}, map[string]pathWord{}, map[connID]*learner{}
	n.struck = map[connID]uint8{}
	n.requestNames, n.responseNames = newFields(requestFieldUses, "sec-"), newFields(responseFieldUses, "")
	if cfg.Lend {
		n.scanner.Lend()
	}
	if cfg.Words {
		n.vocabulary = NewVocabulary()
	}
	return n
}

// reclaim makes room for a call.
func (n *Normalizer) reclaim() {
	if !n.cfg.Lend {
		n.rooms.begin()
		return
	}
	n.rooms.reclaim()
	n.scanner.Reclaim()
}

// Call returns the call that ex was. It retains nothing of ex; the caller owns
// the result, unless Config.Lend.
func (n *Normalizer) Call(ex *exchange.Exchange) *schemas.Call {
	n.reclaim()
	c := &n.rooms.calls.take(1, callRoom)[0]
	n.begin(c, ex)
	n.id = callID(ex)
	c.Client, c.ClientPort = n.addr(ex.Client), ex.Client.Port
	c.Peer, c.PeerPort = n.addr(ex.Server), ex.Server.Port
	c.Net = ex.Net
	if ex.OneOf > 1 {
		c.OneOf = ex.OneOf
	}
	c.Scheme = "http"
	if ex.TLS {
		c.Scheme = "https"
	}
	n.beginRPC(ex)
	if ex.Request != nil {
		n.request(c, ex.Request)
	} else {
		c.ID = string(n.id[:])
		c.Host, c.Port = c.Peer, c.PeerPort
	}
	if ex.Response != nil {
		n.response(c, ex.Response)
	}
	n.endRPC(c)
	n.finish(c, ex)
	return c
}

func (n *Normalizer) begin(c *schemas.Call, ex *exchange.Exchange) {
	if len(n.strings) > maxStrings {
		clear(n.strings)
	}
	n.call, n.ex, n.route = c, ex, 0
	n.found, n.ids, n.auth, n.odd, n.oauth = n.found[:0], n.ids[:0], n.auth[:0], 0, oauth{}
	clear(n.params)
	n.params = n.params[:0]
	n.asks.begin()
}

func (n *Normalizer) request(c *schemas.Call, m *exchange.Message) {
	c.RequestSeen = true
	c.Time = schemas.Time(m.Start)
	c.Version = version(m.Version)
	n.method(c, m.Method)
	n.route = uint64(len(c.Method))
	query := n.target(c, m)
	n.query(c, query)
	n.requestFields(c, m)
	n.at = place{in: "request.body", ids: "request", body: true, auth: true}
	n.content(&c.Request, m)
	n.clientCredentials()
}

func (n *Normalizer) response(c *schemas.Call, m *exchange.Message) {
	c.Status = m.Status
	if c.Version == "" {
		c.Version = version(m.Version)
	}
	if !c.RequestSeen {
		c.Time = schemas.Time(m.Start)
	} else if d := m.End - int64(c.Time); d > 0 {
		c.Duration = d
	}
	if m.Shed != exchange.ShedAll {
		n.responseFields(c, m)
	}
	n.at = place{in: "response.body", ids: "response", body: true}
	n.route = (n.route ^ uint64(m.Status)) * 0x9E3779B97F4A7C15
	n.content(&c.Response, m)
}

// finish moves what was gathered into the call.
func (n *Normalizer) finish(c *schemas.Call, ex *exchange.Exchange) {
	n.dealParams(c)
	n.settleOperations(c)
	if ex.Upgrade && c.Protocol == "" && isWebSocket(ex) {
		c.Protocol = protocolWebSocket
	}
	if len(n.auth) > 0 {
		slices.SortFunc(n.auth, compareAuth)
		c.Auth = n.rooms.auth.keep(n.auth)
	}
	if len(n.found) > 0 {
		slices.SortFunc(n.found, compareFound)
		c.Sensitive = n.rooms.found.keep(n.found)
	}
	if len(n.ids) > 0 {
		c.IDs = n.rooms.ids.keep(n.ids)
	}
	if n.vocabulary != nil {
		n.bookWords(c, ex)
	}
	odd := n.odd
	for _, m := range [2]*exchange.Message{ex.Request, ex.Response} {
		if m != nil {
			odd |= m.Anomalies
		}
	}
	if odd != 0 {
		c.Anomalies = odd.Append(nil)
		slices.Sort(c.Anomalies)
	}
	n.setFlags(c, ex, odd)
	n.call, n.ex = nil, nil
}

// setFlags sets the flags in alphabetical order.
func (n *Normalizer) setFlags(c *schemas.Call, ex *exchange.Exchange, odd message.Anomalies) {
	var gap, truncated, incomplete, shed bool
	var unknown message.Unknown
	for _, m := range [2]*exchange.Message{ex.Request, ex.Response} {
		if m != nil {
			unknown |= m.Unknown
			gap, truncated, shed = gap || m.Gap, truncated || m.Truncated, shed || m.Shed != exchange.ShedNothing
			// An event stream goes on until nobody listens: its end says nothing.
			incomplete = incomplete || m.Incomplete && (m.Request || c.Protocol != protocolEvents)
		}
	}
	f := n.flags[:0]
	add := func(on bool, name string) {
		if on {
			f = append(f, name)
		}
	}
	add(odd.Ambiguous(), "ambiguous")
	add(ex.Conflict, "conflict")
	add(ex.Continued, "continued")
	add(ex.Early, "early")
	add(gap, "gap")
	add(ex.Request == nil || ex.Response == nil, "half")
	add(unknown.Has(message.UnknownAuthority), "host_unknown")
	add(incomplete, "incomplete")
	add(unknown.Has(message.UnknownMethod), "method_unknown")
	add(ex.Midstream, "midstream")
	add(ex.OneSided, "one-sided")
	add(unknown.Has(message.UnknownTarget), "path_unknown")
	add(shed, "shed")
	add(unknown.Has(message.UnknownStatus), "status_unknown")
	add(truncated || len(c.Path) >= maxPath, "truncated")
	add(ex.Upgrade, "upgrade")
	n.flags = f
	if len(f) > 0 {
		c.Flags = n.rooms.texts.keep(f)
	}
}

// callID is a function of the connection and the exchange's place in it.
func callID(ex *exchange.Exchange) [32]byte {
	var b [16 + 2 + 16 + 2 + 4 + 8 + 4]byte
	put := func(at int, a reassembly.Addr) {
		copy(b[at:], a.IP[:])
		binary.BigEndian.PutUint16(b[at+16:], a.Port)
	}
	put(0, ex.Client)
	put(18, ex.Server)
	binary.BigEndian.PutUint32(b[36:], ex.Net)
	binary.BigEndian.PutUint64(b[40:], uint64(ex.ConnStart))
	binary.BigEndian.PutUint32(b[48:], ex.Index)
	sum := sha256.Sum256(b[:])
	var out [32]byte
	hex.Encode(out[:], sum[:16])
	return out
}

// methods are the methods that are taken as they are (OpenTelemetry's known
// methods, QUERY and WebDAV).
const methods = "|GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|QUERY|PROPFIND|PROPPATCH|MKCOL|COPY|MOVE|LOCK|UNLOCK|REPORT|SEARCH|"

// method sets the method. RFC 9110, Section 9.1: methods are case-sensitive; a
// known one in lower case is taken for it all the same, as many servers do.
func (n *Normalizer) method(c *schemas.Call, m []byte) {
	for _, common := range [...]string{"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"} {
		if string(m) == common {
			c.Method = common
			return
		}
	}
	n.tmp = append(n.tmp[:0], '|')
	n.tmp = append(append(n.tmp, bytes.ToUpper(m)...), '|')
	known := len(m) > 0 && bytes.IndexByte(m, '|') < 0
	if i := bytes.Index([]byte(methods), n.tmp); known && i >= 0 {
		c.Method = methods[i+1 : i+1+len(m)]
	} else {
		c.Method = "_OTHER"
	}
	if c.Method != string(m) {
		c.MethodOriginal = printableMethod(m)
	}
}

// printableMethod keeps letters, - and _ of at most 32 bytes of an unknown
// method; other bytes become ?.
func printableMethod(m []byte) string {
	b := slices.Clone(m[:min(len(m), 32)])
	if d, random := judgeName(m); d.class != "" || random {
		return "?"
	}
	for i, c := range b {
		if c|0x20-'a' > 25 && c != '-' && c != '_' {
			b[i] = '?'
		}
	}
	return string(b)
}

func version(v string) string {
	switch v {
	case "0.9", "1.0", "1.1", "2", "3":
		return v
	case "2.0":
		return "2"
	}
	return ""
}

// addrText is an address as text; the zero value is none.
type addrText struct {
	ip   [16]byte
	text string
}

// addr returns a as text.
func (n *Normalizer) addr(a reassembly.Addr) string {
	h := (binary.LittleEndian.Uint64(a.IP[:])*31 + binary.LittleEndian.Uint64(a.IP[8:])) * 0x9E3779B97F4A7C15
	e := &n.addrs[h>>(64-addrBits)]
	if e.text == "" || e.ip != a.IP {
		e.ip, e.text = a.IP, a.AddrPort().Addr().String()
	}
	return e.text
}

// intern returns b as a string, the same one for equal bytes.
func (n *Normalizer) intern(b []byte) string {
	if s, ok := n.strings[string(b)]; ok {
		return s
	}
	s := string(b)
	n.strings[s] = s
	return s
}
