package main

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"

	"wirecensus/cmd/wiregen/synth"
)

// webCall is a capture of one call of gRPC-Web to /shop.v1.Orders/Place.
func webCall(t *testing.T) string {
	t.Helper()
	c := &synth.Conversation{Client: netip.MustParseAddrPort("10.0.0.1:40001"), Server: netip.MustParseAddrPort("10.9.9.9:80"), Start: 1_780_000_000e9, RTT: time.Millisecond}
	const message = "\x00\x00\x00\x00\x09\x0a\x05hello\x10\x05"
	head := fmt.Sprintf("Content-Type: application/grpc-web+proto\r\nContent-Length: %d\r\n\r\n%s", len(message), message)
	c.Say(synth.Client, "POST /shop.v1.Orders/Place HTTP/1.1\r\nHost: shop.example\r\n"+head, time.Millisecond)
	c.Say(synth.Server, "HTTP/1.1 200 OK\r\ngrpc-status: 0\r\n"+head, time.Millisecond)
	path := filepath.Join(t.TempDir(), "web.pcap")
	if err := os.WriteFile(path, synth.New(1, c).Bytes(synth.PCAPNano), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// protoFolder is a folder with two sources, one of which imports the other by its path from there.
func protoFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"shop/v1/orders.proto": `syntax = "proto3"; package shop.v1; import "shop/v1/types.proto"; import "google/protobuf/timestamp.proto";
service Orders { rpc Place(stream Order) returns (Order); } message Order { string customer_note = 1; Amount amount = 2; google.protobuf.Timestamp at = 3; }`,
		"shop/v1/types.proto": `syntax = "proto3"; package shop.v1; enum Amount { NONE = 0; FIVE = 5; }`,
		"README.md":           "not a descriptor",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestProto(t *testing.T) {
	capture, dir := webCall(t), protoFolder(t)
	bare := runReplay(t, nil, "--calls", capture)
	if calls := string(bare.files["calls.ndjson"]); bare.status != 0 || !strings.Contains(calls, `"1":{`) || strings.Contains(calls, "customerNote") {
		t.Fatalf("%d %s\n%s", bare.status, bare.stderr, calls)
	}
	// A descriptor set, made of the folder's files.
	set := new(descriptorpb.FileDescriptorSet)
	files, err := compileProtos(context.Background(), []protoFile{{dir, "shop/v1/orders.proto"}}, []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		set.File = append(set.File, protodesc.ToFileDescriptorProto(f))
	}
	raw, err := proto.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "shop.binpb")
	if err := os.WriteFile(binary, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	folder := runReplay(t, nil, "--calls", "--proto", dir, capture)
	calls := string(folder.files["calls.ndjson"])
	for _, want := range []string{`"customerNote":{`, `"amount":{"string":1`, `"kind":"client-stream"`} {
		if !strings.Contains(calls, want) {
			t.Errorf("%s is missing in %s%s", want, folder.stderr, calls)
		}
	}
	for name, args := range map[string][]string{
		"descriptor set": {"--proto", binary}, "folder with one": {"--proto", filepath.Dir(binary)}, "twice": {"--proto", dir, "--proto", binary},
		"one source, imports found by the folder": {"--proto", filepath.Join(dir, "shop/v1/orders.proto"), "--proto", dir},
	} {
		got := runReplay(t, nil, append(append([]string{"--calls"}, args...), capture)...)
		if !bytes.Equal(got.files["calls.ndjson"], folder.files["calls.ndjson"]) {
			t.Errorf("%s: %s%s", name, got.stderr, got.files["calls.ndjson"])
		}
	}
}

// What cannot be read is an error with a hint before anything is written; the epoch of files depends on the types.
func TestProtoErrors(t *testing.T) {
	capture, dir := webCall(t), protoFolder(t)
	broken := filepath.Join(t.TempDir(), "broken.proto")
	if err := os.WriteFile(broken, []byte("message {"), 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"missing.proto": "no such file", t.TempDir(): "holds no .proto file", broken: "broken.proto", capture: "not a protobuf descriptor",
		filepath.Join(dir, "shop/v1/orders.proto"): "types.proto",
	} {
		got := runReplay(t, nil, "--proto", path, capture)
		if got.status != 1 || !strings.Contains(got.stderr, want) || !strings.Contains(got.stderr, "hint: ") || len(got.files) != 0 {
			t.Errorf("%s: %d %s %v", path, got.status, got.stderr, got.names())
		}
	}
	a, err := readProtos(context.Background(), []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	b, err := readProtos(context.Background(), nil)
	if err != nil || b.schemas != nil {
		t.Fatal(b, err)
	}
	if (&identity{Protos: a.sum}).epoch() == (&identity{Protos: b.sum}).epoch() {
		t.Error("other types, same epoch")
	}
}
