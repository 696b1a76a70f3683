package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
	"testing"
)

// docComplaints wants exactly one package comment, in doc.go, that starts as
// godoc wants it, and a comment on every exported name.
func docComplaints(p *pkg) []string {
	var bad []string
	docs := 0
	for i, f := range p.Files {
		if f.Doc != nil && !generated(f) {
			docs++
			if p.Names[i] != "doc.go" {
				bad = append(bad, fmt.Sprintf("%s: the package comment belongs into doc.go", p.at(f.Package)))
			}
			if start := f.Doc.Text(); p.Types.Name() != "main" && !strings.HasPrefix(start, "Package "+p.Types.Name()+" ") {
				bad = append(bad, fmt.Sprintf("%s: the package comment starts with \"Package %s\"", p.at(f.Package), p.Types.Name()))
			}
		}
		bad = append(bad, undocumented(p, f)...)
	}
	if docs != 1 {
		bad = append(bad, fmt.Sprintf("%s: %d package comments, want exactly one", p.Path, docs))
	}
	return bad
}

func undocumented(p *pkg, f *ast.File) []string {
	if generated(f) || p.Types.Name() == "main" {
		return nil
	}
	var bad []string
	miss := func(pos token.Pos, what string) {
		bad = append(bad, fmt.Sprintf("%s: exported %s has no comment", p.at(pos), what))
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
				miss(d.Pos(), d.Name.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					if s.Name.IsExported() && s.Doc == nil && (d.Doc == nil || len(d.Specs) > 1 && d.Lparen.IsValid() && s.Comment == nil) {
						miss(s.Pos(), s.Name.Name)
					}
				case *ast.ValueSpec:
					// A block's comment speaks for the block, as in the standard library.
					if s.Names[0].IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil {
						miss(s.Pos(), s.Names[0].Name)
					}
				}
			}
		}
	}
	return bad
}

// exportedReceiver reports whether d is a function or a method of an exported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return true
		}
	}
}

// generated reports whether a file says that it is, in the form of go generate.
func generated(f *ast.File) bool { return ast.IsGenerated(f) }

func TestDocumented(t *testing.T) {
	for _, p := range load(t) {
		report(t, docComplaints(p))
	}
}

func TestDocComplaints(t *testing.T) {
	fires(t, docComplaints(sample(t, "p", "doc.go", "// Package p says.\npackage p\n")))
	fires(t, docComplaints(sample(t, "p", "a.go", "// Package p says.\npackage p\n")), "belongs into doc.go")
	fires(t, docComplaints(sample(t, "p", "doc.go", "// This is p.\npackage p\n")), "starts with")
	fires(t, docComplaints(sample(t, "p", "a.go", "package p\n")), "0 package comments")
	body := `// Package p says.
package p

type T struct{}
func F() {}
func (T) M() {}
func (t *T) N() {}
type u struct{}
func (u) Exported() {}
const A = 1
// B is documented.
const B = 1
var V, w = 1, 2
type (
	// G is documented.
	G int
	H int
)
`
	fires(t, docComplaints(sample(t, "p", "doc.go", body)), "T has", "F has", "M has", "N has", "A has", "V has", "H has")
}
