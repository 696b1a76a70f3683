package catalog

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"wirecensus/schemas"
)

// reclassed are calls whose paths have segments that versions 2 and 3 of parts are of two minds about.
func reclassed(n int) []*schemas.Call {
	var calls []*schemas.Call
	words := []string{"AccountBacsDebitPaymentsSettings", "AsyncAmdStatusCallbackMethod", "BatchClearValuesByDataFilterRequest", "xqzvkjwqpzxk", "zxqjvkwzqxjvk", "export"}
	for i := range n {
		client := fmt.Sprintf("10.1.0.%d", i%5)
		calls = append(calls,
			data(call(1000+i, client, "GET", "/v1/reports/"+words[i%len(words)], 200), "id", "rows"),
			data(call(1000+i, client, "GET", fmt.Sprintf("/v1/reports/%s/pages/%d", words[i%len(words)], i), 200), "text"),
			data(call(1000+i, client, "POST", fmt.Sprintf("/v1/reports/%c%d_%x/rows", 'a'+i%26, i, i*7919), 201), "id"),
			data(call(1000+i, client, "GET", fmt.Sprintf("/v1/keys/%c%cxqzvkjwq%c%cpz", 'a'+i%26, 'a'+i/26%26, 'a'+i*7%26, 'a'+i*11%26), 200), "id"))
	}
	return calls
}

// forgotten is what there is of 4000 rounds of reclassed where a crowded class had the words: version 2 gave up their texts.
const forgotten = `GET /v1/keys/{keyId} endpoint 4000
GET /v1/reports/export endpoint 666
GET /v1/reports/export/pages/{pageId} endpoint 666
GET /v1/reports/{reportName} endpoint 3334
GET /v1/reports/{reportName}/pages/{pageId} endpoint 3334
POST /v1/reports/{reportName}/rows endpoint 4000`

// TestReclassedParts: what version 2 put into another class of segments is read as if it had been folded today.
// testdata/part-v2 and part-v2-crowded are what that version wrote of 20 and 4000 rounds of reclassed, part-v3 and part-v4 the next ones of 20.
func TestReclassedParts(t *testing.T) {
	for name, n := range map[string]int{"part-v2": 20, "part-v2-crowded": 4000, "part-v3": 20, "part-v4": 20} {
		early, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		want, got := New(Config{Seed: 3}), New(Config{Seed: 3})
		for _, k := range reclassed(n) {
			want.Apply(k)
		}
		if err := got.Import("service/api.example", early); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		endpoints := list(only(t, want).Endpoints)
		if n == 4000 {
			endpoints = forgotten
		}
		if is := list(only(t, got).Endpoints); is != endpoints {
			t.Errorf("%s: want\n%s\ngot\n%s", name, endpoints, is)
		}
		if d := compareParts(parts(t, want), parts(t, got)); d != "" && n == 20 {
			t.Errorf("%s: %s", name, d)
		}
		again := New(Config{Seed: 3})
		p := parts(t, got)["service/api.example"]
		if err := again.Import("service/api.example", p); err != nil {
			t.Errorf("%s: written anew: %v", name, err)
		}
		if early[0] = judgedVersion; name == "part-v2" {
			if err := New(Config{Seed: 3}).Import("service/api.example", early); !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s: %v: a part of today may not have other classes", name, err)
			}
		}
	}
}
