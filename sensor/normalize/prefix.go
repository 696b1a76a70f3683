package normalize

import "strconv"

// Identifiers that begin with what they identify: cus_9s6XKzkNRiz8i3, order_10041522.
const (
	minStem   = 2 // bytes before the underscore
	maxStem   = 8
	minRandom = 8  // bytes behind it
	minLetter = 12 // bytes behind it where they have no digit
	minTurns  = 3  // changes of case in these
)

// prefixOf returns the length of the lower-case letters before the underscore of a
// prefixed identifier, 0 for what is none. Behind it are letters and digits that look drawn.
func prefixOf(raw []byte) int {
	stem := 0
	for stem < len(raw) && stem <= maxStem && raw[stem]-'a' < 26 {
		stem++
	}
	if stem < minStem || stem > maxStem || len(raw)-stem-1 < minRandom || raw[stem] != '_' {
		return 0
	}
	rest := raw[stem+1:]
	digits, turns := 0, 0
	for i, c := range rest {
		switch {
		case c-'0' < 10:
			digits++
		case c|0x20-'a' > 25:
			return 0
		case i > 0 && (c^rest[i-1])&0x20 != 0 && rest[i-1] >= 'A':
			turns++
		}
	}
	if digits > 0 || len(rest) >= minLetter && turns >= minTurns {
		return stem
	}
	return 0
}

// prefixToken returns the digest of the pattern that a prefixed identifier has, so that a
// position where all have one has one token. The pattern is a candidate for release as a word is.
func (n *Normalizer) prefixToken(hint uint32, raw []byte, stem int) uint64 {
	n.pattern = appendPattern(n.pattern[:0], raw, stem)
	d := n.digests.of(domainToken, n.pattern)
	if n.meets(hint) {
		n.vocabulary.meetPrefix(d, classOf(hint), n.pattern, n.digests.of(domainToken, raw), n.digests.of(domainToken, raw[:stem]))
	}
	return d
}

// appendPattern appends the regular expression of the identifiers like raw: its stem
// is all that it has of raw.
func appendPattern(dst, raw []byte, stem int) []byte {
	class := "[0-9]"
	for _, c := range raw[stem+1:] {
		if c-'0' > 9 {
			class = "[A-Za-z0-9]"
			break
		}
	}
	dst = append(append(dst, '^'), raw[:stem+1]...)
	dst = append(append(dst, class...), '{')
	dst = strconv.AppendInt(dst, int64(len(raw)-stem-1), 10)
	return append(dst, '}', '$')
}

// meetPrefix notes a prefixed identifier: pattern has the digest d; value and stem
// are the digests of the identifier and of what is before its underscore.
func (v *Vocabulary) meetPrefix(d uint64, key keyClass, pattern []byte, value, stem uint64) {
	w := v.words[d]
	if w == nil {
		if d > v.limit[formConstant] {
			return
		}
		v.put(&word{digest: d, text: string(pattern), stem: stem})
		if w = v.words[d]; w == nil {
			return
		}
	}
	if bars(key) {
		w.barred = w.barred || key == keyLogin
		return
	}
	w.values.add(few{first: value})
	if w.call != v.call {
		w.call = v.call
		v.met = append(v.met, w)
	}
}

// kept reports whether a pattern stays at the sensor: it was met with one value only, or
// its stem is a word that does.
func (v *Vocabulary) kept(w *word) bool {
	if w.stem == 0 {
		return false
	}
	s := v.words[w.stem]
	return !w.values.more || s != nil && s.barred
}
