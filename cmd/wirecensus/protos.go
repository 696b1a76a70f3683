package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"

	"wirecensus/sensor/protobuf"
)

// protos are the descriptors that --proto names.
type protos struct {
	schemas *protobuf.Schemas // nil when none are named
	sum     [sha256.Size]byte // of what was read
}

// protoFile is a source and the folder that its imports are relative to.
type protoFile struct{ root, name string }

// readProtos reads descriptor sets, sources and folders of both.
func readProtos(ctx context.Context, paths []string) (p protos, err error) {
	if len(paths) == 0 {
		return p, nil
	}
	p.schemas = protobuf.NewSchemas(protobuf.Given())
	sum := sha256.New()
	var sources []protoFile
	var roots []string
	for _, path := range paths {
		found, sets, err := findProtos(path)
		if err != nil {
			return p, &hinted{err, "--proto names a FileDescriptorSet, a .proto file or a folder of them"}
		}
		sources = append(sources, found...)
		for _, f := range found {
			if !slices.Contains(roots, f.root) {
				roots = append(roots, f.root)
			}
		}
		for _, set := range sets {
			b, err := os.ReadFile(set)
			if err == nil {
				err = p.schemas.AddSet(b)
			}
			if err != nil {
				return p, &hinted{fmt.Errorf("read %s: %w", set, err), "make one: protoc --include_imports --descriptor_set_out=FILE *.proto"}
			}
			sum.Write(b)
		}
	}
	files, err := compileProtos(ctx, sources, roots)
	for _, file := range files {
		b, bad := proto.MarshalOptions{Deterministic: true}.Marshal(protodesc.ToFileDescriptorProto(file))
		if bad == nil {
			bad = p.schemas.Add(b)
		}
		err = errors.Join(err, bad)
		sum.Write(b)
	}
	if err != nil {
		return p, &hinted{fmt.Errorf("read .proto files: %w", err), "name the folder that imports are relative to, or give a descriptor set: protoc --include_imports --descriptor_set_out=FILE *.proto"}
	}
	sum.Sum(p.sum[:0])
	return p, nil
}

// findProtos returns the sources and descriptor sets that path names.
func findProtos(path string) (sources []protoFile, sets []string, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, nil, err
	case !info.IsDir() && filepath.Ext(path) == ".proto":
		return []protoFile{{filepath.Dir(path), filepath.Base(path)}}, nil, nil
	case !info.IsDir():
		return nil, []string{path}, nil
	}
	err = filepath.WalkDir(path, func(file string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		switch filepath.Ext(file) {
		case ".proto":
			name, err := filepath.Rel(path, file)
			sources = append(sources, protoFile{path, filepath.ToSlash(name)})
			return err
		case ".pb", ".binpb", ".protoset", ".desc":
			sets = append(sets, file)
		}
		return nil
	})
	if err == nil && len(sources)+len(sets) == 0 {
		err = fmt.Errorf("%s holds no .proto file and no descriptor set (.pb, .binpb, .protoset, .desc)", path)
	}
	return sources, sets, err
}

// compileProtos compiles the sources of each root by itself, imports looked for in
// all roots, and returns the files with all that they import, each once.
func compileProtos(ctx context.Context, sources []protoFile, roots []string) (all []protoreflect.FileDescriptor, err error) {
	for _, root := range roots {
		var names []string
		for _, f := range sources {
			if f.root == root && !slices.Contains(names, f.name) {
				names = append(names, f.name)
			}
		}
		paths := append([]string{root}, roots...)
		c := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: paths}), MaxParallelism: 1}
		files, err := c.Compile(ctx, names...)
		if err != nil {
			return nil, errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
		}
		seen := map[string]bool{}
		for _, f := range files {
			all = appendImports(all, f, seen)
		}
	}
	return all, nil
}

func appendImports(all []protoreflect.FileDescriptor, f protoreflect.FileDescriptor, seen map[string]bool) []protoreflect.FileDescriptor {
	if seen[f.Path()] {
		return all
	}
	seen[f.Path()] = true
	for i := range f.Imports().Len() {
		all = appendImports(all, f.Imports().Get(i), seen)
	}
	return append(all, f)
}
