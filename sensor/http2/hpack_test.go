package http2

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"golang.org/x/net/http2/hpack"
)

// Every entry of the static table and every byte are as the library has them.
func TestTables(t *testing.T) {
	d := hpack.NewDecoder(defaultTable, nil)
	for i := 1; i < len(static); i++ {
		fs, err := d.DecodeFull([]byte{0x80 | byte(i)})
		if err != nil || fs[0].Name != string(static[i].name) || fs[0].Value != string(static[i].value) {
			t.Errorf("index %d: %v, %v", i, fs, err)
		}
		if got := classOf(static[i].name); got != static[i].class {
			t.Errorf("%s: class %d, want %d", static[i].name, static[i].class, got)
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for n := range 2000 {
		text := make([]byte, n%300)
		for i := range text {
			if text[i] = byte(rng.Uint32()); n%2 == 0 {
				text[i] = "abcdefghijklmnopqrstuvwxyz0123456789/-_.:%"[rng.IntN(42)]
			}
		}
		coded := hpack.AppendHuffmanString(nil, string(text))
		got, ok := codes.decode(make([]byte, 0, decodedLen(len(coded))), coded)
		if !ok || !bytes.Equal(got, text) {
			t.Fatalf("%q became %q, %v", text, got, ok)
		}
	}
}

// blocks splits data into header blocks: a length byte, then as many bytes.
func blocks(data []byte) (out [][]byte) {
	for len(data) > 0 {
		n := min(int(data[0])+1, len(data)-1)
		out = append(out, data[1:1+n])
		data = data[1+n:]
	}
	return out
}

// ours decodes one block. ok is false when it is invalid.
func ours(p *Pool, d *decoder, block []byte) (fields []hpack.HeaderField, ok bool) {
	d.begun = false
	for len(block) > 0 {
		var f field
		n, isField, st := d.next(p, block, &f)
		if st != decoded {
			return fields, false
		}
		if isField {
			if !f.nameKnown || !f.valueKnown {
				return fields, false
			}
			fields = append(fields, hpack.HeaderField{Name: string(f.name), Value: string(f.value)})
		}
		block = block[n:]
	}
	return fields, true
}

// updates reports whether a block may have several size updates, or one after a
// field. The library refuses the former, which RFC 7541, Section 4.2, allows, and takes
// the latter while its table is empty.
func updates(b []byte) bool {
	n := 0
	for i, c := range b {
		if c&0xe0 == 0x20 && (n > 0 || i > 0) && suspicious(b[:i]) {
			return true
		}
		if c&0xe0 == 0x20 {
			n++
		}
	}
	return false
}

// suspicious reports whether a representation ends where b ends.
func suspicious(b []byte) bool {
	p, d := NewPool(Limits{}), new(decoder)
	d.table.lose(p)
	for len(b) > 0 {
		var f field
		d.begun = false
		n, _, st := d.next(p, b, &f)
		if st != decoded {
			return false
		}
		b = b[n:]
	}
	return true
}

// agree decodes blocks with the library and with ours until one fails.
func agree(list [][]byte) error {
	p := NewPool(Limits{})
	d := new(decoder)
	d.table.reset(p)
	lib := hpack.NewDecoder(defaultTable, nil)
	lib.SetAllowedMaxDynamicTableSize(1<<32 - 1)
	for i, b := range list {
		p.begin()
		want, err := lib.DecodeFull(b)
		got, ok := ours(p, d, b)
		if err != nil && !ok || updates(b) {
			return nil
		}
		if (err == nil) != ok {
			return fmt.Errorf("block %d % x: library %v, ours %v (%v)", i, b, err, ok, got)
		}
		if len(got) != len(want) {
			return fmt.Errorf("block %d % x: %v, want %v", i, b, got, want)
		}
		for k := range got {
			if got[k].Name != want[k].Name || got[k].Value != want[k].Value {
				return fmt.Errorf("block %d, field %d: %q, want %q", i, k, got[k], want[k])
			}
		}
	}
	return nil
}

// FuzzHPACK holds the decoder against golang.org/x/net/http2/hpack, block after
// block of one connection: the same fields, the same blocks refused.
func FuzzHPACK(f *testing.F) {
	for seed := range uint64(8) {
		var in []byte
		for _, b := range encoded(rand.New(rand.NewPCG(seed, 0)), 6) {
			in = append(append(in, byte(min(len(b), 256)-1)), b[:min(len(b), 256)]...)
		}
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if err := agree(blocks(in)); err != nil {
			t.Error(err)
		}
	})
}

// encoded returns n header blocks of one encoder, sizes of the table changing.
func encoded(rng *rand.Rand, n int) (out [][]byte) {
	out, _ = encodedFields(rng, n)
	return out
}

// encodedFields is encoded, and says what was encoded.
func encodedFields(rng *rand.Rand, n int) (out [][]byte, fields [][]hpack.HeaderField) {
	var buf bytes.Buffer
	e := hpack.NewEncoder(&buf)
	e.SetMaxDynamicTableSizeLimit(1 << 16)
	for range n {
		buf.Reset()
		if rng.IntN(4) == 0 {
			e.SetMaxDynamicTableSize(uint32(rng.IntN(1 << rng.IntN(14))))
		}
		fields = append(fields, nil)
		for range rng.IntN(20) {
			f := hpack.HeaderField{Name: fmt.Sprintf("x-%d", rng.IntN(10)), Value: fmt.Sprint(rng.IntN(30)), Sensitive: rng.IntN(5) == 0}
			if rng.IntN(3) == 0 {
				f.Name, f.Value = string(static[1+rng.IntN(61)].name), string(make([]byte, rng.IntN(200)))
			}
			if err := e.WriteField(f); err != nil {
				panic(err)
			}
			last := &fields[len(fields)-1]
			*last = append(*last, f)
		}
		out = append(out, bytes.Clone(buf.Bytes()))
	}
	return out, fields
}

func TestHPACKAgrees(t *testing.T) {
	for seed := range uint64(300) {
		if err := agree(encoded(rand.New(rand.NewPCG(seed, 1)), 60)); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// After any loss, a field that is told is the one that was sent.
func TestHPACKLossNeverLies(t *testing.T) {
	known, all := 0, 0
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 2))
		list, fields := encodedFields(rng, 60)
		p := NewPool(Limits{})
		d := new(decoder)
		d.table.reset(p)
		for i, b := range list {
			want := fields[i]
			if rng.IntN(15) == 0 {
				d.table.lose(p)
				continue
			}
			p.begin()
			d.begun = false
			for k := 0; len(b) > 0; {
				var f field
				n, isField, st := d.next(p, b, &f)
				if st != decoded {
					t.Fatalf("seed %d, block %d: status %d", seed, i, st)
				}
				if b = b[n:]; !isField {
					continue
				}
				if f.nameKnown && string(f.name) != want[k].Name || f.valueKnown && string(f.value) != want[k].Value {
					t.Fatalf("seed %d, block %d, field %d: %q %q, was %q", seed, i, k, f.name, f.value, want[k])
				}
				if all++; f.nameKnown && f.valueKnown {
					known++
				}
				k++
			}
		}
	}
	if known*10 < all*8 {
		t.Errorf("%d of %d fields known", known, all)
	}
	t.Logf("%d of %d fields known", known, all)
}
