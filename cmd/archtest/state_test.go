package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strings"
	"testing"
)

// shell are the files in which clocks and goroutines live.
var shell = []string{
	"cmd/wirecensus/*.go", "cmd/wiregen/*.go",
	"sensor/pipeline.go", "sensor/run.go", "sensor/shell.go",
	"sensor/capture/live*.go",
	"sensor/publish/*/shell.go",
	"inventory/*.go",
	"inventory/store/storetest/*.go",
}

// workers are the files beside the shell that may start goroutines, because
// what they adapt makes them necessary, but read no clock.
var workers = []string{"sensor/*.go", "sensor/publish/*.go", "sensor/publish/outbox/*.go", "inventory/ingest/*.go", "cmd/wiregen/tap/*.go"}

// streams are the files that may use the process's standard streams.
var streams = []string{"cmd/*/*.go", "cmd/wiregen/synth/*.go", "inventory/store/storetest/crash.go"}

var clock = []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTicker", "NewTimer"}

func matches(file string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pat string) bool {
		ok, err := path.Match(pat, file)
		return ok && err == nil
	})
}

// effectComplaints finds clocks, goroutines and standard streams outside the
// places that own them, and init anywhere.
func effectComplaints(p *pkg) []string {
	var bad []string
	for i, f := range p.Files {
		file := path.Join(p.Path, p.Names[i])
		say := func(n ast.Node, format string, args ...any) {
			bad = append(bad, p.at(n.Pos())+": "+fmt.Sprintf(format, args...))
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv == nil && n.Name.Name == "init" && !generated(f) {
					say(n, "init runs behind the caller's back: make it a value or a constructor")
				}
			case *ast.GoStmt:
				if !matches(file, shell) && !matches(file, workers) {
					say(n, "goroutine below the shell: values in, values out")
				}
			case *ast.SelectorExpr:
				obj := p.Info.Uses[n.Sel]
				if obj == nil || obj.Pkg() == nil || obj.Parent() != obj.Pkg().Scope() {
					return true
				}
				switch from, name := obj.Pkg().Path(), obj.Name(); {
				case from == "time" && slices.Contains(clock, name) && !matches(file, shell):
					say(n, "time.%s below the shell: the only clock is packet time", name)
				case from == "os" && slices.Contains([]string{"Stdout", "Stderr", "Stdin", "Exit"}, name) && !matches(file, streams),
					from == "fmt" && slices.Contains([]string{"Print", "Printf", "Println"}, name) && !matches(file, streams):
					say(n, "%s.%s outside cmd: take an io.Writer or return a value", from, name)
				}
			}
			return true
		})
	}
	return bad
}

// immutable are types of others that nobody can change through their exported
// methods in a way that shows.
var immutable = []string{
	"*regexp.Regexp", "*html/template.Template", "*text/template.Template", "embed.FS", "*strings.Replacer",
	"*hash/crc32.Table", "*encoding/base64.Encoding", "*encoding/base32.Encoding", "error",
	"reflect.Type", "*unicode.RangeTable", "encoding/binary.ByteOrder",
}

// varComplaints wants package variables to be errors or tables: unexported (but
// for errors), of a type without hidden state, never written after their declaration.
func varComplaints(p *pkg) []string {
	var bad []string
	tables := map[types.Object]bool{}
	for _, f := range p.Files {
		if generated(f) {
			continue
		}
		for _, d := range f.Decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok || gen.Tok != token.VAR {
				continue
			}
			for _, s := range gen.Specs {
				for _, name := range s.(*ast.ValueSpec).Names {
					if name.Name == "_" {
						continue
					}
					obj := p.Info.Defs[name]
					tables[obj] = true
					isErr := types.Identical(obj.Type(), types.Universe.Lookup("error").Type())
					if name.IsExported() && !isErr {
						bad = append(bad, fmt.Sprintf("%s: exported variable %s can be set by anybody: make it a function or a constant", p.at(name.Pos()), name.Name))
					}
					if why := hidden(obj.Type(), nil); why != "" {
						bad = append(bad, fmt.Sprintf("%s: package variable %s holds %s, which is state: give it an owner", p.at(name.Pos()), name.Name, why))
					}
				}
			}
		}
	}
	for _, f := range p.Files {
		bad = append(bad, writes(p, f, tables)...)
	}
	return bad
}

// hidden names the part of t that can change without the variable being
// written: a pointer, a channel, an interface or a type of sync; "" if there is none.
func hidden(t types.Type, seen []types.Type) string {
	t = types.Unalias(t)
	name := types.TypeString(t, nil)
	if slices.Contains(immutable, name) || slices.Contains(seen, t) {
		return ""
	}
	seen = append(seen, t)
	if n, ok := t.(*types.Named); ok && n.Obj().Pkg() != nil && strings.HasPrefix(n.Obj().Pkg().Path(), "sync") {
		return name
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer, *types.Chan:
		return name
	case *types.Interface:
		if n, ok := t.(*types.Named); ok && n.Obj().Pkg() != nil && strings.HasPrefix(n.Obj().Pkg().Path(), module) {
			return "" // a table of our own implementations
		}
		return name
	case *types.Slice:
		return hidden(u.Elem(), seen)
	case *types.Array:
		return hidden(u.Elem(), seen)
	case *types.Map:
		return hidden(u.Elem(), seen)
	case *types.Struct:
		if n, ok := t.(*types.Named); ok && n.Obj().Pkg() != nil && !strings.HasPrefix(n.Obj().Pkg().Path(), module) {
			return "" // a value of others without pointer receivers in use; writes shows the rest
		}
		for i := range u.NumFields() {
			if why := hidden(u.Field(i).Type(), seen); why != "" {
				return why
			}
		}
	}
	return ""
}

// writes finds the places in f that change one of the variables through its name.
func writes(p *pkg, f *ast.File, vars map[types.Object]bool) []string {
	var bad []string
	say := func(e ast.Expr, what string) {
		if id := base(e); id != nil && vars[p.Info.Uses[id]] {
			bad = append(bad, fmt.Sprintf("%s: package variable %s is %s: state needs an owner", p.at(e.Pos()), id.Name, what))
		}
	}
	lent := readOnlyLoans(p, f)
	isArray := func(e ast.Expr) bool {
		_, ok := p.Info.TypeOf(e).Underlying().(*types.Array)
		return ok
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				say(l, "assigned")
			}
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				say(n.Key, "assigned")
				say(n.Value, "assigned")
			}
		case *ast.IncDecStmt:
			say(n.X, "changed")
		case *ast.UnaryExpr:
			if n.Op == token.AND && !lent[n] {
				say(n.X, "handed out by address")
			}
		case *ast.SliceExpr:
			if isArray(n.X) && !lent[n] {
				say(n.X, "handed out by address")
			}
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && len(n.Args) > 0 {
				if b, ok := p.Info.Uses[id].(*types.Builtin); ok && slices.Contains([]string{"append", "copy", "clear", "delete"}, b.Name()) {
					say(n.Args[0], "changed by "+b.Name())
				}
			}
		case *ast.SelectorExpr:
			sel := p.Info.Selections[n]
			if sel == nil || sel.Kind() != types.MethodVal {
				return true
			}
			recv := sel.Obj().(*types.Func).Signature().Recv().Type()
			_, byPointer := recv.(*types.Pointer)
			_, isPointer := sel.Recv().Underlying().(*types.Pointer)
			if byPointer && !isPointer {
				say(n.X, "handed out by address")
			}
		}
		return true
	})
	return bad
}

// readOnlyLoans finds the places in f that take an address and provably only
// read through it: an argument of a searching function of the standard library,
// and x := &table[i] where x is only ever asked for its fields.
func readOnlyLoans(p *pkg, f *ast.File) map[ast.Expr]bool {
	lent := map[ast.Expr]bool{}
	loans := map[types.Object]ast.Expr{} // local → its address expression
	reads := map[*ast.Ident]bool{}       // uses of locals that read a field
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if fun, ok := n.Fun.(*ast.SelectorExpr); ok && searching(p.Info.Uses[fun.Sel]) {
				for _, a := range n.Args {
					lent[a] = true
				}
			}
		case *ast.AssignStmt:
			if id, ok := n.Lhs[0].(*ast.Ident); ok && n.Tok == token.DEFINE && len(n.Lhs) == 1 {
				if u, ok := n.Rhs[0].(*ast.UnaryExpr); ok && u.Op == token.AND && p.Info.Defs[id] != nil {
					loans[p.Info.Defs[id]] = u
				}
			}
		case *ast.SelectorExpr:
			if id, ok := n.X.(*ast.Ident); ok {
				if sel := p.Info.Selections[n]; sel != nil && sel.Kind() == types.FieldVal && byValue(sel.Type()) {
					reads[id] = true
				}
			}
		}
		return true
	})
	// A write contains the selector of what it writes: take those out again.
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				delete(reads, base(l))
			}
		case *ast.IncDecStmt:
			delete(reads, base(n.X))
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				delete(reads, base(n.X))
			}
		}
		return true
	})
	for id, obj := range p.Info.Uses {
		if e := loans[obj]; e != nil && !reads[id] {
			delete(loans, obj)
		}
	}
	for _, e := range loans {
		lent[e] = true
	}
	return lent
}

// searching reports whether a function only looks at its arguments.
func searching(obj types.Object) bool {
	if obj == nil || obj.Pkg() == nil || !slices.Contains([]string{"slices", "bytes", "strings"}, obj.Pkg().Path()) {
		return false
	}
	for _, verb := range []string{"Contains", "Index", "BinarySearch", "Equal", "Compare", "Max", "Min", "HasPrefix", "HasSuffix", "Count"} {
		if strings.HasPrefix(obj.Name(), verb) {
			return true
		}
	}
	return false
}

// byValue reports whether reading a field of type t hands out nothing that can
// be written through.
func byValue(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Basic, *types.Signature:
		return true
	case *types.Slice:
		return true // an alias of a table's row: see Limits of the package comment
	case *types.Array:
		return byValue(u.Elem())
	}
	return false
}

// base returns the variable at the root of an addressable expression.
func base(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.ParenExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// whole returns the packages that type-check and fails for the others: about
// them nothing can be said.
func whole(t *testing.T) []*pkg {
	t.Helper()
	var ok []*pkg
	for _, p := range load(t) {
		if p.Broken != nil {
			t.Errorf("%s: not checked, it does not type-check: %v", p.Path, p.Broken)
			continue
		}
		ok = append(ok, p)
	}
	return ok
}

func TestNoEffectsBelowTheShell(t *testing.T) {
	for _, p := range whole(t) {
		report(t, effectComplaints(p))
	}
}

func TestNoMutablePackageState(t *testing.T) {
	for _, p := range whole(t) {
		report(t, varComplaints(p))
	}
}

func TestEffectComplaints(t *testing.T) {
	src := `package p
import ("fmt"; "os"; tm "time")
func init() {}
func f() { go f(); _ = tm.Now(); tm.Sleep(1); fmt.Println(); fmt.Fprintln(os.Stderr) }
func g(t tm.Time) bool { return t.After(t) }
`
	fires(t, effectComplaints(sample(t, "sensor/http1", "a.go", src)), "init", "goroutine", "time.Now", "time.Sleep", "fmt.Println", "os.Stderr")
	fires(t, effectComplaints(sample(t, "cmd/wirecensus", "a.go", src)), "init")
	fires(t, effectComplaints(sample(t, "sensor", "pipeline.go", src)), "init", "fmt.Println", "os.Stderr")
	fires(t, effectComplaints(sample(t, "sensor/publish", "kafka.go", src)), "init", "time.Now", "time.Sleep", "fmt.Println", "os.Stderr")
}

func TestVarComplaints(t *testing.T) {
	fires(t, varComplaints(sample(t, "p", "a.go", `package p
import ("errors"; "regexp"; "slices"; "strings")
var ErrShort = errors.New("short")
var table = map[string][]int{"a": {1}}
var classes = [256]uint8{1: 2}
var re = regexp.MustCompile("a")
var _ error = ErrShort
var version = "dev"
type rule struct { id string; f func() }
var rules = []rule{{"a", nil}}
var rows = [2]struct{ min int; name string }{}
func g() int { r := &rows[1]; if r.min > len(r.name) { return r.min }; return slices.Index(classes[:], 3) }
func f(c byte) (n int) { n = len(table["a"]); for _, r := range rules { r.f() }; _ = re.MatchString(version); return n + int(classes[c]) + strings.Count(version, "a") }
`)))
	fires(t, varComplaints(sample(t, "p", "a.go", `package p
import "slices"
var rows = [2]struct{ min int; name string }{}
var a [4]int
func f() { r := &rows[1]; r.min = 2 }
func g() { r := &rows[1]; h(r) }
func h(*struct{ min int; name string }) { slices.Sort(a[:]) }
`)), "rows is handed out", "rows is handed out", "a is handed out")
	fires(t, varComplaints(sample(t, "p", "a.go", `package p
import ("sync"; "sync/atomic"; "bytes")
var Open = 1
var once sync.Once
var n atomic.Int64
var ch chan int
var ptr = new(int)
var m = map[int]int{}
var s []int
var a [4]int
var b bytes.Buffer
var st struct{ x struct{ y int } }
func f() { m[1] = 2; s = append(s, 1); _ = a[:]; _ = &a[1]; b.Reset(); st.x.y++; delete(m, 1); for a[0] = range s {} }
func g() { m := map[int]int{}; m[1] = 2 }
`)), "Open can be set", "sync.Once", "atomic.Int64", "chan int", "*int",
		"m is assigned", "s is assigned", "s is changed by append", "a is handed out", "a is handed out", "b is handed out", "st is changed", "m is changed by delete", "a is assigned")
}
