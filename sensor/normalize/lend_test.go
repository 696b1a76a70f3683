package normalize

import (
	"fmt"
	"testing"

	"wirecensus/sensor/exchange"
)

// TestLentCalls: a Normalizer that lends its calls says of every exchange and of every
// Talk, while others come between, what one says that does not, and one that saw
// nothing before says the same of the exchange.
func TestLentCalls(t *testing.T) {
	lends, keeps := New(Config{Key: testKey, Lend: true}), New(Config{Key: testKey})
	socket := func() *exchange.Exchange {
		ex := pairOf("GET /ws?q=1 HTTP/1.1\nHost: x.example\nUpgrade: websocket", "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket")
		ex.Upgrade = true
		return ex
	}
	a, b := lends.NewTalk(socket()), keeps.NewTalk(socket())
	for i := range 400 {
		word := [...]string{"red", "green", "blue-ish", "a@b.example.com", "2024-01-02", "3f2b8c1e-1111-4222-8333-abcdefabcdef"}[i%6]
		body := fmt.Sprintf(`{"id":%d,"w":%q,"list":[{"x":%d.5,"y":null},{"x":"s%d","card":"4111111111111111"}],"k%d":true}`, i, word, i, i, i%9)
		if i%7 == 3 {
			body = graphqlBody("query Q($n: Int) { ticks(n: $n) { at } }", `,"variables":{"n":3}`)
		}
		if i%7 == 5 {
			body = fmt.Sprintf(`[{"jsonrpc":"2.0","method":"m%d","params":{"email":"ann%d@example.org"},"id":1}]`, i%3, i)
		}
		request := fmt.Sprintf("POST /api/v%d/things/%d;m=%s?page=%d&tag=%s&tag=x,y HTTP/1.1\nHost: a%d.example\nContent-Type: application/json\nX-Api-Key: key%d0123456789\nX-Page: %d\nCookie: sid=0123456789abcdef%d; theme=%s\n\n%s", i%3, i, word, i, word, i%4, i%50, i, i%20, word, body)
		response := fmt.Sprintf("HTTP/1.1 %d OK\nContent-Type: application/json\nETag: \"%d\"\nLocation: /things/%d\n\n%s", 200+i%3, i, i, body)
		got, want := text(t, lends.Call(pairOf(request, response))), text(t, keeps.Call(pairOf(request, response)))
		if got != want {
			t.Fatalf("call %d: lent\n%s\nkept\n%s", i, got, want)
		}
		if i%20 == 0 {
			if cold := text(t, callOf(t, request, response)); cold != want {
				t.Fatalf("call %d: warm\n%s\ncold\n%s", i, want, cold)
			}
		}
		message := fmt.Sprintf(`{"jsonrpc":"2.0","method":"tick%d","params":{"w%d":%q,"n":[%d]}}`, i%5, i%3, word, i)
		for _, talk := range []struct {
			n *Normalizer
			t *Talk
		}{{lends, a}, {keeps, b}} {
			talk.n.Hear(talk.t, i%2 == 0, []byte(message), uint64(len(message)), "", int64(i+1)*1e9)
		}
		if i%50 == 49 {
			if got, want := text(t, lends.Say(a, uint32(i), 0)), text(t, keeps.Say(b, uint32(i), 0)); got != want {
				t.Fatalf("talk %d: lent\n%s\nkept\n%s", i, got, want)
			}
		}
	}
}

// TestLentCallIsUsedAgain: what a call is made of comes from the memory of the one before.
func TestLentCallIsUsedAgain(t *testing.T) {
	n := New(Config{Key: testKey, Lend: true})
	ex := pairOf("GET /a/b?limit=10 HTTP/1.1\nHost: a.example", "HTTP/1.1 200 OK\nContent-Type: application/json\n\n"+`{"id":7,"name":"green","list":[{"a":1.5},{"a":null}]}`)
	for range 100 {
		n.Call(ex)
	}
	if allocs := testing.AllocsPerRun(1000, func() { n.Call(ex) }); allocs > 1 {
		t.Errorf("%v allocations a call; id and path are one", allocs)
	}
}
