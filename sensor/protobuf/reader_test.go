package protobuf_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"wirecensus/schemas/shape"
	"wirecensus/sensor/protobuf"
)

// numbered replaces the names of JSON's shape, which has none that are numbers.
func numbered(s string) string {
	return strings.NewReplacer(`"f1"`, `"1"`, `"f2"`, `"2"`, `"f3"`, `"3"`, `"f15"`, `"15"`).Replace(s)
}

func TestWithoutDescriptor(t *testing.T) {
	start := func(n protowire.Number) []byte { return protowire.AppendTag(nil, n, protowire.StartGroupType) }
	end := func(n protowire.Number) []byte { return protowire.AppendTag(nil, n, protowire.EndGroupType) }
	for _, c := range []struct {
		name string
		in   [][]byte
		want []string // JSON texts of the same shape
	}{
		{"scalars", [][]byte{join(num(1, 5), text(2, "hello"), num(15, 300))}, []string{`{"f1":5,"f2":"hello","f15":300}`}},
		{"negative", [][]byte{num(1, math.MaxUint64)}, []string{`{"f1":-1}`}},
		{"nested", [][]byte{text(1, string(join(num(1, 1), text(2, "x"))))}, []string{`{"f1":{"f1":1,"f2":"x"}}`}},
		{"empty message", [][]byte{{}}, []string{`{}`}},
		{"repeated", [][]byte{join(text(1, "a"), num(2, 1), text(1, "b"))}, []string{`{"f1":["a","b"],"f2":1}`}},
		{"repeated in one of two", [][]byte{text(1, "a"), join(text(1, "b"), text(1, "c"))}, []string{`{"f1":["a"]}`, `{"f1":["b","c"]}`}},
		{"repeated messages", [][]byte{join(text(1, "\x08\x01"), text(1, "\x08\x02\x10\x03"))}, []string{`{"f1":[{"f1":1},{"f1":2,"f2":3}]}`}},
		{"packed", [][]byte{text(1, "\x03\x8e\x02\x07\x05\x04\x01\x01\x01\x01")}, []string{`{"f1":[3,270,7,5,4,1,1,1,1]}`}},
		{"double", [][]byte{fixed64(1, math.Float64bits(1.5)), fixed64(1, 0)}, []string{`{"f1":1.5}`, `{"f1":0e0}`}},
		{"fixed64", [][]byte{fixed64(1, 1_700_000_000_000_000_000)}, []string{`{"f1":1700000000000000000}`}},
		{"group", [][]byte{join(start(1), num(1, 5), start(2), end(2), end(1))}, []string{`{"f1":{"f1":5,"f2":{}}}`}},
		{"text that looks like a message", [][]byte{text(1, "80"), text(1, "80")}, []string{`{"f1":"80"}`, `{"f1":"80"}`}},
		{"message that looks like text", [][]byte{text(1, string(text(1, strings.Repeat("z", 40))))}, []string{`{"f1":{"f1":"` + strings.Repeat("z", 40) + `"}}`}},
		{"text with a line break in front", [][]byte{text(1, "\nhello")}, []string{`{"f1":"\nhello"}`}},
		{"message in one, text by chance in the other", [][]byte{text(1, string(text(3, strings.Repeat("z", 40)))), text(1, string(text(3, "z")))},
			[]string{`{"f1":{"f3":"` + strings.Repeat("z", 40) + `"}}`, `{"f1":{"f3":"z"}}`}},
		{"bytes", [][]byte{text(1, "\x00\xff\x00\xfe")}, []string{`{"f1":"AP8A/g=="}`}},
		{"bytes in one, text in the other", [][]byte{text(1, "hello"), text(1, "\x00\xff\x00\xfe")}, []string{`{"f1":"aGVsbG8="}`, `{"f1":"AP8A/g=="}`}},
	} {
		if got, want := shapeOf(t, nil, "", c.in...), numbered(infer(t, c.want...)); got != want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, want)
		}
		slices.Reverse(c.in)
		if got, want := shapeOf(t, nil, "", c.in...), numbered(infer(t, c.want...)); got != want {
			t.Errorf("%s in reverse:\n got %s\nwant %s", c.name, got, want)
		}
	}
}

// Nothing but empty values: the field was there, and no more is said.
func TestEmptyOnly(t *testing.T) {
	if got := shapeOf(t, nil, "", text(1, "")); got != `{"object":1,"props":{"1":{"seen":1}}}` {
		t.Error(got)
	}
	if got, want := shapeOf(t, nil, "", text(1, ""), text(1, "\x08\x01")), numbered(infer(t, `{"f1":{}}`, `{"f1":{"f1":1}}`)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMalformed(t *testing.T) {
	for _, b := range []string{"\x08", "\x00\x01", "\x0a\x05abc", "\x0b\x08\x01", "\x0c", "\x0b\x14", "\x09\x01\x02", "\x0d\x01", "\x0e", "\x0f",
		"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", strings.Repeat("\x0b", 40) + strings.Repeat("\x0c", 40)} {
		if got := shapeOf(t, nil, "", []byte(b)); got != "" {
			t.Errorf("%q has the shape %s", b, got)
		}
	}
}

// Hostile depth and breadth end at the limits, in a shape that says so.
func TestLimits(t *testing.T) {
	deep := []byte{8, 1}
	for range 2000 {
		deep = text(1, string(deep))
	}
	if got := strings.Count(shapeOf(t, nil, "", deep), "props"); got < 30 || got > 34 {
		t.Errorf("%d levels", got)
	}
	var wide []byte
	for i := range 20_000 {
		wide = append(wide, num(protowire.Number(i+1), 1)...)
	}
	if got := shapeOf(t, nil, "", wide); !strings.Contains(got, `"truncated":true`) {
		t.Errorf("not flagged: %.200s", got)
	}
	var r protobuf.Reader
	sc := shape.NewScanner(nil)
	many := bytes.Repeat(text(1, "\x08\x01"), 200_000)
	if got := shapeWith(t, &r, sc, nil, "", many); !strings.Contains(got, `"lens":[200000,200000]`) {
		t.Errorf("%.200s", got)
	}
}

// The order of messages never matters, nor does that of fields.
func TestOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var reader protobuf.Reader
	sc := shape.NewScanner(nil)
	for range 3000 {
		messages := make([][]byte, 1+r.IntN(4))
		fields := make([][][]byte, len(messages))
		for i := range messages {
			for range r.IntN(5) {
				fields[i] = append(fields[i], randomField(r, 3))
			}
			messages[i] = join(fields[i]...)
		}
		want := shapeWith(t, &reader, sc, nil, "", messages...)
		for range 4 {
			r.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
			for i := range fields {
				r.Shuffle(len(fields[i]), func(a, b int) { fields[i][a], fields[i][b] = fields[i][b], fields[i][a] })
				messages[i] = join(fields[i]...)
			}
			if got := shapeOf(t, nil, "", messages...); got != want {
				t.Fatalf("%x\n got %s\nwant %s", messages, got, want)
			}
		}
	}
}

func randomField(r *rand.Rand, depth int) []byte {
	n := protowire.Number(1 + r.IntN(3))
	switch k := r.IntN(8); {
	case k == 0:
		return num(n, r.Uint64()>>r.IntN(64))
	case k == 1:
		return fixed64(n, math.Float64bits(r.Float64()))
	case k == 2:
		return text(n, []string{"80", "hello", "\n\tx", "", "\x00\x01", "\xff\xfe"}[r.IntN(6)])
	case k < 5 && depth > 0:
		var in []byte
		for range 1 + r.IntN(3) {
			in = append(in, randomField(r, depth-1)...)
		}
		return text(n, string(in))
	}
	b := make([]byte, r.IntN(6))
	for i := range b {
		b[i] = byte(r.IntN(128)) << r.IntN(2)
	}
	return text(n, string(b))
}

func BenchmarkRead(b *testing.B) {
	var item []byte
	for i := range 20 {
		item = append(item, text(1, string(join(text(1, "3f2b8c1e-1111-4222-8333-abcdefabcdef"), num(2, uint64(i)), text(3, "leave at the door, please"),
			fixed64(4, math.Float64bits(1.5)), text(5, string(join(num(1, 5), text(2, "EUR")))))))...)
	}
	run := func(b *testing.B, s *protobuf.Schemas, name string) {
		var r protobuf.Reader
		sc := shape.NewScanner(nil)
		b.SetBytes(int64(len(item)))
		b.ReportAllocs()
		for b.Loop() {
			sc.Begin()
			r.Begin(protobuf.Names{Given: s}, name)
			r.Add(item)
			r.Emit(sc, sc.Root())
			sc.Node()
		}
	}
	b.Run("numbers", func(b *testing.B) { run(b, nil, "") })
	_, s := compile(b, `syntax = "proto3"; message L { repeated I items = 1; } message I { string id = 1; int32 n = 2; string note = 3; double price = 4; M m = 5; } message M { int64 units = 1; string currency = 2; }`)
	b.Run("names", func(b *testing.B) { run(b, s, "L") })
}
