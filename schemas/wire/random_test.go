package wire

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// dice makes calls that no sensor would, within what a Call may hold.
type dice struct{ *rand.Rand }

func (d dice) yes() bool { return d.IntN(2) == 0 }

// number is small, or anything.
func (d dice) number() uint64 {
	switch d.IntN(8) {
	case 0:
		return d.Uint64()
	case 1:
		return d.Uint64N(1 << 20)
	}
	return d.Uint64N(4)
}

func (d dice) text() string {
	list := []string{"", "a", "b", "id", "parent_id", "path", "request", "response", "ä", "a/b", "/", "{email}", strings.Repeat("x", 200), "1.2.3.4"}
	return list[d.IntN(len(list))]
}

func (d dice) shape(depth int) *shape.Node {
	n := &shape.Node{Truncated: d.IntN(9) == 0}
	for k := range n.Kinds {
		if d.IntN(3) == 0 && (depth > 0 || k < int(shape.Object)) {
			n.Kinds[k] = 1 + d.number()%(1<<40)
		}
	}
	if n.Kinds[shape.String] > 0 {
		n.Str = d.strings()
	}
	if n.Kinds[shape.Integer]+n.Kinds[shape.Number] > 0 {
		n.Num = &shape.Numbers{Negative: d.number(), Zero: d.number(), MaxBits: uint8(d.number()), Decimals: uint8(d.number()), Class: d.text()}
	}
	if n.Kinds[shape.Array] > 0 {
		n.Lens = shape.Range{Min: d.number(), Max: d.number()}
		if d.yes() {
			n.Items = d.shape(depth - 1)
		}
		if d.IntN(4) == 0 {
			n.Lens.Min, n.Tuple = 3, 0x040810
			n.Lens.Max = 3
		}
	}
	if n.Kinds[shape.Object] > 0 {
		for i := range d.IntN(5) {
			n.Props = append(n.Props, shape.Prop{Name: fmt.Sprint("p", i, d.text()), Node: d.shape(depth - 1), Seen: d.number()})
		}
		if d.IntN(9) == 0 {
			n.Extra = d.shape(depth - 1)
		} else if d.IntN(3) == 0 && len(n.Props) > 0 {
			n.Cases = d.cases(uint8(len(n.Props)))
		}
	}
	return n
}

func (d dice) cases(props uint8) (list []shape.Case) {
	all := uint64(1)<<props - 1
	for by := range props {
		for k := range d.Uint64N(3) {
			list = append(list, shape.Case{By: by, Token: d.number() + k<<62, Count: 1 + d.number()>>1, Some: d.Uint64() & all, Lack: d.Uint64() & all})
		}
	}
	for i := 1; i < len(list); i++ {
		if list[i].By == list[i-1].By && list[i].Token <= list[i-1].Token {
			return nil
		}
	}
	return list
}

func (d dice) strings() *shape.Strings {
	s := &shape.Strings{Len: shape.Range{Min: d.number(), Max: d.number()}, Class: d.text(), TokensFull: d.yes()}
	for range d.IntN(4) {
		s.Formats.Add(shape.Format(d.IntN(int(shape.NumFormats))), 1+d.number()%(1<<40))
	}
	if !s.TokensFull {
		for range d.IntN(4) {
			s.Tokens = append(s.Tokens, d.number())
		}
		slices.Sort(s.Tokens)
		s.Tokens = slices.Compact(s.Tokens)
	}
	return s
}

func (d dice) params() (list []schemas.Param) {
	for range d.IntN(3) {
		p := schemas.Param{Name: d.text(), Count: int(d.number()), Style: d.text(), Class: d.text()}
		if d.yes() {
			p.Shape = d.shape(1)
		}
		list = append(list, p)
	}
	return list
}

func (d dice) content() schemas.Content {
	c := schemas.Content{MediaType: d.text(), Sniffed: d.yes(), Size: int64(d.number()), Unread: d.text(), Print: d.number()}
	if d.yes() {
		c.Shape = d.shape(4)
	}
	if d.IntN(4) == 0 {
		c.Shape = d.envelope()
	}
	c.Messages = int(d.number())
	for range d.IntN(3) {
		c.Parts = append(c.Parts, schemas.Part{Name: d.text(), MediaType: d.text(), File: d.yes()})
	}
	return c
}

func (d dice) texts() (list []string) {
	for range d.IntN(3) {
		list = append(list, d.text())
	}
	return list
}

// operations have shapes of their own, and some that the contents have too.
func (d dice) operations(c *schemas.Call) (list []schemas.Operation) {
	for range d.IntN(4) {
		o := schemas.Operation{Kind: d.text(), Name: d.text(), Document: d.text(), Persisted: d.yes(), Count: int(d.number()), Args: d.params(), Status: d.text()}
		if d.yes() {
			o.Result = d.shape(2)
		}
		if data := below(c.Response.Shape, "data"); data != nil && d.yes() {
			o.Result = data.Props[d.IntN(len(data.Props))].Node
		}
		if n := below(c.Request.Shape, "data"); n != nil && d.yes() {
			p := n.Props[d.IntN(len(n.Props))]
			o.Args = append(o.Args, schemas.Param{Name: p.Name, Shape: p.Node.Clone()})
		}
		if n := below(c.Response.Shape, "result"); n != nil && d.yes() {
			o.Result = n.Clone()
		}
		list = append(list, o)
	}
	return list
}

// envelope is a content with parts that operations have too.
func (d dice) envelope() *shape.Node {
	object := func(props ...shape.Prop) *shape.Node {
		n := &shape.Node{Props: props}
		n.Kinds[shape.Object] = 1
		return n
	}
	prop := func(name string, n *shape.Node) shape.Prop { return shape.Prop{Name: name, Node: n, Seen: 1} }
	return object(prop("data", object(prop("a", d.shape(2)), prop("id", d.shape(1)))), prop("result", d.shape(1)))
}

func (d dice) call() schemas.Call {
	c := schemas.Call{
		ID: d.text(), Time: schemas.Time(d.number()), Duration: int64(d.number()), OneOf: uint32(d.number()), Trace: uint32(d.number()), Method: d.text(), MethodOriginal: d.text(), Scheme: d.text(), Host: d.text(),
		Port: uint16(d.number()), Peer: d.text(), PeerPort: uint16(d.number()), Client: d.text(), ClientPort: uint16(d.number()), Net: uint32(d.number()),
		Path: d.text() + d.text() + d.text(), Status: int(d.number()), Version: d.text(), Flags: d.texts(), Anomalies: d.texts(), RequestSeen: d.yes(),
		Query: d.params(), Headers: d.params(), Cookies: d.params(), ResponseHeaders: d.params(), Request: d.content(), Response: d.content(),
		UserAgent: d.text(), APIVersion: d.text(), Deprecation: int64(d.number()), Sunset: int64(d.number()),
	}
	if d.yes() {
		c.ID = fmt.Sprintf("%016x%016x", d.Uint64(), d.Uint64())
	}
	if d.yes() {
		c.Client = []string{"10.0.0.1", "::1", "::ffff:10.0.0.1", "2001:db8::1", "01.2.3.4", "fe80::1%eth0"}[d.IntN(6)]
	}
	if d.IntN(4) == 0 {
		c.Response.Shape = c.Request.Shape
	}
	for range d.IntN(3) {
		c.Auth = append(c.Auth, schemas.Auth{Scheme: d.text(), In: d.text(), Name: d.text(), Principal: d.number(), Token: d.number(), Alg: d.text(), Expired: d.yes(), NoExpiry: d.yes()})
		c.Sensitive = append(c.Sensitive, schemas.Sensitive{Class: d.text(), In: d.text(), At: d.text(), Count: int(d.number()), Masked: d.yes(), Validated: d.yes()})
	}
	if d.yes() {
		c.Protocol = d.text()
		c.Operations = d.operations(&c)
	}
	for i := range d.IntN(5) {
		c.IDs = append(c.IDs, schemas.Ident{In: "path", Pos: i, Digest: d.number()})
	}
	for range d.IntN(9) {
		c.IDs = append(c.IDs, schemas.Ident{In: d.text(), Pos: int(d.number()), At: d.text(), Digest: d.number()})
	}
	return c
}

// TestRandom: whatever a Call holds comes out as it went in.
func TestRandom(t *testing.T) {
	for seed := range uint64(400) {
		d := dice{rand.New(rand.NewPCG(seed, 1))}
		e, dec := NewEncoder(), NewDecoder()
		e.Inline, dec.Reuse = d.yes(), d.yes()
		var kinds []schemas.Call
		for range 1 + d.IntN(4) {
			kinds = append(kinds, d.call())
		}
		for range 4 {
			r := record{}
			var b Batch
			for range 1 + d.IntN(6) {
				c := kinds[d.IntN(len(kinds))]
				r.calls = append(r.calls, c)
				e.Add(&b, &c)
			}
			r.value, r.defs = b.Seal(nil, Origin{d.text(), d.number(), uint32(d.number())}, d.number()), e.Definitions()
			if e.Inline && len(r.defs) > 0 {
				t.Fatal("definitions of records that are complete in themselves")
			}
			check(t, dec, &r)
			isProtobuf(t, &r)
		}
	}
}

// TestNotUTF8: text that Protobuf cannot hold is mended as in JSON.
func TestNotUTF8(t *testing.T) {
	c := schemas.Call{ID: "\xff", Host: "a\xc3", Path: "/\x80/b", Client: "\xfe", IDs: []schemas.Ident{{In: "request", At: "k\xff"}}}
	want := schemas.Call{ID: "\uFFFD", Host: "a\uFFFD", Path: "/\uFFFD/b", Client: "\uFFFD", IDs: []schemas.Ident{{In: "request", At: "k\uFFFD"}}}
	var b Batch
	NewEncoder().Add(&b, &c)
	_, err := NewDecoder().Decode(b.Seal(nil, Origin{}, 0), func(got *schemas.Call) {
		if !reflect.DeepEqual(got, &want) {
			t.Error(cmp.Diff(&want, got, exact))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
