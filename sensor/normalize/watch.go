package normalize

import (
	"bytes"
	"strings"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// Limits of what one call may carry.
const (
	maxFound = 64  // places with a sensitive class; further ones are dropped
	maxIDs   = 64  // identifier digests; further ones are dropped
	maxAt    = 256 // bytes of a place; longer ones are cut
)

// place is where the values now seen by the scanner are.
type place struct {
	in   string // schemas.Sensitive.In
	ids  string // schemas.Ident.In for ids found here, "" for none
	body bool   // name positions by path rather than by property
	auth bool   // look for credentials among the fields (request query and body)

	prefix string // begins the path of positions instead of $
	quiet  bool   // values that were seen before: nothing is booked
	mute   bool   // values outside any call: words are not met
}

// Key implements [shape.Visitor].
func (n *Normalizer) Key(name []byte) (hint uint32, rename string) {
	if string(name) == textName {
		return hintText, ""
	}
	name = bytes.TrimPrefix(name, []byte("@")) // an attribute of XML
	if len(name) >= 6 {
		d, random := judgeName(name)
		if d.class != "" {
			rename = placeholderOf(d.class)
			n.note(d, rename)
			return 0, rename
		}
		if f := shape.Classify(name); random && (f == shape.None || f == shape.Token) {
			return 0, "{token}" // the scanner has placeholders for the other formats
		}
	}
	return hintOf(name), ""
}

// judgeName judges a name as if it were a value: some objects are maps, some
// queries are bare values. random says that it looks like a token.
func judgeName(name []byte) (d verdict, random bool) {
	f := shape.Classify(name)
	if f == shape.Token && countDigits(name) == 0 && len(name) < 20 {
		return verdict{}, false
	}
	if d = judge(keyNone, keyNone, f, false, name); d.class != "" {
		return d, false
	}
	if at := bytes.IndexByte(name, '@'); at > 0 && bytes.IndexByte(name[at:], '.') > 0 && !bytes.Contains(name, []byte("@odata.")) {
		return byName(classEmail), false
	}
	if embeddedCard(name) {
		return valid(classCard), false
	}
	if looksRandom(name) {
		return d, true
	}
	if len(name) >= minPart && countDigits(name) > 0 {
		return judgeParts(name)
	}
	return d, false
}

// minPart is the length in bytes of the shortest part of a name that is judged:
// that of the shortest card numbers and IBANs.
const minPart = 15

// judgeParts judges what stands inside a name: filter[…], X-….
func judgeParts(name []byte) (d verdict, random bool) {
	for from, i := 0, 0; i <= len(name); i++ {
		if i < len(name) && !divides(name[i]) {
			continue
		}
		if part := name[from:i]; len(part) >= minPart && countDigits(part) > 2 && len(part) < len(name) {
			if d = judge(keyNone, keyNone, shape.Classify(part), false, part); d.class != "" || looksRandom(part) {
				return d, d.class == ""
			}
		}
		from = i + 1
		// Tokens may hold dividers of their own.
		if rest := bytes.TrimRight(name[min(from, len(name)):], "]"); len(rest) >= minPart {
			if c := prefixed(rest); c != "" {
				return valid(c), false
			}
			if isJWT(rest) {
				return valid(classJWT), false
			}
		}
	}
	return verdict{}, false
}

// divides reports whether a byte stands between the parts of a name.
func divides(c byte) bool {
	switch c {
	case '-', '_', '.', ':', '[', ']', '/', ' ', ',', ';', '=':
		return true
	}
	return false
}

// safeName returns a name for use outside of shapes, a placeholder for one that is a value.
func (n *Normalizer) safeName(name []byte) string {
	if len(name) > maxFieldName {
		return "{long}"
	}
	if d, random := judgeName(name); d.class != "" {
		return placeholderOf(d.class)
	} else if random {
		return "{token}"
	}
	return n.intern(name)
}

// placeholderOf returns what is written in place of a value of class.
func placeholderOf(class string) string {
	if p, ok := placeholders[class]; ok {
		return p
	}
	return "{" + class + "}"
}

var placeholders = map[string]string{
	classCard: "{card}", classCVV: "{cvv}", classIBAN: "{iban}", classAccount: "{bank-account}", classEmail: "{email}", classPhone: "{phone}",
	classNational: "{national-id}", classPassport: "{passport}", className: "{name}", classBirth: "{birth-date}", classJWT: "{jwt}",
	classSecret: "{secret}", classKey: "{private-key}", classPassword: "{password}", classAddress: "{address}",
}

// Token implements [shape.Visitor].
func (n *Normalizer) Token(hint uint32, raw []byte) uint64 {
	stem := prefixOf(raw)
	if stem > 0 {
		return n.prefixToken(hint, raw, stem)
	}
	d := n.digests.of(domainToken, raw)
	if n.meets(hint) {
		n.vocabulary.meet(d, classOf(hint), raw)
	}
	return d
}

// meets reports whether words under a name with the hint count for the vocabulary.
func (n *Normalizer) meets(hint uint32) bool {
	return n.vocabulary != nil && hint != hintText && !n.at.quiet && (!n.at.mute || bars(classOf(hint)))
}

// Value implements [shape.Visitor].
func (n *Normalizer) Value(at shape.Ref, hint uint32, k shape.Kind, f shape.Format, raw []byte) string {
	number := k != shape.String
	if hint == hintText {
		hint = n.scanner.Parent(at)
	}
	if hint == 0 && innocent(f, number, raw) {
		return ""
	}
	key := classOf(hint)
	var parent keyClass
	if key == keyPersonName || key == keyNumber {
		parent = classOf(n.scanner.Parent(at))
	}
	d := judge(key, parent, f, number, raw)
	if n.at.quiet {
		return d.class
	}
	if n.at.auth && (key == keyClientID || key == keyClientSecret || key == keySecret) {
		n.fieldCredential(key, n.scanner.Name(at), f, raw)
	}
	if d.class != "" {
		n.note(d, n.path(at))
		if n.vocabulary != nil && !number {
			n.barWords(d.class, f, raw)
		}
		return d.class
	}
	if hint&hintID != 0 && n.at.ids != "" {
		n.identify(n.scanner.Name(at), raw)
	}
	return ""
}

// innocent reports whether a value under a name that says nothing needs no
// further look: its format, or its shortness, rules every class out.
func innocent(f shape.Format, number bool, raw []byte) bool {
	if number {
		return len(raw) < 15
	}
	switch f {
	case shape.UUID, shape.GUID, shape.DateTime, shape.LocalDateTime, shape.Date, shape.Time, shape.Duration, shape.Boolean, shape.Country, shape.Currency, shape.Locale,
		shape.Color, shape.IPv4, shape.IPv6, shape.CIDR, shape.MAC, shape.HTTPDate, shape.ULID, shape.Decimal, shape.Empty:
		return true
	case shape.Token, shape.Int:
		return len(raw) < 13
	}
	return false
}

// path returns the place of at as text.
func (n *Normalizer) path(at shape.Ref) string {
	if !n.at.body {
		return n.scanner.Name(at)
	}
	n.tmp = n.scanner.AppendPath(n.tmp[:0], at)
	if n.at.prefix != "" {
		n.tmp = append([]byte(n.at.prefix), n.tmp[1:]...)
	}
	return n.intern(n.tmp[:min(len(n.tmp), maxAt)])
}

// note records a finding at a place of the current part of the call.
func (n *Normalizer) note(d verdict, at string) {
	if n.at.quiet {
		return
	}
	if (n.at.in == "request.cookie" || n.at.in == "request.header") && (d.class == classSecret || d.class == classJWT) {
		return // where they belong
	}
	for i := range n.found {
		f := &n.found[i]
		if f.Class == d.class && f.In == n.at.in && f.At == at && f.Masked == d.masked {
			f.Count++
			f.Validated = f.Validated || d.validated
			return
		}
	}
	if len(n.found) < maxFound {
		n.found = append(n.found, schemas.Sensitive{Class: d.class, In: n.at.in, At: at, Count: 1, Masked: d.masked, Validated: d.validated})
	}
}

// identify records the digest of an object's identifier.
func (n *Normalizer) identify(key string, raw []byte) {
	if len(n.ids) >= maxIDs || len(raw) == 0 || len(raw) > maxIdent {
		return
	}
	id := schemas.Ident{In: n.at.ids, At: key, Digest: n.digests.of(domainID, raw)}
	for i := range n.ids {
		if o := &n.ids[i]; o.Digest == id.Digest && o.At == id.At && o.In == id.In {
			return
		}
	}
	n.ids = append(n.ids, id)
}

func compareFound(a, b schemas.Sensitive) int {
	if c := strings.Compare(a.In, b.In); c != 0 {
		return c
	}
	if c := strings.Compare(a.At, b.At); c != 0 {
		return c
	}
	if c := strings.Compare(a.Class, b.Class); c != 0 {
		return c
	}
	if a.Masked == b.Masked {
		return 0
	}
	if b.Masked {
		return -1
	}
	return 1
}
