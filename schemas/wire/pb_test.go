package wire

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"wirecensus/schemas/pb"
)

// isProtobuf: the record and its definitions are what a Protobuf library would write.
func isProtobuf(t *testing.T, r *record) {
	t.Helper()
	same(t, r.value, new(pb.CallBatch))
	for _, d := range r.defs {
		same(t, d.Value, new(pb.Definition))
	}
}

func same(t *testing.T, value []byte, m proto.Message) {
	t.Helper()
	if err := proto.Unmarshal(value, m); err != nil {
		t.Fatal(err)
	}
	if !known(m.ProtoReflect()) {
		t.Fatal("fields that the source does not have")
	}
	back, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil || string(back) != string(value) {
		t.Fatalf("%v: written\n%x\nby the library\n%x", err, value, back)
	}
}

// known reports whether a message has known fields only.
func known(m protoreflect.Message) bool {
	ok := len(m.GetUnknown()) == 0
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Kind() != protoreflect.MessageKind || f.IsMap():
		case f.IsList():
			for i := range v.List().Len() {
				ok = ok && known(v.List().Get(i).Message())
			}
		default:
			ok = ok && known(v.Message())
		}
		return ok
	})
	return ok
}

// TestProtobuf: records of the captures are what a Protobuf library writes.
func TestProtobuf(t *testing.T) {
	for name := range captures {
		for _, r := range pack(NewEncoder(), captured(t, name), 256) {
			isProtobuf(t, &r)
		}
	}
	w := WordDefinition(sampleWord)
	same(t, w.Value, new(pb.Definition))
}
