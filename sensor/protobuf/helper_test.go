package protobuf_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"wirecensus/schemas/shape"
	"wirecensus/sensor/protobuf"
)

// compile returns the files of the source, and their types as a FileDescriptorSet has them.
func compile(t testing.TB, source string) (protoreflect.FileDescriptor, *protobuf.Schemas) {
	t.Helper()
	c := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
		Accessor: protocompile.SourceAccessorFromMap(map[string]string{"x.proto": source}),
	})}
	files, err := c.Compile(context.Background(), "x.proto")
	if err != nil {
		t.Fatal(err)
	}
	set := new(descriptorpb.FileDescriptorSet)
	addFile(set, files[0], map[string]bool{})
	b, err := proto.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	s := protobuf.NewSchemas(protobuf.Given())
	if err := s.AddSet(b); err != nil {
		t.Fatal(err)
	}
	return files[0], s
}

func addFile(set *descriptorpb.FileDescriptorSet, f protoreflect.FileDescriptor, done map[string]bool) {
	if done[f.Path()] {
		return
	}
	done[f.Path()] = true
	for i := range f.Imports().Len() {
		addFile(set, f.Imports().Get(i), done)
	}
	set.File = append(set.File, protodesc.ToFileDescriptorProto(f))
}

// shapeOf returns the shape of messages of one type as JSON, "" when one is no message.
func shapeOf(t testing.TB, s *protobuf.Schemas, name string, messages ...[]byte) string {
	t.Helper()
	var r protobuf.Reader
	sc := shape.NewScanner(nil)
	return shapeWith(t, &r, sc, s, name, messages...)
}

func shapeWith(t testing.TB, r *protobuf.Reader, sc *shape.Scanner, s *protobuf.Schemas, name string, messages ...[]byte) string {
	t.Helper()
	sc.Begin()
	r.Begin(protobuf.Names{Given: s}, name)
	for _, m := range messages {
		if !r.Add(m) {
			return ""
		}
	}
	r.Emit(sc, sc.Root())
	return asText(t, sc.Node())
}

func asText(t testing.TB, n *shape.Node) string {
	t.Helper()
	b, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// text returns a length-delimited field.
func text(number protowire.Number, v string) []byte {
	return protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), v)
}

func num(number protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), v)
}

func fixed64(number protowire.Number, v uint64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(nil, number, protowire.Fixed64Type), v)
}

func join(parts ...[]byte) []byte {
	var b strings.Builder
	for _, p := range parts {
		b.Write(p)
	}
	return []byte(b.String())
}

// infer returns the shape of JSON texts.
func infer(t testing.TB, docs ...string) string {
	t.Helper()
	sc := shape.NewScanner(nil)
	sc.Begin()
	for _, d := range docs {
		if !sc.Add([]byte(d)) {
			t.Fatalf("not JSON: %s", d)
		}
	}
	return asText(t, sc.Node())
}
