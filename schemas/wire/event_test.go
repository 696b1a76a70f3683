package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"testing"

	"wirecensus/schemas"
)

func TestHeaders(t *testing.T) {
	c := schemas.Call{ID: "2ed2ac511d69bcdbeb2c9df81042d7db", Time: 1_700_000_000_000_000_001}
	e, b := NewEncoder(), new(Batch)
	e.Add(b, &c)
	got := b.Headers(Origin{"tap 1/ä", 0xabc, 2})
	want := []KeyValue{
		{"content-type", "application/protobuf"}, {"ce_specversion", "1.0"}, {"ce_id", "abc-2ed2ac511d69bcdbeb2c9df81042d7db"}, {"ce_source", "/sensor/tap%201%2F%C3%A4"},
		{"ce_type", "wirecensus.call.v1"}, {"ce_dataschema", "/schemas/v1/call"}, {"ce_time", "2023-11-14T22:13:20.000000001Z"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	e = NewEncoder()
	e.Encoding, b = JSON, new(Batch)
	e.Add(b, &c)
	if got := b.Headers(Origin{}); len(got) != 1 || got[0].Value != "application/cloudevents+json; charset=UTF-8" {
		t.Errorf("%v", got)
	}
	if got := JSONHeaders(); !slices.Equal(got, b.Headers(Origin{})) {
		t.Errorf("%v", got)
	}
	if got := DefinitionHeaders("s", ID{1}); got[2].Value != "01000000000000000000000000000000" || got[4].Value != DefinitionType {
		t.Errorf("%v", got)
	}
	if got := CoverageHeaders(sampleReport()); got[2].Value != "7-2-9" || got[4].Value != CoverageType {
		t.Errorf("%v", got)
	}
}

// TestJSONRecords: a record in JSON is an event of CloudEvents that has the calls.
func TestJSONRecords(t *testing.T) {
	calls := captured(t, "demo")[:300]
	for _, most := range []int{1, 3} {
		e, d := NewEncoder(), NewDecoder()
		e.Encoding = JSON
		for _, r := range pack(e, calls, most) {
			check(t, d, &r)
			var v map[string]any
			if json.Unmarshal(r.value, &v) != nil || v["specversion"] != "1.0" || v["id"] != "5-"+r.calls[0].ID || v["source"] != "/sensor/lab" || v["time"] == "" {
				t.Fatalf("%s", r.value)
			}
		}
	}
}

func TestDelimited(t *testing.T) {
	var file []byte
	want := [][]byte{[]byte("a"), {}, bytes.Repeat([]byte("x"), 100_000), []byte("b")}
	for _, v := range want {
		file = AppendDelimited(file, v)
	}
	r := NewDelimitedReader(bytes.NewReader(file))
	for _, v := range want {
		if got, err := r.Next(); err != nil || !bytes.Equal(got, v) {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
	}
	if _, err := r.Next(); err != io.EOF {
		t.Error(err)
	}
	for file, want := range map[string]error{
		"": io.EOF, "\x05ab": io.ErrUnexpectedEOF, "\x80": io.ErrUnexpectedEOF, "\x02": io.ErrUnexpectedEOF, "\xff\xff\xff\x7f": ErrCorrupt,
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01": ErrCorrupt,
	} {
		if _, err := NewDelimitedReader(bytes.NewReader([]byte(file))).Next(); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", file, err, want)
		}
	}
}

// TestHostile: records made to be read wrongly, or for long, are corrupt.
func TestHostile(t *testing.T) {
	leaf := "\x0a\x02\x10\x01" // a node that is null
	wide := func(n int) []byte {
		var nodes []byte
		nodes = append(nodes, "\x0a\x04\x10\x40\x18\x01"...)
		for range n {
			nodes = append(nodes, "\x0a\x04\x10\x40\x18\x01"...) // each array has items
		}
		return append(nodes, leaf...)
	}
	definition := func(number byte, body []byte) []byte { return appendBytes(nil, number, body) }
	record := func(calls int, def ...[]byte) []byte {
		b := appendHeader(nil, Header{Origin{"s", 1, 1}, 0, calls})
		for _, d := range def {
			b = appendBytes(b, 7, appendBytes(nil, 2, d))
		}
		for range calls {
			b = appendBytes(b, 9, []byte("\x28\x01\x70\x03"))
		}
		return b
	}
	request, response := []byte("\x0a\x00"), []byte("\x12\x00")
	bushy := []byte("\x0a\x06\x10\x20\x20\xff\x7f")
	for range 16383 {
		bushy = append(bushy, leaf...)
	}
	for name, value := range map[string][]byte{
		"deep":              record(1, request, response, definition(4, wide(200))),
		"props past end":    record(1, request, response, definition(4, []byte("\x0a\x05\x10\x20\x20\xff\x3f"))),
		"too many nodes":    record(1, request, response, definition(4, bushy)),
		"spare nodes":       record(1, request, response, definition(4, []byte(leaf+leaf))),
		"no node":           record(1, request, response, definition(4, nil)),
		"sides swapped":     record(1, response, request, definition(4, []byte(leaf))),
		"shape is response": record(1, request, response, response),
		"word":              record(1, request, response, definition(3, nil)),
		"no structures":     record(1),
		"too long":          append(record(1, request, response, definition(4, []byte(leaf))), appendBytes(nil, 31, make([]byte, MaxRecord))...),
		"more than said":    append(record(1, request, response, definition(4, []byte(leaf))), appendBytes(nil, 9, []byte("\x28\x01"))...),
		"too many calls":    append(appendHeader(nil, Header{Count: MaxCount + 1}), bytes.Repeat([]byte("\x4a\x00"), MaxCount+1)...),
		"many structures":   record(1, slices.Repeat([][]byte{request}, maxInline/structureNodes+1)...),
		"many parameters":   record(1, append([]byte{0x0a, 0x80, 0x80, 0x04}, bytes.Repeat([]byte("\x6a\x00"), 1<<15)...), response, definition(4, []byte(leaf))),
		"group":             append(record(1, request, response, definition(4, []byte(leaf))), 0xfb, 1, 0xfc, 1),
	} {
		if _, err := NewDecoder().Decode(value, func(*schemas.Call) { t.Errorf("%s: visited", name) }); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	visits := 0
	if _, err := NewDecoder().Decode(record(2, request, response, definition(4, []byte(leaf))), func(*schemas.Call) { visits++ }); err != nil || visits != 2 {
		t.Errorf("the good one: %v, %d visits", err, visits)
	}
}

// TestWork: calls of few bytes that have many nodes are read up to a limit only.
func TestWork(t *testing.T) {
	shape := appendBytes(nil, 1, []byte("\x10\x20\x20\x80\x7d"))
	for i := range 16000 {
		name := []byte{'a' + byte(i/676), 'a' + byte(i/26%26), 'a' + byte(i%26)}
		shape = appendBytes(shape, 1, append(appendBytes(nil, 1, name), 0x10, 1))
	}
	for calls, want := range map[int]error{10: nil, 600: ErrCorrupt} {
		b := appendHeader(nil, Header{Count: calls})
		for _, d := range [][]byte{{0x0a, 0}, {0x12, 0}, appendBytes(nil, 4, shape)} {
			b = appendBytes(b, 7, appendBytes(nil, 2, d))
		}
		for range calls {
			b = appendBytes(b, 9, []byte("\x28\x01\x70\x03"))
		}
		d := NewDecoder()
		d.Reuse = true
		if _, err := d.Decode(b, func(*schemas.Call) {}); !errors.Is(err, want) {
			t.Error(calls, err)
		}
	}
}
