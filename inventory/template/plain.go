package template

import (
	_ "embed" // the vocabulary
	"strings"
)

// MaxPlain is the most that [Plain] returns, Written the least for a segment all of
// whose words are in the vocabulary.
const (
	MaxPlain = 15
	Written  = 13

	longWord = 5 // letters of a word that hardly comes about by chance
)

// Plain says how far a segment is written as people write words, 0 to MaxPlain, from
// the segment alone: the words of routes have the most, then those of the
// vocabulary, longer ones before shorter, and of others the logarithm of how much
// likelier their pairs of letters are in English than among equally likely letters. So of
// n random segments about n·exp(-2x/3) have x or more, and about n/560 are Written.
func Plain(s string) int {
	if routeWords[s] {
		return MaxPlain
	}
	if written(s) {
		if len(s) < longWord {
			return Written
		}
		return Written + 1
	}
	sum, prev := 0, byte(start)
	for i := 0; i < len(s) && i < plainLen; i++ {
		b := s[i] | 0x20
		switch {
		case b < 'a' || b > 'z':
			if s[i] >= '0' && s[i] <= '9' || s[i] == '%' {
				sum -= 6
			}
			prev = start
			continue
		case s[i] < 'a' && i > 0 && s[i-1] >= 'a':
			prev = start
		}
		sum += likelier(prev, b)
		prev = b - 'a'
	}
	return max(0, min(Written-1, sum/2))
}

// sounds adds up over the pairs of letters of s how much likelier each is in words than among
// equally likely letters, in thirds of the logarithm; a hump starts a word. About 2 for
// a letter of words, -4 for one of chance.
func sounds(s string) int {
	sum, prev := 0, byte(start)
	for i := 0; i < min(len(s), 2*plainLen); i++ {
		b := s[i] | 0x20
		switch {
		case b < 'a' || b > 'z':
			prev = start
			continue
		case s[i] < 'a' && i > 0 && s[i-1] >= 'a':
			prev = start
		}
		sum += likelier(prev, b)
		prev = b - 'a'
	}
	return sum
}

// likelier is the entry of pairs for a letter in lower case after another, or start.
func likelier(prev, b byte) int {
	x := pairs[int(prev)*26+int(b-'a')]
	if x >= 'a' {
		x -= 'a' - '0' - 10
	}
	return int(x-'0') - evens
}

const (
	plainLen = 32 // bytes of a segment that are looked at
	start    = 26 // the row of first letters
	evens    = 9  // the digit of a pair as frequent as among equally likely letters
)

// pairs has a row for each letter and one for the start of a word, with a digit,
// base 16, for each letter that follows: thirds of the logarithm of how much likelier
// it is than chance, of 9,104 distinct words in the comments of Go's library.
const pairs = "09ba0480905d9c090cae662260" +
	"c664c320c70e32b40ab8c30071" +
	"d182c14c90ba31e4296c930050" +
	"a14af530e40944a209b4a53060" +
	"a3bd776140099c284dda364920" +
	"b178cc34e00b33d40a98a01070" +
	"9073f48ac0096bc50ca4a11022" +
	"e035f400c00484d30a6a802060" +
	"87ba98900019afc708ac080408" +
	"d428e722924275d722c6e22222" +
	"a436f680d068695623d7604060" +
	"c249e440e02c01c402888400c0" +
	"e945e210d05593bd0094a00020" +
	"b3bbc7e2a065479403cd672030" +
	"67a93770605abe8a0da9a89300" +
	"d054d147a03c20ca0e9b900040" +
	"00060000500500330776f00000" +
	"c378f560c06697c408ba863080" +
	"90a1e44ac057539a22beb05090" +
	"c063e42ae00731a60cb8803280" +
	"9aa6a870a00bae6a0ccc000302" +
	"d152f520d00142a30140000000" +
	"e035d43bd0065bc60c93004000" +
	"b6b7d735c000444e011e370860" +
	"6594a113b008cc8e07ea007057" +
	"c045f003c00305a50364402049" +
	"b9caa987a249a88b3bca967301"

// vocabularyText are words of the comments of Go's library that a small English
// dictionary has too, and names of things that interfaces are about.
//
//go:embed words.txt
var vocabularyText string

var vocabulary = func() map[string]bool {
	m := make(map[string]bool, 6000)
	for w := range strings.FieldsSeq(vocabularyText) {
		m[w] = true
	}
	return m
}()

// written: the segment consists of words of the vocabulary, set apart by dashes,
// underlines, dots or case, with at most two digits behind the last.
func written(s string) bool {
	var word [plainLen]byte
	n, words, digits := 0, 0, 0
	for i := 0; i <= len(s); i++ {
		c := byte('-')
		if i < len(s) {
			c = s[i]
		}
		l := c | 0x20
		letter := l >= 'a' && l <= 'z'
		if n > 0 && (!letter || c < 'a' && s[i-1] >= 'a') {
			if !known(word[:n]) {
				return false
			}
			n, words = 0, words+1
		}
		switch {
		case letter && (digits > 0 || n == plainLen):
			return false
		case letter:
			word[n] = l
			n++
		case c >= '0' && c <= '9':
			if digits++; digits > 2 || words == 0 {
				return false
			}
		case c != '-' && c != '_' && c != '.':
			return false
		}
	}
	return words > 0
}

// known: the word, or what it is the plural of, is in the vocabulary.
func known(w []byte) bool {
	n := len(w)
	switch {
	case n < 2:
		return false
	case vocabulary[string(w)]:
		return true
	case n > 4 && string(w[n-3:]) == "ies":
		w[n-3] = 'y'
		return vocabulary[string(w[:n-2])]
	case n > 4 && string(w[n-2:]) == "es" && vocabulary[string(w[:n-2])]:
		return true
	}
	return n > 3 && w[n-1] == 's' && vocabulary[string(w[:n-1])]
}
