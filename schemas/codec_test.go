package schemas

import (
	"encoding/json"
	"reflect"
	"testing"

	"wirecensus/schemas/shape"
)

func TestCallRoundTrip(t *testing.T) {
	for _, c := range []Call{
		{ID: "ab", Time: 1_700_000_000_000_000_001, Host: "a.example", Port: 443, Status: 200},
		{ID: "cd", Method: "GET", RequestSeen: true, Path: "/{email}", Flags: []string{"half"},
			Query:   []Param{{Name: "q", Count: 2, Style: "repeat", Shape: shape.Infer([]byte(`["a","b"]`)), Class: "email"}},
			Request: Content{MediaType: "application/json", Size: 7, Shape: shape.Infer([]byte(`{"a":{"b":[1,null,"2024-01-02"]}}`)), Parts: []Part{{Name: "f", File: true}}},
			Auth:    []Auth{{Scheme: "jwt", In: "header", Principal: 1<<63 + 1, Token: 3, Alg: "none", NoExpiry: true}},
			IDs:     []Ident{{In: "path", Pos: 2, Digest: 1<<64 - 1}}, Response: Content{Print: 1<<53 + 1}, Sunset: 5},
	} {
		b, err := json.Marshal(&c)
		if err != nil {
			t.Fatal(err)
		}
		var back Call
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if !reflect.DeepEqual(back, c) {
			t.Errorf("\n got %+v\nwant %+v", back, c)
		}
	}
	if json.Unmarshal([]byte(`{"id":1}`), new(Call)) == nil {
		t.Error("a number was taken for an id")
	}
}
