package pb

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

var update = flag.Bool("update", false, "write the generated Go")

// sources are the Protobuf files, what is imported before what imports it.
var sources = []string{"schemas/structure.proto", "schemas/call.proto", "schemas/coverage.proto", "schemas/finding.proto"}

// TestGenerated: the committed Go is what the sources give. `go test ./schemas/pb -update` writes it.
func TestGenerated(t *testing.T) {
	for _, f := range generate(t) {
		name := path.Base(f.GetName())
		if *update {
			if err := os.WriteFile(name, []byte(f.GetContent()), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		have, err := os.ReadFile(name)
		if err != nil || string(have) != f.GetContent() {
			t.Errorf("%s is not what its source gives (%v): go test ./schemas/pb -update", name, err)
		}
	}
	if found, _ := filepath.Glob("../*.proto"); len(found) != len(sources) {
		t.Errorf("%d sources, %d are listed", len(found), len(sources))
	}
}

// compile compiles the sources.
func compile(t *testing.T) []protoreflect.FileDescriptor {
	t.Helper()
	c := protocompile.Compiler{
		Resolver:       &protocompile.SourceResolver{ImportPaths: []string{"../.."}},
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	files, err := c.Compile(context.Background(), sources...)
	if err != nil {
		t.Fatal(err)
	}
	var out []protoreflect.FileDescriptor
	for _, f := range files {
		out = append(out, f)
	}
	return out
}

func generate(t *testing.T) []*pluginpb.CodeGeneratorResponse_File {
	t.Helper()
	req := &pluginpb.CodeGeneratorRequest{FileToGenerate: sources, Parameter: proto.String("paths=source_relative")}
	for _, f := range compile(t) {
		req.ProtoFile = append(req.ProtoFile, proto.Clone(protoutil.ProtoFromFileDescriptor(f)).(*descriptorpb.FileDescriptorProto))
	}
	in, err := proto.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "tool", "protoc-gen-go")
	var errs bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	var res pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(out, &res); err != nil || res.Error != nil {
		t.Fatal(err, res.GetError())
	}
	return res.File
}

// TestDocumented: every message, field and value that needs it has a comment in its source.
func TestDocumented(t *testing.T) {
	for _, f := range compile(t) {
		said := func(d protoreflect.Descriptor) {
			at := f.SourceLocations().ByDescriptor(d)
			if strings.TrimSpace(at.LeadingComments+at.TrailingComments) == "" {
				t.Errorf("%s has no comment", d.FullName())
			}
		}
		for i := range f.Messages().Len() {
			m := f.Messages().Get(i)
			said(m)
			for k := range m.Fields().Len() {
				if fd := m.Fields().Get(k); f.SourceLocations().ByDescriptor(fd).LeadingComments != "" || fd.ContainingOneof() == nil {
					said(fd)
				}
			}
		}
		for i := range f.Enums().Len() {
			said(f.Enums().Get(i))
		}
	}
}
