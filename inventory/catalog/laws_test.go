package catalog

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"sort"
	"strings"
	"testing"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// tight bounds, so that all of them are met by a few hundred calls.
func tight() Config { return Config{MaxServices: 2, Words: 32, Values: 4, MaxPaths: 150, MaxExact: 6} }

// traffic makes calls to several services: resources with identifiers and
// words, failures, scanners with random hosts and paths.
func traffic(r *rand.Rand, n int) []*schemas.Call {
	words := []string{"users", "orders", "items", "search", "me", "reports", "notes", "v1"}
	calls := make([]*schemas.Call, 0, n)
	for i := range n {
		c := &schemas.Call{ID: fmt.Sprint(i), Time: schemas.Time(1e18 + int64(r.IntN(1e9))*1000), Method: []string{"GET", "GET", "POST", "DELETE", "OPTIONS"}[r.IntN(5)],
			Scheme: "http", Host: "s.example", Port: 80, Peer: "10.0.0.1", RequestSeen: true,
			Client: fmt.Sprintf("10.0.%d.%d", r.IntN(2), r.IntN(60)), UserAgent: []string{"browser", "sdk", ""}[r.IntN(3)], Status: []int{200, 200, 201, 302, 404, 401, 500, 0}[r.IntN(8)]}
		path := ""
		for range 1 + r.IntN(4) {
			switch r.IntN(5) {
			case 0:
				path += fmt.Sprintf("/%d", r.IntN(40))
			case 1:
				path += fmt.Sprintf("/name%c%c", 'a'+r.IntN(8), 'a'+r.IntN(8))
			default:
				path += "/" + words[r.IntN(len(words))]
			}
		}
		c.Path = path
		if r.IntN(6) == 0 {
			c.Path += "/"
		}
		if r.IntN(40) == 0 {
			c.Host = fmt.Sprintf("x%d.example", r.IntN(12))
		}
		if r.IntN(2) == 0 {
			c.Auth = []schemas.Auth{{Scheme: "bearer", In: "header", Name: "authorization", Principal: uint64(r.IntN(100)), Alg: "RS256", Expired: r.IntN(9) == 0}}
		}
		if r.IntN(3) == 0 {
			c.Query = []schemas.Param{{Name: words[r.IntN(len(words))], Shape: object(r, 0)}}
			c.Sensitive = []schemas.Sensitive{{Class: "email", In: "response.body", At: "$.a", Count: 1 + r.IntN(3), Masked: r.IntN(2) == 0}}
		}
		c.Response = schemas.Content{MediaType: "application/json", Shape: object(r, 2)}
		if r.IntN(5) == 0 {
			c.Response = schemas.Content{MediaType: "text/html", Print: uint64(1 + r.IntN(3))}
		}
		c.IDs = []schemas.Ident{{In: "path", Pos: r.IntN(3), Digest: uint64(r.IntN(9))}, {In: "response", At: "id", Digest: uint64(r.IntN(9))}}
		for range r.IntN(4) {
			at := fmt.Sprintf("%s_%c", words[r.IntN(len(words))], 'a'+r.IntN(8))
			c.IDs = append(c.IDs, schemas.Ident{In: []string{"request", "response"}[r.IntN(2)], At: at, Digest: uint64(r.IntN(9))})
		}
		carry(r, c)
		calls = append(calls, c)
	}
	return calls
}

// carry makes some calls those of a protocol within HTTP.
func carry(r *rand.Rand, c *schemas.Call) {
	if r.IntN(3) > 0 {
		return
	}
	c.Protocol = []string{"grpc", "grpc-web", "graphql", "json-rpc", "websocket"}[r.IntN(5)]
	c.Request = schemas.Content{MediaType: "application/x", Shape: object(r, 1), Messages: r.IntN(3)}
	c.Response.Messages = r.IntN(3)
	switch r.IntN(12) {
	case 0:
		c.Flags = []string{"path_unknown"}
		c.Path = ""
	case 1, 2:
		c.Flags = []string{"continued"}
	}
	if c.Protocol == "grpc" || c.Protocol == "grpc-web" {
		c.Method, c.Status = "POST", 200
		if c.Path != "" {
			c.Path = fmt.Sprintf("/shop.v1.S%d/M%d", r.IntN(2), r.IntN(8))
		}
		c.Operations = []schemas.Operation{{Kind: []string{"unary", "server-stream"}[r.IntN(2)], Name: c.Path, Status: []string{"OK", "OK", "NOT_FOUND", "UNIMPLEMENTED", "PERMISSION_DENIED", ""}[r.IntN(6)]}}
		return
	}
	for range r.IntN(4) {
		o := schemas.Operation{Kind: []string{"query", "call"}[r.IntN(2)], Name: fmt.Sprintf("op%d", r.IntN(400)), Status: []string{"ok", "ok", "error", "error -32601", ""}[r.IntN(5)], Count: r.IntN(3), Persisted: r.IntN(5) == 0}
		if r.IntN(2) == 0 {
			o.Document = fmt.Sprintf("Doc%d", r.IntN(60))
			o.Args = []schemas.Param{{Name: fmt.Sprintf("a%d", r.IntN(80)), Shape: object(r, 1)}}
			o.Result = object(r, 2)
		}
		c.Operations = append(c.Operations, o)
	}
}

func object(r *rand.Rand, depth int) *shape.Node {
	n := &shape.Node{}
	if depth == 0 || r.IntN(4) == 0 {
		n.Kinds[shape.Integer] = 1
		n.Num = &shape.Numbers{MaxBits: 31}
		return n
	}
	n.Kinds[shape.Object] = 1
	for _, name := range []string{"a", "b", "c", "d"} {
		if r.IntN(2) == 0 {
			n.Props = append(n.Props, shape.Prop{Name: name, Node: object(r, depth-1), Seen: 1})
		}
	}
	return n
}

// fold deals calls out over shards and merges those in a random tree.
func fold(r *rand.Rand, calls []*schemas.Call, shards int, cfg Config) *Catalog {
	list := make([]*Catalog, shards)
	for i := range list {
		list[i] = New(cfg)
	}
	for _, c := range calls {
		list[r.IntN(shards)].Apply(c)
	}
	for len(list) > 1 {
		i, j := r.IntN(len(list)), r.IntN(len(list)-1)
		if j >= i {
			j++
		}
		list[i].Merge(list[j])
		list[j] = list[len(list)-1]
		list = list[:len(list)-1]
	}
	return list[0]
}

// dump writes a value with the keys of maps in order and sets as their counts.
func dump(v any) string {
	var b strings.Builder
	write(&b, reflect.ValueOf(v))
	return b.String()
}

func write(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		if s, ok := v.Interface().(*shape.Node); ok {
			b.Write(s.AppendJSON(nil))
			return
		}
		write(b, v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			b.WriteByte('\n')
			write(b, v.Index(i))
		}
	case reflect.Map:
		keys := v.MapKeys()
		sort.Slice(keys, func(i, j int) bool { return fmt.Sprint(keys[i]) < fmt.Sprint(keys[j]) })
		for _, k := range keys {
			fmt.Fprintf(b, " %v:", k)
			write(b, v.MapIndex(k))
		}
	case reflect.Struct:
		if s, ok := v.Interface().(Set); ok {
			fmt.Fprintf(b, "set(%d %v)", s.Count(), s.Exact())
			return
		}
		b.WriteByte('{')
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				fmt.Fprintf(b, " %s=", f.Name)
				write(b, v.Field(i))
			}
		}
		b.WriteByte('}')
	default:
		fmt.Fprint(b, v.Interface())
	}
}

// differ is the first difference of two texts with what stands around it, "" when there is none.
func differ(a, b string) string {
	if a == b {
		return ""
	}
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from := max(0, i-300)
	return fmt.Sprintf("\nhave …%s\nwant …%s", b[from:min(len(b), i+100)], a[from:min(len(a), i+100)])
}

func TestOrderAndShardsDoNotMatter(t *testing.T) {
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 1))
		calls := traffic(r, 1200)
		cfg := tight()
		cfg.Seed = seed
		if seed%2 == 0 {
			cfg.MaxServices = 100
		}
		want := fold(r, calls, 1, cfg)
		if want.Overflow() != 0 {
			t.Fatalf("seed %d: the hard bound was met; the law is for the soft ones", seed)
		}
		for _, shards := range []int{1, 5} {
			r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
			got := fold(r, calls, shards, cfg)
			if d := differ(dump(want.Services(Options{})), dump(got.Services(Options{}))); d != "" {
				t.Fatalf("seed %d, %d shards: %.3000s", seed, shards, d)
			}
			ws, wc := want.Dropped()
			if gs, gc := got.Dropped(); gs != ws || gc != wc {
				t.Fatalf("seed %d, %d shards: dropped %d services, %d calls; want %d, %d", seed, shards, gs, gc, ws, wc)
			}
		}
	}
}

func TestBoundsAreMet(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	cfg := tight()
	cfg.MaxServices = 100
	if n, _ := fold(r, traffic(r, 500), 1, tight()).Dropped(); n == 0 {
		t.Error("no service was dropped")
	}
	c := fold(r, traffic(r, 3000), 1, cfg)
	levels, rests, fields := 0, 0, 0
	for _, s := range c.good {
		fields = max(fields, mostFields(s.tree.root))
		levels += s.tree.level
		rests += countRests(s.tree.root)
	}
	if levels == 0 || rests == 0 || fields < 3 {
		t.Fatalf("levels %d, rests %d, fields %d: the bounds were not driven", levels, rests, fields)
	}
}

// mostFields is the most names of fields at one place.
func mostFields(n *node) int {
	most := len(n.fields)
	n.sorted(func(k *node, _ *group) { most = max(most, mostFields(k)) })
	return most
}

func countRests(n *node) int {
	c := 0
	n.sorted(func(k *node, _ *group) {
		if k.rest {
			c++
		}
		c += countRests(k)
	})
	return c
}

func TestNodeCount(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	c := fold(r, traffic(r, 2000), 4, tight())
	for _, m := range []map[string]*service{c.good, c.bad} {
		for _, s := range m {
			if n := countNodes(s.tree.root); n != s.tree.nodes {
				t.Errorf("%s: %d nodes, counted as %d", s.name, n, s.tree.nodes)
			}
		}
	}
}

func countNodes(n *node) int {
	c := 1
	n.sorted(func(k *node, _ *group) { c += countNodes(k) })
	return c
}

func TestServicesDecidesOnly(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	calls := traffic(r, 800)
	c := fold(r, calls, 1, tight())
	first := dump(c.Services(Options{}))
	kept := c.Services(Options{})
	if d := differ(first, dump(c.Services(Options{}))); d != "" {
		t.Fatalf("a second look differs: %.2000s", d)
	}
	for _, call := range calls[:100] {
		c.Apply(call)
	}
	if d := differ(first, dump(kept)); d != "" {
		t.Fatalf("later calls changed a snapshot: %.2000s", d)
	}
}
