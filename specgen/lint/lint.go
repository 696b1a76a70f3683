package lint

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"wirecensus/specgen/openapi"
)

// Severities of notes.
const (
	Error   = "error"   // the document is invalid or contradicts itself
	Warning = "warning" // readers or tools will stumble
	Info    = "info"    // worth a look
)

// Note is one thing to look at.
type Note struct {
	Severity string `json:"severity"`
	Rule     string `json:"rule"`
	At       string `json:"at"` // "GET /users/{id}", "#/components/schemas/User", "" for the document
	Text     string `json:"text"`
}

// Rule is one rule.
type Rule struct {
	ID       string `json:"id"` // kebab case
	Severity string `json:"severity"`
	What     string `json:"what"`
	check    func(*document, func(at, format string, args ...any))
}

const maxNotes = 10_000

// document is what the rules look at: the operations in order of path and method.
type document struct {
	*openapi3.T
	ops []operation
}

type operation struct {
	*openapi3.Operation
	method, path string
	item         *openapi3.PathItem
}

// at names an operation.
func (o *operation) at() string { return o.method + " " + o.path }

// Check returns the notes on a document, errors first, then by place.
func Check(text []byte, name string) ([]Note, error) {
	t, err := openapi.Tree(text, name)
	if err != nil {
		return nil, err
	}
	d := newDocument(t)
	notes := []Note{}
	for _, r := range Rules() {
		func() {
			defer func() {
				// The library's accessors panic on holes that a malformed document has.
				if p := recover(); p != nil {
					notes = append(notes, Note{Error, "valid", "", "the document is malformed"})
				}
			}()
			r.check(d, func(at, format string, args ...any) {
				if len(notes) < maxNotes {
					notes = append(notes, Note{r.Severity, r.ID, at, fmt.Sprintf(format, args...)})
				}
			})
		}()
	}
	if len(notes) == maxNotes {
		notes = append(notes, Note{Error, "valid", "", "too many notes: checking ended"})
	}
	order := []string{Error, Warning, Info}
	slices.SortStableFunc(notes, func(a, b Note) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Severity), slices.Index(order, b.Severity)), strings.Compare(a.At, b.At), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Text, b.Text))
	})
	return slices.Compact(notes), nil
}

func newDocument(t *openapi3.T) *document {
	d := &document{T: t}
	for _, path := range sortedKeys(t.Paths.Map()) {
		item := t.Paths.Value(path)
		if item == nil {
			continue
		}
		ops := item.Operations()
		for _, method := range sortedKeys(ops) {
			if ops[method] != nil {
				d.ops = append(d.ops, operation{ops[method], method, path, item})
			}
		}
	}
	return d
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// valid is the library's own validation, which ends at the first error. What is
// wrong with examples is said by another rule: it makes a document no less usable.
func valid(d *document, note func(at, format string, args ...any)) {
	if line := d.invalid(openapi3.DisableExamplesValidation()); line != "" {
		note("", "%s", line)
	}
}

// examples: in a valid document examples fit their schemas.
func examples(d *document, note func(at, format string, args ...any)) {
	if d.invalid(openapi3.DisableExamplesValidation()) != "" {
		return
	}
	if line := d.invalid(openapi3.EnableExamplesValidation()); line != "" {
		note("", "%s", line)
	}
}

// invalid is the first line of the library's first error, "" without one.
// Patterns are ECMA regular expressions, which the library cannot compile all.
func (d *document) invalid(examples openapi3.ValidationOption) string {
	err := d.Validate(context.Background(), openapi3.DisableSchemaPatternValidation(), examples)
	if err == nil {
		return ""
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
