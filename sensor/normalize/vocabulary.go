package normalize

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
	"wirecensus/sensor/exchange"
)

// Limits of a Vocabulary, and what a word takes to be released.
const (
	maxVocabulary = 1 << 14 // words of a form, twice as many compounds: those of least digest
	maxWordLen    = 64      // bytes of a word
	minWordCalls  = 3       // calls that had it

	maxMute = 6 // consonants in a row

	recentWords = 1 << 12 // words found without the map
)

const domainClient domain = 'a' // client addresses

// Vocabulary is a bounded set of the word-like values met, with what decides
// whether one may be released. What it holds of the words of least digest is a
// function of the set of calls alone, however they are ordered or spread over
// vocabularies that are merged. The words of programs are few and mostly plain; each form has room of its
// own, so that thousands of names with several parts leave it to them.
type Vocabulary struct {
	words  map[uint64]*word
	limit  [numForms]uint64 // digests above it have no room
	held   [numForms]int    // words
	recent [recentWords]recent
	met    []*word // in the call under way
	call   uint64
}

// recent is the outcome of the last search in its place; word is nil for what is
// no candidate.
type recent struct {
	digest uint64
	word   *word
}

// word is one candidate.
type word struct {
	digest     uint64
	text       string
	calls      uint64
	call       uint64 // the last call that had it
	clients    few    // addresses
	principals few    // of the credentials, where they name one
	values     few    // identifiers, where text is their pattern
	stem       uint64 // digest of what they begin with; 0 for a word
	barred     bool   // it stood where a sensitive value stands
}

// form is how a candidate is written.
type form uint8

const (
	formPlain    form = iota // letters alone, no capital inside
	formConstant             // with an underscore or a capital inside; patterns
	formCompound             // with hyphens or digits
	numForms
)

// room is the number of words of a form that are kept.
func (f form) room() int {
	if f == formCompound {
		return 2 * maxVocabulary
	}
	return maxVocabulary
}

func formOf[T string | []byte](s T) form {
	f := formPlain
	for i := range len(s) {
		switch c := s[i]; {
		case c == '-' || c-'0' < 10:
			f = max(f, formCompound)
		case c == '_' || i > 0 && c-'A' < 26 && s[i-1]-'a' < 26:
			return formConstant
		}
	}
	return f
}

// few counts distinct digests: none, one, or more.
type few struct {
	first uint64
	more  bool
}

func (f *few) add(o few) {
	switch {
	case o.first == 0:
	case f.first == 0:
		*f = o
	default:
		f.more = f.more || o.more || f.first != o.first
		f.first = min(f.first, o.first)
	}
}

// NewVocabulary returns an empty Vocabulary.
func NewVocabulary() *Vocabulary {
	return &Vocabulary{words: map[uint64]*word{}, limit: [numForms]uint64{math.MaxUint64, math.MaxUint64, math.MaxUint64}, call: 1}
}

// Vocabulary returns the words met so far, nil unless Config.Words. It changes
// with the next call.
func (n *Normalizer) Vocabulary() *Vocabulary { return n.vocabulary }

// meet notes the value raw of the digest d under a name of the class key.
func (v *Vocabulary) meet(d uint64, key keyClass, raw []byte) {
	r := &v.recent[d%recentWords]
	if r.digest != d {
		*r = recent{d, v.find(d, raw)}
	}
	w := r.word
	if w == nil {
		return
	}
	if bars(key) {
		w.barred = w.barred || key == keyLogin
		return
	}
	if w.call != v.call {
		w.call = v.call
		v.met = append(v.met, w)
	}
}

// bars reports whether values under a name of the class key may not be released
// because of what they have there.
func bars(key keyClass) bool {
	switch key {
	case keyNone, keyPersonName, keyNumber, keyPerson, keyPayment:
		return false
	}
	return true
}

// find returns the word of a digest, a new one when it is a candidate.
func (v *Vocabulary) find(d uint64, raw []byte) *word {
	if w := v.words[d]; w != nil {
		return w
	}
	if d > v.limit[formOf(raw)] || !wordLike(raw) {
		return nil
	}
	return v.put(&word{digest: d, text: string(raw)})
}

func (v *Vocabulary) put(w *word) *word {
	f := formOf(w.text)
	v.words[w.digest] = w
	if v.held[f]++; v.held[f] > 2*f.room() {
		v.trim(f)
	}
	return w
}

// trim removes all but the words of least digest of a form for which there is room. A word that is
// among them at the end was never removed, so what is known of it is whole.
func (v *Vocabulary) trim(f form) {
	if v.held[f] <= f.room() {
		return
	}
	all := slices.DeleteFunc(v.sorted(), func(w *word) bool { return formOf(w.text) != f })
	for _, w := range all[f.room():] {
		delete(v.words, w.digest)
	}
	v.held[f] = f.room()
	v.limit[f] = all[f.room()-1].digest
	v.recent = [recentWords]recent{}
}

func (v *Vocabulary) trimAll() {
	for f := range numForms {
		v.trim(f)
	}
}

func (v *Vocabulary) sorted() []*word {
	all := make([]*word, 0, len(v.words))
	for _, w := range v.words {
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b *word) int { return cmp.Compare(a.digest, b.digest) })
	return all
}

// wordLike reports whether raw has the form of a word of a program: letters with
// few digits, no value of a class, nothing random.
func wordLike(raw []byte) bool {
	if len(raw) > maxWordLen {
		return false
	}
	digits, letters, changes, mute := 0, 0, 0, 0 // mute: consonants in a row
	prev := false                                // the last byte was a digit
	for i, c := range raw {
		digit := c-'0' < 10
		if i > 0 && digit != prev {
			changes++
		}
		prev = digit
		switch {
		case digit:
			digits++
			continue
		case c == '-' || c == '_':
			mute = 0
			continue
		case c|0x20-'a' > 25:
			return false
		}
		letters++
		mute++
		switch c | 0x20 {
		case 'a', 'e', 'i', 'o', 'u', 'y':
			mute = 0
		}
		if mute > maxMute {
			return false
		}
	}
	if letters == 0 || digits > 4 || digits > letters || digits > 0 && changes*3 > len(raw) {
		return false
	}
	d, random := judgeName(raw)
	return d.class == "" && !random
}

// barWords bars a value of a sensitive class, and the parts of a person's name,
// from being released wherever they stand.
func (n *Normalizer) barWords(class string, f shape.Format, raw []byte) {
	if len(raw) > maxWordLen {
		return
	}
	switch f {
	case shape.Token, shape.Country, shape.Currency, shape.Locale, shape.Boolean:
		n.bar(raw)
	case shape.None:
		if class != className {
			return
		}
		for rest := raw; len(rest) > 0; {
			var part []byte
			part, rest = cutByte(rest, ' ')
			n.bar(bytes.Trim(part, ".,;:()'\""))
		}
	}
}

func (n *Normalizer) bar(raw []byte) {
	if len(raw) == 0 || !wordLike(raw) {
		return
	}
	if w := n.vocabulary.find(n.digests.of(domainToken, raw), raw); w != nil {
		w.barred = true
	}
}

// bookWords counts the call for the words met in it. Only calls whose request was
// seen count.
func (n *Normalizer) bookWords(c *schemas.Call, ex *exchange.Exchange) {
	v := n.vocabulary
	if len(v.met) > 0 && c.RequestSeen {
		var client, principal few
		client.first = n.digests.of(domainClient, ex.Client.IP[:])
		for i := range n.auth {
			if p := n.auth[i].Principal; p != 0 {
				principal.add(few{first: p})
			}
		}
		for _, w := range v.met {
			w.calls++
			w.clients.add(client)
			w.principals.add(principal)
		}
	}
	v.met = v.met[:0]
	v.call++
}

// Merge adds what o holds, and takes it over.
func (v *Vocabulary) Merge(o *Vocabulary) {
	for d, w := range o.words {
		have := v.words[d]
		if have == nil {
			if d <= v.limit[formOf(w.text)] {
				own := *w
				v.put(&own)
			}
			continue
		}
		have.calls += w.calls
		have.clients.add(w.clients)
		have.principals.add(w.principals)
		have.values.add(w.values)
		have.barred = have.barred || w.barred
	}
	v.trimAll()
}

// Released returns the words that may leave the sensor, in order of digest. One
// client's words are never among them, whether it is one address or one principal.
func (v *Vocabulary) Released() []schemas.Word {
	v.trimAll()
	var out []schemas.Word
	for _, w := range v.sorted() {
		if w.calls >= minWordCalls && w.clients.more && !w.barred && (w.principals.more || w.principals.first == 0) && !v.kept(w) {
			out = append(out, schemas.Word{Digest: w.digest, Text: w.text})
		}
	}
	return out
}
