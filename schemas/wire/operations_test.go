package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"wirecensus/schemas"
	"wirecensus/schemas/pb"
	"wirecensus/schemas/shape"
)

// rpcCalls are calls of a gRPC method, a GraphQL query and a JSON-RPC method, as a sensor makes them.
func rpcCalls(n int) (grpc, graphql, rpc []schemas.Call) {
	r := rand.New(rand.NewPCG(4, 4))
	call := func(i int, path string) schemas.Call {
		return schemas.Call{ID: fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64()), Time: schemas.Time(1e18 + i*1e7), Duration: r.Int64N(1e8), Method: "POST", Scheme: "https", Host: "api.example",
			Port: 443, Peer: "10.0.0.9", PeerPort: 8443, Client: fmt.Sprintf("10.0.0.%d", r.IntN(50)), ClientPort: uint16(1024 + r.IntN(60000)), Path: path, Status: 200, Version: "2", RequestSeen: true,
			Auth: []schemas.Auth{{Scheme: "jwt", In: "header", Name: "authorization", Principal: 1 + r.Uint64N(30), Token: 1 + r.Uint64N(60), Alg: "RS256"}}, UserAgent: "sdk"}
	}
	for i := range n {
		c := call(i, "/shop.v1.Orders/Get")
		c.Protocol = "grpc"
		c.Operations = []schemas.Operation{{Kind: "unary", Name: "shop.v1.Orders/Get", Status: "OK"}}
		c.Request = schemas.Content{MediaType: "application/grpc", Size: 20, Shape: shape.Infer(fmt.Appendf(nil, `{"1":%d}`, i)), Messages: 1}
		c.Response = schemas.Content{MediaType: "application/grpc", Size: 80, Shape: shape.Infer(fmt.Appendf(nil, `{"1":%d,"2":"x%x","3":[{"1":2,"2":3}]}`, i, r.Uint64())), Messages: 1}
		grpc = append(grpc, c)
		c = call(i, "/graphql")
		c.Protocol = "graphql"
		c.Request = schemas.Content{MediaType: "application/json", Size: 300, Shape: shape.Infer(fmt.Appendf(nil, `{"operationName":"Order","query":"query Order($id:ID!){order(id:$id){id total state}}","variables":{"id":"%x"}}`, r.Uint64()))}
		c.Response = schemas.Content{MediaType: "application/json", Size: 120, Shape: shape.Infer(fmt.Appendf(nil, `{"data":{"order":{"id":"%x","total":%d,"state":"%s"}}}`, r.Uint64(), i, []string{"open", "paid", "sent"}[i%3]))}
		vars := below(c.Request.Shape, "variables")
		c.Operations = []schemas.Operation{{Kind: "query", Name: "order", Document: "Order", Status: "ok", Args: []schemas.Param{{Name: "id", Shape: below(vars, "id").Clone()}}, Result: below(below(c.Response.Shape, "data"), "order").Clone()}}
		graphql = append(graphql, c)
		c = call(i, "/rpc")
		c.Protocol = "json-rpc"
		c.Request = schemas.Content{MediaType: "application/json", Size: 90, Shape: shape.Infer(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"method":"eth_call","params":{"to":"%x"}}`, i, r.Uint64()))}
		c.Response = schemas.Content{MediaType: "application/json", Size: 60, Shape: shape.Infer(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"result":{"value":"%x"}}`, i, r.Uint64()))}
		c.Operations = []schemas.Operation{{Kind: "call", Name: "eth_call", Status: "ok", Args: []schemas.Param{{Name: "to", Shape: below(below(c.Request.Shape, "params"), "to")}}, Result: below(c.Response.Shape, "result")}}
		rpc = append(rpc, c)
	}
	return grpc, graphql, rpc
}

// TestOperationsAreSmall: what a typical call has for its operation is a few bytes.
func TestOperationsAreSmall(t *testing.T) {
	grpc, graphql, rpc := rpcCalls(1024)
	for name, calls := range map[string][]schemas.Call{"grpc": grpc, "graphql": graphql, "json-rpc": rpc} {
		d := NewDecoder()
		size := func(calls []schemas.Call) (n int) {
			e := NewEncoder()
			pack(e, calls, 256)
			for _, r := range pack(e, calls, 256) {
				n += len(r.value)
			}
			for _, r := range append(pack(NewEncoder(), calls, 256), pack(e, calls, 256)...) {
				for _, def := range e.Known() {
					if err := d.Define(def); err != nil {
						t.Fatal(err)
					}
				}
				check(t, d, &r)
			}
			return n
		}
		with := size(calls)
		bare := make([]schemas.Call, len(calls))
		for i := range calls {
			bare[i] = calls[i]
			bare[i].Protocol, bare[i].Operations, bare[i].Request.Messages, bare[i].Response.Messages = "", nil, 0, 0
		}
		without := size(bare)
		per := float64(with-without) / float64(len(calls))
		t.Logf("%s: %.1f B a call, %.1f of them for the operation", name, float64(with)/float64(len(calls)), per)
		if per > 12 {
			t.Errorf("%s: %.1f B a call for the operation", name, per)
		}
	}
}

// TestEarlierReaders: a reader that does not know of operations passes over them, and has the calls without.
func TestEarlierReaders(t *testing.T) {
	for seed := range uint64(50) {
		d := dice{rand.New(rand.NewPCG(seed, 7))}
		e, dec := NewEncoder(), NewDecoder()
		var calls []schemas.Call
		for range 3 {
			calls = append(calls, d.call())
		}
		for range 3 {
			var b Batch
			for i := range calls {
				e.Add(&b, &calls[i])
			}
			value := b.Seal(nil, Origin{"s", 1, 2}, 3)
			for _, def := range e.Definitions() {
				if kind, _, _ := ParseDefinition(def.Value); kind != OperationsKind {
					if err := dec.Define(def); err != nil {
						t.Fatal(err)
					}
				}
			}
			var m pb.CallBatch
			if err := proto.Unmarshal(value, &m); err != nil {
				t.Fatal(err)
			}
			m.Operations = nil
			for _, c := range m.Calls {
				c.Operations, c.OperationTally, c.OperationOdd, c.OperationDigests, c.RequestMessages, c.ResponseMessages = 0, nil, nil, nil, 0, 0
			}
			value, err := proto.Marshal(&m)
			if err != nil {
				t.Fatal(err)
			}
			i := 0
			if _, err := dec.Decode(value, func(got *schemas.Call) {
				want := calls[i]
				want.Protocol, want.Operations, want.Request.Messages, want.Response.Messages = "", nil, 0, 0
				if !reflect.DeepEqual(got, &want) {
					t.Fatal(cmp.Diff(&want, got, exact))
				}
				i++
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestLentShapesAreBounded: a writer's record stays below the limit of nodes, and one of few bytes whose
// operations stand for very many nodes is corrupt.
func TestLentShapesAreBounded(t *testing.T) {
	wide := &shape.Node{}
	wide.Kinds[shape.Object] = 1
	for i := range 4000 {
		leaf := &shape.Node{}
		leaf.Kinds[shape.Null] = 1
		wide.Props = append(wide.Props, shape.Prop{Name: fmt.Sprintf("p%04d", i), Node: leaf, Seen: 1})
	}
	top := &shape.Node{Props: []shape.Prop{{Name: "result", Node: wide, Seen: 1}}}
	top.Kinds[shape.Object] = 1
	c := schemas.Call{ID: "a", Host: "h", Protocol: "json-rpc", Response: schemas.Content{Shape: top}}
	for range 64 {
		c.Operations = append(c.Operations, schemas.Operation{Kind: "call", Name: "m", Result: wide})
	}
	e, d := NewEncoder(), NewDecoder()
	e.Inline = true
	var b Batch
	for b.Size() < 511<<10 {
		e.Add(&b, &c)
	}
	value := b.Seal(nil, Origin{}, 0)
	if _, err := d.Decode(value, func(got *schemas.Call) {
		if got.Operations[1].Result == nil || got.Operations[2].Result != nil {
			t.Fatal("not the first 8,192 nodes")
		}
	}); err != nil {
		t.Fatal("a batch that was sealed in time", err)
	}
	var m pb.CallBatch
	if err := proto.Unmarshal(value, &m); err != nil {
		t.Fatal(err)
	}
	for _, o := range m.Operations[0].GetDefinition().GetOperations().Operations {
		o.Same = []string{"result"}
	}
	hostile, err := proto.Marshal(&m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Decode(hostile, func(*schemas.Call) { t.Fatal("visited") }); !errors.Is(err, ErrCorrupt) {
		t.Fatalf("%v for a record of %d bytes", err, len(hostile))
	}
}

// TestOperationSamples: what was written with operations is read as what it was.
func TestOperationSamples(t *testing.T) {
	name := filepath.Join(samplesNow, "operations")
	if _, err := os.Stat(name + ".pb"); *update && err != nil {
		writeOperationSamples(t, name)
	}
	d := NewDecoder()
	each(t, name+"-definitions.pb", func(value []byte) {
		if err := d.Define(Definition{idOf(value), value}); err != nil {
			t.Error(err)
		}
	})
	var got bytes.Buffer
	each(t, name+".pb", func(value []byte) {
		if _, err := d.Decode(value, func(c *schemas.Call) {
			text, err := json.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			got.Write(append(text, '\n'))
		}); err != nil {
			t.Fatal(err)
		}
	})
	want, err := os.ReadFile(name + ".ndjson")
	if err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%v, other calls than %s.ndjson has: %d bytes, %d", err, name, got.Len(), len(want))
	}
}

func writeOperationSamples(t *testing.T, name string) {
	grpc, graphql, rpc := rpcCalls(4)
	calls := append(append(grpc, graphql...), rpc...)
	d := dice{rand.New(rand.NewPCG(1, 10))}
	for wide := 0; wide < 4; {
		c, back := d.call(), schemas.Call{}
		if text, err := json.Marshal(&c); err == nil && json.Unmarshal(text, &back) == nil && len(back.Operations) > 1 {
			calls = append(calls, back) // JSON does not have all that random calls hold
			wide++
		}
	}
	var out [3][]byte
	e := NewEncoder()
	for _, r := range pack(e, calls, 3) {
		for _, def := range r.defs {
			out[0] = AppendDelimited(out[0], def.Value)
		}
		out[1] = AppendDelimited(out[1], r.value)
		for i := range r.calls {
			line, err := json.Marshal(&r.calls[i])
			if err != nil {
				t.Fatal(err)
			}
			out[2] = append(append(out[2], line...), '\n')
		}
	}
	for i, suffix := range []string{"-definitions.pb", ".pb", ".ndjson"} {
		if err := os.WriteFile(name+suffix, out[i], 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
