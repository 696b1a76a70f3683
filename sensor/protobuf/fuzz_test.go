package protobuf_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/emptypb"

	"wirecensus/schemas/shape"
	"wirecensus/sensor/protobuf"
)

// FuzzRead reads three messages: what protobuf's own decoder takes is taken, the
// order does not matter, and a Reader that has read others reads like a new one.
func FuzzRead(f *testing.F) {
	f.Add([]byte{8, 1}, text(1, "hello"), []byte{})
	f.Add(text(1, "\x08\x01"), text(1, "80"), text(2, "\n\thello"))
	f.Add(text(3, "\x03\x8e\x02"), fixed64(4, 1), []byte{0x0b, 0x08, 0x01, 0x0c})
	f.Add([]byte{0x0d, 1, 2, 3, 4}, text(1, strings.Repeat("\x0a\x00", 20)), text(1, text2()))
	_, s := compile(f, `syntax = "proto3"; message M { M m = 1; repeated int32 n = 2; map<string, M> k = 3; string s = 4; bytes b = 5; double d = 6; repeated M l = 7; }`)
	var reader protobuf.Reader
	sc := shape.NewScanner(nil)
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		for _, m := range [][]byte{a, b, c} {
			if proto.Unmarshal(m, new(emptypb.Empty)) == nil && reader.Add(m) != true {
				t.Fatalf("%x is a message", m)
			}
		}
		for _, name := range []string{"", "M"} {
			want := shapeOf(t, s, name, a, b, c)
			if got := shapeWith(t, &reader, sc, s, name, a, b, c); got != want {
				t.Errorf("read again: %s\nwas %s", got, want)
			}
			if got := shapeOf(t, s, name, c, a, b); got != want && !strings.Contains(want, "truncated") {
				t.Errorf("in another order: %s\nwas %s", got, want)
			}
		}
	})
}

func text2() string { return string(text(2, string(text(1, "x")))) }

// FuzzDescriptor adds a file that may be any bytes. Every file that protobuf takes
// is taken, and then its messages can be read; nothing else does harm.
func FuzzDescriptor(f *testing.F) {
	fd, _ := compile(f, `syntax = "proto3"; package a.b; message M { M m = 1; E e = 2; map<int32, M> k = 3; message N { oneof o { string s = 1; bytes b = 2; } } } enum E { Z = 0; } service S { rpc Do(stream M) returns (M.N); }`)
	raw, err := proto.Marshal(protodesc.ToFileDescriptorProto(fd))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw, []byte{0x0a, 0x00, 0x10, 0x01})
	f.Add(text(4, string(text(1, "M"))), []byte{})
	f.Add([]byte{}, []byte{8, 1})
	f.Fuzz(func(t *testing.T, raw, message []byte) {
		s := protobuf.NewSchemas(protobuf.Learnt())
		err := s.Add(raw)
		file := new(descriptorpb.FileDescriptorProto)
		if proto.Unmarshal(raw, file) == nil {
			if fd, bad := protodesc.NewFile(file, protoregistry.GlobalFiles); bad == nil && err != nil && len(raw) > 0 && len(raw) < maxName {
				t.Errorf("%v of %v", err, file)
			} else if bad == nil && err == nil {
				for i := range fd.Messages().Len() {
					md := fd.Messages().Get(i)
					if proto.Unmarshal(message, dynamicpb.NewMessage(md)) == nil && shapeOf(t, s, string(md.FullName()), message) == "" {
						t.Errorf("%x is a %s", message, md.FullName())
					}
				}
			}
		}
	})
}

// maxName is the length of names that are refused though protobuf takes them.
const maxName = 128

func TestDescriptorRefused(t *testing.T) {
	for name, raw := range map[string][]byte{
		"empty": {}, "no fields": {0xff}, "message without a name": text(4, ""), "name with a space": text(4, string(text(1, "a b"))),
		"package": text(2, "a..b"), "field without a number": text(4, string(join(text(1, "M"), text(2, string(text(1, "f")))))),
		"long name": text(4, string(text(1, strings.Repeat("x", 129)))), "enumeration": text(5, string(text(1, "1"))), "service": text(6, "\x00"),
	} {
		s := protobuf.NewSchemas(protobuf.Learnt())
		if err := s.Add(raw); err != protobuf.ErrSyntax {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := protobuf.NewSchemas(protobuf.Learnt())
	deep := text(1, "M")
	for range 100 {
		deep = join(text(1, "M"), text(3, string(deep)))
	}
	if err := s.Add(text(4, string(deep))); err != protobuf.ErrSyntax {
		t.Errorf("deep: %v", err)
	}
	var wide []byte
	for range 9000 {
		wide = append(wide, text(4, string(text(1, "M")))...)
	}
	if err := s.Add(wide); err != protobuf.ErrRoom {
		t.Errorf("wide: %v", err)
	}
	if err := s.Add(make([]byte, 600<<10)); err != protobuf.ErrRoom {
		t.Errorf("large: %v", err)
	}
}
