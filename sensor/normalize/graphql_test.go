package normalize

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// ops is the operations of a call as text, one a line: kind, document/name, count, arguments with
// their kinds, status, kind of the result.
func ops(c *schemas.Call) string {
	var out []string
	for _, o := range c.Operations {
		s := o.Kind + " "
		if o.Document != "" {
			s += o.Document + "/"
		}
		s += o.Name
		if o.Persisted {
			s += "!"
		}
		if o.Count > 0 {
			s += fmt.Sprint(" ×", o.Count)
		}
		var args []string
		for _, a := range o.Args {
			args = append(args, strings.TrimSpace(a.Name+":"+kinds(a.Shape)+" "+a.Class))
		}
		s += "(" + strings.Join(args, ", ") + ")"
		out = append(out, strings.Join(strings.Fields(s+" "+o.Status+" "+kinds(o.Result)), " "))
	}
	return strings.Join(out, "\n")
}

// kinds names the kinds of a shape.
func kinds(n *shape.Node) string {
	if n == nil {
		return "-"
	}
	var out []string
	for k, count := range n.Kinds {
		if count > 0 {
			out = append(out, shape.Kind(k).String())
		}
	}
	return strings.Join(out, "|")
}

func postJSON(body string) string {
	return "POST /anywhere HTTP/1.1\nHost: x.example\nContent-Type: application/json\n\n" + body
}

func okJSON(body string) string {
	return "HTTP/1.1 200 OK\nContent-Type: application/json\n\n" + body
}

// graphqlBody is a request with a document.
func graphqlBody(document, more string) string {
	b, _ := json.Marshal(document)
	return `{"query":` + string(b) + more + `}`
}

func TestGraphQL(t *testing.T) {
	for _, c := range []struct{ name, req, resp, want string }{
		{"shorthand", postJSON(graphqlBody(`{ user(id: 4) { name } }`, "")), okJSON(`{"data":{"user":{"name":"Ann"}}}`), "query user(id:integer) ok object"},
		{"alias, variables, defaults", postJSON(graphqlBody(`query Find($id: ID!, $n: Int = 5, $f: F) { me: user(id: $id, first: $n, filter: {tags: ["a", $id], on: true, kind: OPEN, free: $f}) { id } __typename }`,
			`,"operationName":"Find","variables":{"id":"abc"}`)), okJSON(`{"data":{"me":null,"__typename":"Query"}}`),
			"query Find/__typename() ok string\nquery Find/user(filter:object, first:integer, id:string) ok null"},
		{"fragments", postJSON(graphqlBody(`fragment A on Query { a ...B } query { ...A ... on Query { c } ... @include(if: true) { d } e @skip(if: false) } fragment B on Query { b ...A }`, "")), "",
			"query a() -\nquery b() -\nquery c() -\nquery d() -\nquery e() -"},
		{"chosen of several", postJSON(graphqlBody(`query Q { a } mutation M { put(x: 1.5, y: null) { id } }`, `,"operationName":"M"`)), okJSON(`{"data":{"put":{"id":1}}}`), "mutation M/put(x:number, y:null) ok object"},
		{"nobody can say which", postJSON(graphqlBody(`query Q { a } mutation M { b }`, "")), "", "() -"},
		{"subscription", postJSON(graphqlBody(`subscription S { ticks }`, "")), "", "subscription S/ticks() -"},
		{"error at a field", postJSON(graphqlBody(`{ a b }`, "")), okJSON(`{"data":{"a":null,"b":1},"errors":[{"message":"no","path":["a",0,"x"]}]}`), "query a() error null\nquery b() ok integer"},
		{"error without data", postJSON(graphqlBody(`{ a }`, "")), okJSON(`{"errors":[{"message":"no"}]}`), "query a() error -"},
		{"batch", postJSON("[" + graphqlBody(`{ a }`, "") + "," + graphqlBody(`{ a(x: "y") }`, "") + "," + graphqlBody(`{ b }`, "") + "]"), okJSON(`[{"data":{"a":1}},{"data":{"a":"x"}},{"errors":[{}]}]`),
			"query a ×2(x:string) ok integer|string\nquery b() error -"},
		{"GET", "GET /g?query=" + url.QueryEscape(`query L($n:Int){ list(n:$n, email:"ann@example.org") }`) + "&variables=" + url.QueryEscape(`{"n":3}`) + " HTTP/1.1\nHost: x.example", "", "query L/list(email:string email, n:integer) -"},
		{"application/graphql", "POST /g HTTP/1.1\nHost: x.example\nContent-Type: application/graphql\n\n{ a(s: \"\"\"block \"quoted\" text\"\"\") }", okJSON(`{"data":{"a":[]}}`), "query a(s:string) ok array"},
		{"persisted by hash", postJSON(`{"operationName":"Find","variables":{"id":1},"extensions":{"persistedQuery":{"version":1,"sha256Hash":"abcd"}}}`), okJSON(`{"errors":[{"message":"PersistedQueryNotFound"}]}`), "Find/!() error -"},
		{"persisted by id", postJSON(`{"documentId":"4f2c","variables":{}}`), okJSON(`{"data":{"x":1}}`), "!() ok -"},
		{"an id that is no document", postJSON(`{"id":"4f2c","variables":{}}`), okJSON(`{"status":"started"}`), ""},
		{"multipart", "POST /g HTTP/1.1\nHost: x.example\nContent-Type: multipart/form-data; boundary=x\n\n--x\r\nContent-Disposition: form-data; name=operations\r\n\r\n" +
			graphqlBody(`mutation ($f: Upload!) { up(file: $f) }`, `,"variables":{"f":null}`) + "\r\n--x--\r\n", okJSON(`{"data":{"up":true}}`), "mutation up(file:null) ok bool"},
		{"introspection", postJSON(graphqlBody(`{ __schema { types { name } } }`, "")), "", "query __schema() -"},
		{"a search", postJSON(`{"query":"red shoes"}`), okJSON(`{"data":{}}`), ""},
		{"a search in braces", postJSON(`{"query":"{size: 3}"}`), "", ""},
		{"SQL", postJSON(`{"query":"SELECT a FROM b"}`), "", ""},
		{"a schema", postJSON(graphqlBody(`type A { b: Int }`, "")), "", ""},
		{"an unclosed document", postJSON(graphqlBody(`{ a `, "")), "", ""},
		{"too deep", postJSON(graphqlBody(strings.Repeat("{a", 300)+strings.Repeat("}", 300), "")), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			call := callOf(t, c.req, c.resp)
			if got := ops(call); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if (call.Protocol == "graphql") != (c.want != "") {
				t.Errorf("protocol %q", call.Protocol)
			}
		})
	}
}

// TestGraphQLContent: the shape of the content is what it was, and a value is noted once.
func TestGraphQLContent(t *testing.T) {
	call := callOf(t, postJSON(graphqlBody(`query Q($e: String) { a(email: $e) b(mail: "bob@example.org") }`, `,"variables":{"e":"ann@example.org"}`)), "")
	if call.Request.Shape == nil || call.Request.Shape.Prop("variables").Node.Prop("e") == nil || call.Request.Shape.Prop("query") == nil {
		t.Errorf("shape %s", call.Request.Shape.AppendJSON(nil))
	}
	var at []string
	for _, s := range call.Sensitive {
		at = append(at, fmt.Sprint(s.Class, " ", s.At, " ", s.Count))
	}
	if !slices.Contains(at, "email $.variables.e 1") || !slices.Contains(at, "email $.query.b.mail 1") || slices.ContainsFunc(at, func(s string) bool { return strings.Contains(s, "$.query.a") }) {
		t.Errorf("sensitive %q", at)
	}
}

// TestGraphQLHostile: documents made to cost much cost little.
func TestGraphQLHostile(t *testing.T) {
	var chain strings.Builder
	for i := range 200 {
		fmt.Fprintf(&chain, "fragment F%d on Q { ...F%d ...F%d } ", i, i+1, (i+7)%200)
	}
	var defaults, uses strings.Builder
	big := strings.Repeat("x", 100<<10)
	for range 20_000 {
		uses.WriteString("$v,")
	}
	fmt.Fprintf(&defaults, "query ($v: [S] = [\"%s\"]) { a(x: [%s]) }", big, uses.String())
	var many strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&many, "a%d: f(x: $v) ", i)
	}
	for name, body := range map[string]string{
		"fragments":      graphqlBody("{ ...F0 } "+chain.String(), ""),
		"defaults":       graphqlBody(defaults.String(), ""),
		"variables":      graphqlBody("query ($v: S) { a(x: ["+uses.String()+"]) }", `,"variables":{"v":"`+big+`"}`),
		"fields":         graphqlBody("{"+many.String()+"}", `,"variables":{"v":"`+big+`"}`),
		"nested values":  graphqlBody("{ a(x: "+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)+") }", ""),
		"open values":    graphqlBody("{ a(x: "+strings.Repeat("{a:", 100_000), ""),
		"spreads":        graphqlBody("{ "+strings.Repeat("...F ", 100_000)+"} fragment F on Q { "+strings.Repeat("a ", 50_000)+"}", ""),
		"batch of empty": "[" + strings.TrimSuffix(strings.Repeat(`{"query":"{a}"},`, 50_000), ",") + "]",
	} {
		from := time.Now()
		call := callOf(t, postJSON(body), okJSON(`{"data":{"a":1}}`))
		if took := time.Since(from); took > 10*time.Second {
			t.Errorf("%s: %v", name, took)
		}
		if len(call.Operations) > maxOperations {
			t.Errorf("%s: %d operations", name, len(call.Operations))
		}
	}
}

// reference returns the root fields by name in the answer, as gqlparser reads the document.
func reference(doc *ast.QueryDocument, op *ast.OperationDefinition) []string {
	var out, keys []string
	seen := map[string]bool{}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				if !slices.Contains(keys, s.Alias) {
					keys = append(keys, s.Alias)
					out = append(out, s.Alias+":"+s.Name)
				}
			case *ast.InlineFragment:
				walk(s.SelectionSet)
			case *ast.FragmentSpread:
				if !seen[s.Name] {
					seen[s.Name] = true
					for _, f := range doc.Fragments {
						if f.Name == s.Name {
							walk(f.SelectionSet)
						}
					}
				}
			}
		}
	}
	walk(op.SelectionSet)
	return out[:min(len(out), maxOperations)]
}

// FuzzGraphQL: of every operation of a document that gqlparser reads too, the kind, the name and the root fields are the same.
func FuzzGraphQL(f *testing.F) {
	for _, s := range []string{
		`{a}`, `query Q($a:[Int!]!=[1 2] @d){x:a(b:$a,c:{d:"e\u0041",f:"""g"""})@include(if:true){h}...F}fragment F on T{i...F}`, `mutation{a ...on B{c} ...@x{d}}subscription S{e}`,
		"\ufeff# c\n{a,b}", `{a(b:-1.5e+3,c:0,d:E,e:null)}`, `"about" query {a}`, `{a(b:"\"")}`, `query on{on}`, `{a}fragment x on y{z}fragment x on y{w}`, `{...x}`, `{a(b:"""\""" """)}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var d document
		ok := d.parse([]byte(text))
		doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, 10_000)
		if !ok || err != nil {
			return
		}
		if len(doc.Operations) != len(d.ops) || len(doc.Fragments) != len(d.frags) {
			t.Fatalf("%q: %d operations and %d fragments, want %d and %d", text, len(d.ops), len(d.frags), len(doc.Operations), len(doc.Fragments))
		}
		for i, op := range doc.Operations {
			got := &d.ops[i]
			d.collect(got)
			var fields []string
			for _, f := range d.fields {
				fields = append(fields, string(f.key)+":"+string(f.name))
			}
			if want := reference(doc, op); !slices.Equal(fields, want) || got.kind != string(op.Operation) || string(got.name) != op.Name {
				t.Fatalf("%q: %s %s %q, want %s %s %q", text, got.kind, got.name, fields, op.Operation, op.Name, want)
			}
		}
	})
}
