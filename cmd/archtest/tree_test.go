package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"
)

const module = "wirecensus"

// pkg is one package of the module, without its tests.
type pkg struct {
	Path  string // relative to the module: "sensor/http1", "" for the root
	Dir   string
	Fset  *token.FileSet
	Files []*ast.File
	Names []string // file names, parallel to Files
	Types *types.Package
	Info  *types.Info
	// Broken is why the package does not type-check, nil when it does; then
	// Info is incomplete.
	Broken error
}

// tree is the module as the go command sees it. Read once per test binary.
var tree = sync.OnceValues(loadTree)

func load(t *testing.T) []*pkg {
	t.Helper()
	pkgs, err := tree()
	if err != nil {
		t.Fatal(err)
	}
	return pkgs
}

// root returns the module's top folder.
func root() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", err
	}
	mod := strings.TrimSpace(string(out))
	if filepath.Base(mod) != "go.mod" {
		return "", errors.New("archtest: not inside a module")
	}
	return filepath.Dir(mod), nil
}

type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	Module                  *struct{ Main bool }
	Error                   *struct{ Err string }
}

func list(dir string) ([]listed, error) {
	cmd := exec.Command("go", "list", "-e", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,Module,Error", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.String())
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
}

func loadTree() ([]*pkg, error) {
	top, err := root()
	if err != nil {
		return nil, err
	}
	all, err := list(top)
	if err != nil {
		return nil, err
	}
	exports := map[string]string{}
	for _, l := range all {
		exports[l.ImportPath] = l.Export
	}
	var pkgs []*pkg
	for _, l := range all {
		if l.Module == nil || !l.Module.Main {
			continue
		}
		p := &pkg{Path: strings.TrimPrefix(strings.TrimPrefix(l.ImportPath, module), "/"), Dir: l.Dir, Fset: token.NewFileSet()}
		for _, name := range l.GoFiles {
			f, err := parser.ParseFile(p.Fset, filepath.Join(l.Dir, name), nil, parser.ParseComments)
			if err != nil {
				return nil, err
			}
			p.Files, p.Names = append(p.Files, f), append(p.Names, name)
		}
		imp := importer.ForCompiler(p.Fset, "gc", func(path string) (io.ReadCloser, error) {
			if exports[path] == "" {
				return nil, fmt.Errorf("no export data for %s", path)
			}
			return os.Open(exports[path])
		})
		p.check(imp)
		pkgs = append(pkgs, p)
	}
	sort.Slice(pkgs, func(i, j int) bool { return pkgs[i].Path < pkgs[j].Path })
	return pkgs, nil
}

func (p *pkg) check(imp types.Importer) {
	p.Info = &types.Info{
		Types:      map[ast.Expr]types.TypeAndValue{},
		Defs:       map[*ast.Ident]types.Object{},
		Uses:       map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
	conf := types.Config{Importer: imp, Error: func(error) {}}
	p.Types, p.Broken = conf.Check(module+"/"+p.Path, p.Fset, p.Files, p.Info)
}

// sample makes a package of one file from source, for testing the checks.
func sample(t *testing.T, path, name, src string) *pkg {
	t.Helper()
	p := &pkg{Path: path, Fset: token.NewFileSet(), Names: []string{name}}
	f, err := parser.ParseFile(p.Fset, name, src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	p.Files = []*ast.File{f}
	if p.check(importer.ForCompiler(p.Fset, "source", nil)); p.Broken != nil {
		t.Fatal(p.Broken)
	}
	return p
}

// at renders a position relative to the module.
func (p *pkg) at(pos token.Pos) string {
	q := p.Fset.Position(pos)
	return fmt.Sprintf("%s:%d", filepath.ToSlash(filepath.Join(p.Path, filepath.Base(q.Filename))), q.Line)
}

// report fails the test once per complaint.
func report(t *testing.T, complaints []string) {
	t.Helper()
	for _, c := range complaints {
		t.Error(c)
	}
}

// fires checks that a check says what is wanted about a sample: want is a
// fragment of each complaint, in order.
func fires(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("got %d complaints, want %d: %q", len(got), len(want), got)
		return
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			t.Errorf("complaint %q does not mention %q", got[i], want[i])
		}
	}
}
