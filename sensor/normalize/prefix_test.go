package normalize

import (
	"slices"
	"testing"

	"wirecensus/sensor/exchange"
)

func TestPrefixOf(t *testing.T) {
	tests := []struct {
		raw  string
		want int
	}{
		{"cus_9s6XKzkNRiz8i3", 3}, {"order_10041522", 5}, {"cus_AbCdEfGhIjKlMn", 3}, {"in_progress", 0},
		{"cus_short1", 0}, {"c_12345678", 0}, {"customers_12345678", 0}, {"Cus_12345678", 0}, {"cus_123_45678", 0}, {"cus-12345678", 0}, {"cus_", 0}, {"cus", 0}, {"", 0}, {"_12345678", 0},
	}
	for _, tt := range tests {
		if got := prefixOf([]byte(tt.raw)); got != tt.want {
			t.Errorf("%q: %d, want %d", tt.raw, got, tt.want)
		}
	}
}

// TestReleasedPrefix: of identifiers only the pattern leaves, with the support that a word needs, and never of one identifier.
func TestReleasedPrefix(t *testing.T) {
	a, b := `{"customer":"cus_9s6XKzkNRiz8i3"}`, `{"customer":"cus_4fTgHjKlQw2eRt"}`
	pattern := []string{"^cus_[A-Za-z0-9]{14}$"}
	tests := []struct {
		name string
		exs  []*exchange.Exchange
		want []string
	}{
		{"several identifiers of several clients", []*exchange.Exchange{from(one, "", a), from(two, "", b), from(one, "", b)}, pattern},
		{"one identifier", []*exchange.Exchange{from(one, "", a), from(two, "", a), from(one, "", a)}, nil},
		{"one client", []*exchange.Exchange{from(one, "", a), from(one, "", b), from(one, "", b)}, nil},
		{"two calls", []*exchange.Exchange{from(one, "", a), from(two, "", b)}, nil},
		{"of one principal", []*exchange.Exchange{from(one, "ana", a), from(two, "ana", b), from(one, "ana", b)}, nil},
		{"under a name of a secret", []*exchange.Exchange{from(one, "", `{"password":"cus_9s6XKzkNRiz8i3"}`), from(two, "", `{"password":"cus_4fTgHjKlQw2eRt"}`), from(one, "", `{"password":"cus_4fTgHjKlQw2eRt"}`)}, nil},
		{"a login that it begins with", []*exchange.Exchange{from(one, "", `{"ref":"alice_10041522"}`), from(two, "", `{"ref":"alice_10041523"}`), from(one, "", `{"ref":"alice_10041524","username":"alice"}`)}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := released(tt.exs...); !slices.Equal(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func BenchmarkPrefixOf(b *testing.B) {
	raw := [][]byte{[]byte("open"), []byte("IN_PROGRESS"), []byte("in_progress"), []byte("cus_9s6XKzkNRiz8i3")}
	for i := range b.N {
		prefixOf(raw[i%len(raw)])
	}
}
