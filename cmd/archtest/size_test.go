package archtest

import (
	"fmt"
	"go/ast"
	"testing"
)

// The hard caps on lines; what is mostly one table is exempt.
const (
	maxFile = 500
	maxFunc = 80
)

func sizeComplaints(p *pkg) []string {
	var bad []string
	for _, f := range p.Files {
		if generated(f) {
			continue
		}
		lines := func(n ast.Node) int {
			return p.Fset.Position(n.End()).Line - p.Fset.Position(n.Pos()).Line + 1
		}
		if total := p.Fset.File(f.Pos()).LineCount(); total > maxFile && 10*tableLines(f, lines) < 7*total {
			bad = append(bad, fmt.Sprintf("%s: %d lines, at most %d: split it by what it knows", p.at(f.Pos()), total, maxFile))
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			if n := lines(fn); n > maxFunc && 10*tableLines(fn.Body, lines) < 7*n {
				bad = append(bad, fmt.Sprintf("%s: %s has %d lines, at most %d: name a step and move it out", p.at(fn.Pos()), fn.Name.Name, n, maxFunc))
			}
		}
	}
	return bad
}

// tableLines counts the lines of the outermost composite literals of constants
// and calls: literals that hold function bodies are code, not tables.
func tableLines(n ast.Node, lines func(ast.Node) int) int {
	total := 0
	ast.Inspect(n, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		code := 0
		ast.Inspect(lit, func(n ast.Node) bool {
			if fn, ok := n.(*ast.FuncLit); ok {
				code += lines(fn)
				return false
			}
			return true
		})
		total += max(0, lines(lit)-code)
		return false
	})
	return total
}

func TestSizes(t *testing.T) {
	for _, p := range load(t) {
		report(t, sizeComplaints(p))
	}
}

func TestSizeComplaints(t *testing.T) {
	rows, stmts := "", ""
	for range 90 {
		rows += "\t1,\n"
		stmts += "\tn++\n"
	}
	fires(t, sizeComplaints(sample(t, "p", "a.go", "package p\nfunc f() []int {\n\treturn []int{\n"+rows+"}\n}\n")))
	fires(t, sizeComplaints(sample(t, "p", "a.go", "package p\nfunc f() {\n\tn := 0\n"+stmts+"}\n")), "f has 93 lines")
	fires(t, sizeComplaints(sample(t, "p", "a.go", "package p\nvar t = []func(){\n\tfunc() {\n\tn := 0\n"+stmts+"},\n}\n")))
	long := "package p\n"
	for i := range 101 {
		long += fmt.Sprintf("func f%d() {\n\tn := 0\n\tn++\n\t_ = n\n}\n", i)
	}
	fires(t, sizeComplaints(sample(t, "p", "a.go", long)), "506 lines")
}
