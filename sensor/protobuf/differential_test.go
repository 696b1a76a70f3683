package protobuf_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	_ "google.golang.org/protobuf/types/known/wrapperspb"

	"wirecensus/schemas/shape"
	"wirecensus/sensor/protobuf"
)

// wellKnownTypes are the imported types that random messages use.
var wellKnownTypes = []string{"Timestamp", "Duration", "FieldMask", "Struct", "Value", "ListValue", "DoubleValue", "Int64Value", "UInt32Value", "BoolValue", "StringValue", "BytesValue"}

// randomFile makes a file with an enumeration, and messages that use it and each other.
func randomFile(r *rand.Rand) *descriptorpb.FileDescriptorProto {
	f := &descriptorpb.FileDescriptorProto{
		Name: proto.String("r.proto"), Package: proto.String("r.v1"), Syntax: proto.String("proto3"),
		Dependency: []string{"google/protobuf/timestamp.proto", "google/protobuf/duration.proto", "google/protobuf/field_mask.proto", "google/protobuf/struct.proto", "google/protobuf/wrappers.proto"},
		EnumType: []*descriptorpb.EnumDescriptorProto{{Name: proto.String("E"), Value: []*descriptorpb.EnumValueDescriptorProto{
			{Name: proto.String("E_ZERO"), Number: proto.Int32(0)}, {Name: proto.String("E_ONE"), Number: proto.Int32(1)}, {Name: proto.String("E_MINUS"), Number: proto.Int32(-5)}}}},
	}
	const messages = 3
	for m := range messages {
		d := &descriptorpb.DescriptorProto{Name: proto.String(fmt.Sprint("M", m))}
		number := int32(0)
		for i := range 1 + r.IntN(6) {
			number += 1 + int32(r.IntN(40))
			fd := randomType(r, messages)
			fd.Name, fd.Number = proto.String([]string{"id", "user_name", "x1_y2", "Upper", "a__b", "last_"}[i]), proto.Int32(number)
			if r.IntN(3) == 0 {
				fd.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
			}
			if r.IntN(5) == 0 {
				key := &descriptorpb.FieldDescriptorProto{Name: proto.String("key"), Number: proto.Int32(1), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()}
				key.Type = []descriptorpb.FieldDescriptorProto_Type{9, 8, 3, 13, 17, 18, 7, 15}[r.IntN(8)].Enum()
				value := proto.Clone(fd).(*descriptorpb.FieldDescriptorProto)
				value.Name, value.Number, value.Label = proto.String("value"), proto.Int32(2), descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()
				entry := fmt.Sprintf("%sEntry", []string{"Id", "UserName", "X1Y2", "Upper", "AB", "Last"}[i])
				d.NestedType = append(d.NestedType, &descriptorpb.DescriptorProto{Name: proto.String(entry), Field: []*descriptorpb.FieldDescriptorProto{key, value},
					Options: &descriptorpb.MessageOptions{MapEntry: proto.Bool(true)}})
				fd.Type, fd.TypeName = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(), proto.String(fmt.Sprintf(".r.v1.M%d.%s", m, entry))
				fd.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
			}
			d.Field = append(d.Field, fd)
		}
		f.MessageType = append(f.MessageType, d)
	}
	return f
}

func randomType(r *rand.Rand, messages int) *descriptorpb.FieldDescriptorProto {
	fd := &descriptorpb.FieldDescriptorProto{Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()}
	t := descriptorpb.FieldDescriptorProto_Type(1 + r.IntN(18))
	switch t {
	case descriptorpb.FieldDescriptorProto_TYPE_GROUP, descriptorpb.FieldDescriptorProto_TYPE_MESSAGE:
		t = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE
		fd.TypeName = proto.String(fmt.Sprint(".r.v1.M", r.IntN(messages)))
		if r.IntN(2) == 0 {
			fd.TypeName = proto.String(".google.protobuf." + wellKnownTypes[r.IntN(len(wellKnownTypes))])
		}
	case descriptorpb.FieldDescriptorProto_TYPE_ENUM:
		fd.TypeName = proto.String(".r.v1.E")
	}
	fd.Type = t.Enum()
	return fd
}

// fill sets random fields of m.
func fill(r *rand.Rand, m protoreflect.Message, depth int) {
	for i := range m.Descriptor().Fields().Len() {
		fd := m.Descriptor().Fields().Get(i)
		if r.IntN(3) == 0 || depth == 0 && (fd.Message() != nil || fd.IsMap() && fd.MapValue().Message() != nil) {
			continue
		}
		switch {
		case fd.IsMap():
			mp := m.Mutable(fd).Map()
			for range r.IntN(3) {
				mp.Set(randomValue(r, fd.MapKey(), nil, 0).MapKey(), randomValue(r, fd.MapValue(), mp.NewValue, depth))
			}
		case fd.IsList():
			l := m.Mutable(fd).List()
			for range r.IntN(4) {
				l.Append(randomValue(r, fd, l.NewElement, depth))
			}
		default:
			m.Set(fd, randomValue(r, fd, func() protoreflect.Value { return m.NewField(fd) }, depth))
		}
	}
}

func randomValue(r *rand.Rand, fd protoreflect.FieldDescriptor, fresh func() protoreflect.Value, depth int) protoreflect.Value {
	bits := r.Uint64() >> r.IntN(64)
	switch fd.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOf(bits&1 != 0)
	case protoreflect.EnumKind:
		return protoreflect.ValueOf(protoreflect.EnumNumber([]int32{0, 1, -5, 77}[r.IntN(4)]))
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOf(int32(bits))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOf(uint32(bits))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOf(int64(bits))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOf(bits)
	case protoreflect.FloatKind:
		return protoreflect.ValueOf(float32(randomFloat(r)))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOf(randomFloat(r))
	case protoreflect.StringKind:
		return protoreflect.ValueOf(randomText(r))
	case protoreflect.BytesKind:
		return protoreflect.ValueOf([]byte(randomText(r) + "\x00\xff")[r.IntN(2):])
	}
	v := fresh()
	switch fd.Message().FullName() {
	case "google.protobuf.Timestamp":
		copyInto(v.Message(), timestamppb.New(time.Unix(int64(r.Uint64()%4e9), int64(r.IntN(3))*123_000_000)))
	case "google.protobuf.Duration":
		copyInto(v.Message(), durationpb.New(time.Duration(int64(bits/4))*time.Duration(1-2*r.IntN(2))))
	case "google.protobuf.FieldMask":
		copyInto(v.Message(), &fieldmaskpb.FieldMask{Paths: []string{"a_b", "c.d_e"}[:r.IntN(3)]})
	case "google.protobuf.Struct":
		copyInto(v.Message(), &structpb.Struct{Fields: map[string]*structpb.Value{"k": randomFree(r, 2), "other": randomFree(r, 2)}})
	case "google.protobuf.Value":
		copyInto(v.Message(), randomFree(r, 2))
	case "google.protobuf.ListValue":
		copyInto(v.Message(), &structpb.ListValue{Values: []*structpb.Value{randomFree(r, 2), randomFree(r, 2)}[:r.IntN(3)]})
	default:
		fill(r, v.Message(), max(depth-1, 0))
	}
	return v
}

func copyInto(dst protoreflect.Message, src proto.Message) {
	b, err := proto.Marshal(src)
	if err == nil {
		err = proto.Unmarshal(b, dst.Interface())
	}
	if err != nil {
		panic(err)
	}
}

func randomFree(r *rand.Rand, depth int) *structpb.Value {
	switch k := r.IntN(6); {
	case k == 0:
		return structpb.NewNullValue()
	case k == 1:
		return structpb.NewBoolValue(true)
	case k == 2:
		return structpb.NewNumberValue(float64(r.IntN(100)) / 4)
	case k == 3 && depth > 0:
		return structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{randomFree(r, depth-1), randomFree(r, depth-1)}[:r.IntN(3)]})
	case k == 4 && depth > 0:
		return structpb.NewStructValue(&structpb.Struct{Fields: map[string]*structpb.Value{randomText(r): randomFree(r, depth-1)}})
	}
	return structpb.NewStringValue(randomText(r))
}

func randomFloat(r *rand.Rand) float64 {
	return []float64{0, 1, -2.5, 1e30, 1e-9, 123456.789, math.Inf(1), math.Inf(-1), math.NaN(), r.NormFloat64()}[r.IntN(10)]
}

func randomText(r *rand.Rand) string {
	return []string{"", "word", "two words", "3f2b8c1e-1111-4222-8333-abcdefabcdef", "2024-05-01", "über\n\"x\"", "80", "\x01", "<a>&"}[r.IntN(9)]
}

// asDocumented changes protobuf's JSON to the documented differences: 64-bit
// integers are integers, floating-point numbers are no integers.
func asDocumented(v any, md protoreflect.MessageDescriptor) any {
	if o, ok := v.(map[string]any); ok && md.FullName().Parent() != "google.protobuf" {
		for i := range md.Fields().Len() {
			fd := md.Fields().Get(i)
			x, ok := o[fd.JSONName()]
			switch {
			case !ok:
			case fd.IsMap():
				var list entries
				for k, e := range x.(map[string]any) {
					list = append(list, entry{placeholder(k), documentedValue(e, fd.MapValue())})
				}
				o[fd.JSONName()] = list
			case fd.IsList():
				for k, e := range x.([]any) {
					x.([]any)[k] = documentedValue(e, fd)
				}
			default:
				o[fd.JSONName()] = documentedValue(x, fd)
			}
		}
		return o
	}
	if strings.HasSuffix(string(md.Name()), "Value") && md.Fields().Len() == 1 && md.Name() != "ListValue" {
		return documentedValue(v, md.Fields().Get(0))
	}
	return v
}

// entries is a JSON object that may have one name several times.
type entries []entry

type entry struct {
	key   string
	value any
}

func (e entries) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, x := range e {
		if i > 0 {
			b = append(b, ',')
		}
		v, err := json.Marshal(x.value)
		if err != nil {
			return nil, err
		}
		b = append(append(strconv.AppendQuote(b, x.key), ':'), v...)
	}
	return append(b, '}'), nil
}

// placeholder returns the key of a map as it is documented.
func placeholder(key string) string {
	b, err := json.Marshal(map[string]int{key: 1})
	if err != nil {
		panic(err)
	}
	if name := shape.Infer(b).Props[0].Name; strings.HasPrefix(name, "{") {
		return name
	}
	return "{string}"
}

func documentedValue(v any, fd protoreflect.FieldDescriptor) any {
	switch fd.Kind() {
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return json.Number(v.(string))
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		if n, ok := v.(json.Number); ok {
			if _, err := strconv.ParseInt(string(n), 10, 64); err == nil {
				return json.Number(n + "e0")
			}
		}
	case protoreflect.MessageKind:
		return asDocumented(v, fd.Message())
	}
	return v
}

// FuzzNames compares, for random messages of random types, the shape that is read
// from the wire with that of their JSON form.
func FuzzNames(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed, seed^7)
	}
	f.Fuzz(func(t *testing.T, a, b uint64) {
		r := rand.New(rand.NewPCG(a, b))
		file := randomFile(r)
		fd, err := protodesc.NewFile(file, protoregistry.GlobalFiles)
		if err != nil {
			t.Skip(err) // names that clash
		}
		set := new(descriptorpb.FileDescriptorSet)
		addFile(set, fd, map[string]bool{})
		raw, err := proto.Marshal(set)
		if err != nil {
			t.Fatal(err)
		}
		s := protobuf.NewSchemas(protobuf.Given())
		if err := s.AddSet(raw); err != nil {
			t.Fatal(err)
		}
		md := fd.Messages().Get(0)
		var messages [][]byte
		sc := shape.NewScanner(nil)
		sc.Begin()
		for range 1 + r.IntN(3) {
			m := dynamicpb.NewMessage(md)
			fill(r, m, 3)
			wire, err := proto.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			text, err := protojson.Marshal(m)
			if err != nil {
				t.Skip(err) // what protobuf's JSON cannot say
			}
			messages = append(messages, wire)
			var v any
			d := json.NewDecoder(bytes.NewReader(text))
			d.UseNumber()
			if err := d.Decode(&v); err != nil {
				t.Fatal(err)
			}
			if text, err = json.Marshal(asDocumented(v, md)); err != nil || !sc.Add(text) {
				t.Fatalf("%s: %v", text, err)
			}
		}
		if got, want := shapeOf(t, s, "r.v1.M0", messages...), asText(t, united(sc.Node())); got != want {
			t.Errorf("%x\n%v\n got %s\nwant %s", messages, file, got, want)
		}
	})
}

// united is n without what only a text tells apart.
func united(n *shape.Node) *shape.Node {
	if n == nil {
		return nil
	}
	n = n.Clone()
	n.Tuple, n.Cases, n.Items, n.Extra = 0, nil, united(n.Items), united(n.Extra)
	for i := range n.Props {
		n.Props[i].Node = united(n.Props[i].Node)
	}
	return n
}
