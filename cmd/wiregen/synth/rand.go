package synth

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// dice is the only source of chance: a PCG stream named by the seed and a label,
// so that adding draws to one part of a capture leaves the other parts as they are.
type dice struct{ *rand.Rand }

func newDice(seed uint64, label string) dice {
	const prime = 1099511628211 // FNV-1a, 64 bit
	h := uint64(14695981039346656037)
	for i := range len(label) {
		h = (h ^ uint64(label[i])) * prime
	}
	return dice{rand.New(rand.NewPCG(seed, bits.RotateLeft64(h, 29)^seed*prime))}
}

// chance reports true with probability p.
func (d dice) chance(p float64) bool { return p > 0 && d.Float64() < p }

// between returns an integer in [lo, hi].
func (d dice) between(lo, hi int) int { return lo + d.IntN(hi-lo+1) }

// logNormal returns a log-normal value with the median and sigma given.
func (d dice) logNormal(median, sigma float64) float64 {
	return median * math.Exp(sigma*d.NormFloat64())
}

// fill writes random bytes.
func (d dice) fill(b []byte) []byte {
	for i := 0; i < len(b); i += 8 {
		v := d.Uint64()
		for j := i; j < len(b) && j < i+8; j++ {
			b[j] = byte(v)
			v >>= 8
		}
	}
	return b
}

// text returns n characters of the alphabet.
func (d dice) text(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[d.IntN(len(alphabet))]
	}
	return string(b)
}

func pick[T any](d dice, of []T) T { return of[d.IntN(len(of))] }

// weighted returns an index drawn with the weights given.
func (d dice) weighted(weights []float64) int {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	x := d.Float64() * sum
	for i, w := range weights {
		if x -= w; x < 0 {
			return i
		}
	}
	return len(weights) - 1
}
