package diff

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/checker"
	oasdiff "github.com/oasdiff/oasdiff/diff"
	"github.com/oasdiff/oasdiff/load"

	"wirecensus/specgen/openapi"
)

// Classes of differences, worst first.
const (
	Breaking = "breaking"
	Warning  = "warning"
	Info     = "info"
	Unseen   = "unseen"
)

// Side is one of the two documents.
type Side struct {
	Name     string // in messages
	Text     []byte // YAML or JSON
	Observed bool   // written from traffic: what it lacks may exist
}

// Result is what differs.
type Result struct {
	Base     string         `json:"base"`
	Revision string         `json:"revision"`
	Counts   map[string]int `json:"counts"`  // by class, those left out included
	Changes  []Change       `json:"changes"` // worst first, then by place
	More     int            `json:"more,omitempty"`
}

// Change is one difference.
type Change struct {
	Class    string `json:"class"`
	Rule     string `json:"rule"` // kebab case, as oasdiff names it
	Method   string `json:"method,omitempty"`
	Template string `json:"template,omitempty"`
	Text     string `json:"text"`
	Comment  string `json:"comment,omitempty"`
}

const maxChanges = 10_000

// Compare returns what differs between two documents.
func Compare(base, revision Side) (*Result, error) {
	a, err := openapi.Model(base.Text, base.Name)
	if err != nil {
		return nil, err
	}
	b, err := openapi.Model(revision.Text, revision.Name)
	if err != nil {
		return nil, err
	}
	found, err := changes(a, b)
	if err != nil {
		return nil, fmt.Errorf("compare %s with %s: %w", base.Name, revision.Name, err)
	}
	out := &Result{Base: base.Name, Revision: revision.Name, Counts: map[string]int{}, Changes: []Change{}}
	say := checker.NewDefaultLocalizer()
	for _, c := range found {
		text := c.GetUncolorizedText(say)
		one := Change{Class: class(c, text, !base.Observed && revision.Observed), Rule: c.GetId(), Method: c.GetOperation(), Template: c.GetPath(),
			Text: text, Comment: c.GetComment(say)}
		out.Counts[one.Class]++
		out.Changes = append(out.Changes, one)
	}
	order := []string{Breaking, Warning, Info, Unseen}
	slices.SortFunc(out.Changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Class), slices.Index(order, b.Class)), strings.Compare(a.Template, b.Template),
			strings.Compare(a.Method, b.Method), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Text, b.Text))
	})
	if len(out.Changes) > maxChanges {
		out.More = len(out.Changes) - maxChanges
		out.Changes = out.Changes[:maxChanges]
	}
	return out, nil
}

// changes runs all checks of the library.
func changes(a, b *openapi3.T) (found checker.Changes, err error) {
	defer func() {
		// The library may panic on documents that are valid in no version; such a
		// pair cannot be compared.
		if p := recover(); p != nil {
			found, err = nil, fmt.Errorf("one of them is malformed (%T)", p)
		}
	}()
	config := oasdiff.NewConfig(oasdiff.WithExcludeElements([]string{oasdiff.ExcludeExamplesOption, oasdiff.ExcludeDescriptionOption,
		oasdiff.ExcludeTitleOption, oasdiff.ExcludeSummaryOption, oasdiff.ExcludeExtensionsOption}))
	d, sources, err := oasdiff.GetWithOperationsSourcesMap(config, &load.SpecInfo{Url: "base", Spec: a}, &load.SpecInfo{Url: "revision", Spec: b})
	if err != nil {
		return nil, err
	}
	return checker.CheckBackwardCompatibilityUntilLevel(checker.NewConfig(checker.GetAllChecks()), d, sources, checker.INFO), nil
}

// class decides how bad a change is. promised says that the base was declared and
// the revision observed: then what is narrower was only not seen.
func class(c checker.Change, text string, promised bool) string {
	level := Info
	switch c.GetLevel() {
	case checker.ERR:
		level = Breaking
	case checker.WARN:
		level = Warning
	}
	id := c.GetId()
	has := func(part string) bool { return strings.Contains(id, part) }
	switch {
	case !promised:
		return level
	case has("-removed"), has("-unset"), has("-became-enum"), strings.HasSuffix(text, "to `any`"), strings.Contains(text, "to `any` for"):
		return Unseen // it may exist, and nobody used it
	case level == Breaking && (has("new-required") || has("new-request")):
		return Warning // clients send what is not declared
	case level == Breaking && has("request"):
		return Unseen // clients use a part of what is declared
	}
	return level
}
