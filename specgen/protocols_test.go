package specgen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
	"wirecensus/schemas/shape"
	"wirecensus/specgen/diff"
	"wirecensus/specgen/lint"
)

// within are calls of every protocol that HTTP carries, as sensors make them.
func within() (calls []*schemas.Call) {
	add := func(i int, method, path, protocol string, status int, f func(*schemas.Call)) {
		c := &schemas.Call{ID: fmt.Sprint(len(calls)), Time: schemas.Time(1e18 + len(calls)*1e9), Method: method, Path: path, Protocol: protocol, Status: status, Scheme: "https", Host: "api.example", Port: 443,
			RequestSeen: true, Client: fmt.Sprintf("10.0.0.%d", i)}
		f(c)
		calls = append(calls, c)
	}
	in := func(text string) *shape.Node { return shape.Infer([]byte(text)) }
	content := func(media, text string) schemas.Content {
		return schemas.Content{MediaType: media, Shape: in(text)}
	}
	for i := range 8 {
		add(i, "POST", "/shop.v1.Orders/Get", "grpc", 200, func(c *schemas.Call) {
			c.Request, c.Response = content("application/grpc", `{"f1":7}`), content("application/grpc", `{"f1":7,"f2":"abc","f3":[{"f1":1.5}]}`)
			numbers(c.Request.Shape)
			numbers(c.Response.Shape)
			c.Request.Messages, c.Response.Messages = 1, 1
			c.Operations = []schemas.Operation{{Kind: "unary", Name: "shop.v1.Orders/Get", Status: []string{"OK", "OK", "OK", "NOT_FOUND"}[i%4]}}
		})
		add(i, "POST", "/shop.v1.Orders/Watch", "grpc", 200, func(c *schemas.Call) {
			c.Request, c.Response = content("application/grpc+proto", `{"id":7}`), content("application/grpc+proto", `{"id":7}`)
			c.Request.Messages, c.Response.Messages = 1, 20
			c.Operations = []schemas.Operation{{Kind: "server-stream", Name: "shop.v1.Orders/Watch", Status: "OK"}}
		})
		add(i, "POST", "/graphql", "graphql", 200, func(c *schemas.Call) {
			c.Request = content("application/json", `{"query":"query O($id:ID!){order(id:$id){id total}}","operationName":"O","variables":{"id":"a7"}}`)
			c.Response = content("application/json", `{"data":{"order":{"id":"a7","total":12}}}`)
			c.Operations = []schemas.Operation{{Kind: "query", Name: "order", Document: "O", Status: "ok", Args: []schemas.Param{{Name: "id", Shape: in(`"a7"`)}}, Result: in(`{"id":"a7","total":12}`)},
				{Kind: "query", Name: "<script>", Status: "error"}}
		})
		add(i, "POST", "/rpc", "json-rpc", 200, func(c *schemas.Call) {
			c.Request = content("application/json", `{"jsonrpc":"2.0","id":1,"method":"pay","params":{"amount":12.5,"to":["x"]}}`)
			c.Response = content("application/json", `{"jsonrpc":"2.0","id":1,"result":{"ok":true}}`)
			c.Operations = []schemas.Operation{{Kind: "call", Name: "pay", Status: "ok", Args: []schemas.Param{{Name: "amount", Shape: in("12.5")}, {Name: "to", Shape: in(`["x"]`)}}, Result: in(`{"ok":true}`)}}
		})
		add(i, "POST", "/soap", "soap", 200, func(c *schemas.Call) {
			c.Request = content("text/xml", `{"soap:Envelope":{"@version":"1.2","soap:Body":{"GetPrice":{"@unit":"kg","#text":"7"}}}}`)
			c.Response = content("application/soap+xml", `{"soap:Envelope":{"soap:Body":{"GetPriceResponse":{"price":"12.5"}}}}`)
			c.Operations = []schemas.Operation{{Kind: "action", Name: "urn:shop:GetPrice", Status: "ok"}}
		})
		add(i, "GET", "/events", "event-stream", 200, func(c *schemas.Call) {
			c.Response = content("text/event-stream", `{"id":1,"state":"open"}`)
			c.Response.Messages = 12
		})
		add(i, "GET", "/ws", "websocket", 101, func(c *schemas.Call) {
			c.Request, c.Response = content("application/json", `{"say":"x"}`), content("application/json", `{"said":"x","at":1}`)
			c.Request.Messages, c.Response.Messages = 2, 3
		})
	}
	return calls
}

// numbers renames fields to their numbers, as they are without a descriptor.
func numbers(n *shape.Node) {
	if n == nil {
		return
	}
	for i := range n.Props {
		n.Props[i].Name = strings.TrimPrefix(n.Props[i].Name, "f")
		numbers(n.Props[i].Node)
	}
	numbers(n.Items)
}

func service(t testing.TB, calls []*schemas.Call) *catalog.Service {
	t.Helper()
	c := catalog.New(catalog.Config{})
	for _, k := range calls {
		c.Apply(k)
	}
	list := c.Services(catalog.Options{})
	if len(list) != 1 {
		t.Fatalf("%d services", len(list))
	}
	return list[0]
}

// tree is a document as a JSON reader has it; at walks down by keys.
type tree map[string]any

func (o tree) at(t testing.TB, keys ...string) any {
	t.Helper()
	var v any = map[string]any(o)
	for _, k := range keys {
		m, ok := v.(map[string]any)
		if !ok || m[k] == nil {
			t.Fatalf("nothing at %q of %q", k, keys)
		}
		v = m[k]
	}
	return v
}

// TestProtocols: what HTTP carries is in the document, which is valid in both versions, the same whatever the
// order of the calls, and without errors to lint and diff.
func TestProtocols(t *testing.T) {
	calls := within()
	for _, version := range []string{"3.1", "3.0"} {
		doc := Generate(service(t, calls), Options{Version: version})
		validate(t, doc)
		r := rand.New(rand.NewPCG(3, 3))
		r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
		if again := Generate(service(t, calls), Options{Version: version}); !bytes.Equal(doc.YAML(), again.YAML()) {
			t.Error("the order of the calls shows")
		}
		notes, err := lint.Check(doc.YAML(), "x")
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range notes {
			if n.Severity != lint.Info {
				t.Errorf("%s: %+v", version, n)
			}
		}
		if strings.Contains(string(doc.YAML()), "<script>") {
			t.Error("an operation that never succeeded, or markup")
		}
		var o tree
		if err := json.Unmarshal(doc.JSON(), &o); err != nil {
			t.Fatal(err)
		}
		for _, want := range []struct {
			value any
			at    []string
		}{
			{"grpc", []string{"paths", "/shop.v1.Orders/Get", "post", "x-wirecensus-protocol"}},
			{2.0, []string{"paths", "/shop.v1.Orders/Get", "post", "x-wirecensus-outcomes", "404"}},
			{"string", []string{"paths", "/shop.v1.Orders/Get", "post", "responses", "200", "content", "application/grpc", "schema", "properties", "2", "type"}},
			{160.0, []string{"paths", "/shop.v1.Orders/Watch", "post", "responses", "200", "content", "application/grpc+proto", "x-wirecensus-messages"}},
			{"graphql", []string{"paths", "/graphql", "post", "x-wirecensus-protocol"}},
			{"json-rpc", []string{"paths", "/rpc", "post", "x-wirecensus-protocol"}},
			{true, []string{"paths", "/soap", "post", "requestBody", "content", "text/xml", "schema", "properties", "soap:Envelope", "properties", "@version", "xml", "attribute"}},
			{"unit", []string{"paths", "/soap", "post", "requestBody", "content", "text/xml", "schema", "properties", "soap:Envelope", "properties", "soap:Body", "properties", "GetPrice", "properties", "@unit", "xml", "name"}},
			{"string", []string{"paths", "/events", "get", "responses", "200", "content", "text/event-stream", "schema", "type"}},
			{"integer", []string{"paths", "/events", "get", "responses", "200", "content", "text/event-stream", "x-wirecensus-item-schema", "properties", "id", "type"}},
			{"Switching Protocols", []string{"paths", "/ws", "get", "responses", "101", "description"}},
			{16.0, []string{"paths", "/ws", "get", "x-wirecensus-messages", "sent", "application/json", "x-wirecensus-messages"}},
			{"integer", []string{"paths", "/ws", "get", "x-wirecensus-messages", "received", "application/json", "schema", "properties", "at", "type"}},
		} {
			if got := o.at(t, want.at...); got != want.value {
				t.Errorf("%s: %v is %v, want %v", version, want.at, got, want.value)
			}
		}
		ops := o.at(t, "paths", "/graphql", "post", "x-wirecensus-operations").([]any)
		if len(ops) != 1 {
			t.Fatalf("operations %v", ops)
		}
		one := tree(ops[0].(map[string]any))
		if one["kind"] != "query" || one["name"] != "order" || one["x-wirecensus-calls"] != 8.0 || fmt.Sprint(one["documents"]) != "[O]" ||
			one.at(t, "args", "properties", "id", "type") != "string" || fmt.Sprint(one["args"].(map[string]any)["required"]) != "[id]" || one.at(t, "result", "properties", "total", "type") != "integer" {
			t.Errorf("operation %v", one)
		}
		if d, err := diff.Compare(diff.Side{Text: doc.YAML(), Name: "a"}, diff.Side{Text: doc.YAML(), Name: "b"}); err != nil || len(d.Changes) != 0 {
			t.Errorf("%v, %+v", err, d)
		}
	}
}
