package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"wirecensus/cmd/wirecensus/internal/term"
	"wirecensus/inventory/api"
	"wirecensus/inventory/export"
	"wirecensus/specgen/diff"
	"wirecensus/specgen/lint"
	"wirecensus/specgen/merge"
	"wirecensus/specgen/openapi"
)

// spec runs a subcommand about documents.
func spec(ctx context.Context, sh shell, args []string) error {
	if len(args) == 0 {
		return &usageError{see: "spec --help", msg: "spec what? list, export, import, delete, diff or lint"}
	}
	switch args[0] {
	case "-h", "--help":
		_, err := io.WriteString(sh.out, specUsage)
		return err
	case "list":
		return helped(listSpecs(ctx, sh, args[1:]))
	case "export":
		return helped(exportSpecs(ctx, sh, args[1:]))
	case "import":
		return helped(importSpecs(ctx, sh, args[1:]))
	case "delete":
		return helped(deleteSpec(ctx, sh, args[1:]))
	case "diff":
		return helped(diffSpecs(ctx, sh, args[1:]))
	case "lint":
		return helped(lintSpecs(ctx, sh, args[1:]))
	}
	return &usageError{see: "spec --help", msg: fmt.Sprintf("unknown command %q", "spec "+args[0])}
}

func listSpecs(ctx context.Context, sh shell, args []string) error {
	p := newParsing("spec list", specUsage)
	if err := p.parse(sh, args, 0, 0); err != nil {
		return err
	}
	return p.with(ctx, func(c *client) error {
		list, _, err := all[api.Spec](ctx, c, "/api/v1/specs", nil, 0)
		if err != nil {
			return err
		}
		if p.from.json {
			return printIndented(sh.out, list)
		}
		return term.Specs(sh.out, list, screen(sh.out))
	})
}

// exporting is one run of spec export.
type exporting struct {
	services       []string
	out, version   string
	at             string
	asJSON, merged bool
}

func exportSpecs(ctx context.Context, sh shell, args []string) error {
	p := newParsing("spec export", specUsage)
	var e exporting
	p.set.StringArrayVar(&e.services, "service", nil, "")
	p.set.StringVarP(&e.out, "out", "o", "-", "")
	p.set.StringVar(&e.version, "openapi", "3.1", "")
	p.set.StringVar(&e.at, "at", "", "")
	p.set.BoolVar(&e.merged, "merged", false, "")
	if err := p.parse(sh, args, 0, 0); err != nil {
		return err
	}
	if e.version != "3.1" && e.version != "3.0" {
		return p.wrong("--openapi is 3.1 or 3.0, not %q", e.version)
	}
	e.asJSON = p.from.json
	return p.with(ctx, func(c *client) error { return e.run(ctx, sh, c) })
}

func (e *exporting) run(ctx context.Context, sh shell, c *client) error {
	chosen := e.services
	if len(chosen) == 0 {
		list, _, err := all[api.Service](ctx, c, "/api/v1/services", nil, 0)
		if err != nil {
			return err
		}
		for _, s := range list {
			if s.Endpoints > 0 && s.Calls > 0 {
				chosen = append(chosen, s.Name)
			}
		}
	}
	if len(chosen) != 1 && !e.merged && e.out == "-" {
		return &hinted{fmt.Errorf("there are %d documents", len(chosen)), "choose one with --service NAME, or write them to a folder with --out DIR, or into one document with --merged"}
	}
	var docs []merge.Source
	for _, name := range chosen {
		text, err := e.document(ctx, c, name, e.asJSON && !e.merged)
		if err != nil {
			return err
		}
		docs = append(docs, merge.Source{Name: name, Text: text})
	}
	if e.merged {
		text, err := merge.Documents(docs, e.asJSON)
		if err != nil {
			return err
		}
		return e.write(sh, e.out, text)
	}
	if e.out == "-" || strings.Contains(filepath.Base(e.out), ".") && len(docs) == 1 {
		return e.write(sh, e.out, docs[0].Text)
	}
	if err := os.MkdirAll(e.out, 0o755); err != nil {
		return &hinted{err, "--out names a folder that can be written to"}
	}
	extension := ".yaml"
	if e.asJSON {
		extension = ".json"
	}
	for _, d := range docs {
		if err := e.write(sh, filepath.Join(e.out, export.FileName(d.Name)+extension), d.Text); err != nil {
			return err
		}
	}
	return nil
}

func (e *exporting) document(ctx context.Context, c *client, service string, asJSON bool) ([]byte, error) {
	q := url.Values{"openapi": {e.version}}
	if e.at != "" {
		q.Set("at", e.at)
	}
	form := "/openapi.yaml"
	if asJSON {
		form = "/openapi.json"
	}
	text, _, err := c.do(ctx, http.MethodGet, "/api/v1/services/"+serviceName(service)+form, q, nil, nil)
	return text, err
}

func (e *exporting) write(sh shell, path string, text []byte) error {
	if path == "-" {
		_, err := sh.out.Write(text)
		return err
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return &hinted{err, "--out names a file, or a folder, that can be written to"}
	}
	fmt.Fprintln(sh.err, "wrote", printable(path))
	return nil
}

func importSpecs(ctx context.Context, sh shell, args []string) error {
	p := newParsing("spec import", specUsage)
	name := p.set.String("name", "", "")
	keep := p.set.Bool("no-replace", false, "")
	if err := p.parse(sh, args, 1, -1); err != nil {
		return err
	}
	files := p.set.Args()
	if *name != "" && len(files) > 1 {
		return p.wrong("--name is for one file, not for %d", len(files))
	}
	return p.with(ctx, func(c *client) error {
		done := []api.Spec{}
		for _, file := range files {
			text, err := readDocument(sh, file)
			if err != nil {
				return err
			}
			called := *name
			if called == "" {
				called = filepath.Base(file)
			}
			if file == "-" && *name == "" {
				return p.wrong("a document from standard input needs --name")
			}
			header := http.Header{"Content-Type": {"application/yaml"}}
			if *keep {
				header.Set("If-None-Match", "*")
			}
			b, resp, err := c.do(ctx, http.MethodPut, "/api/v1/specs/"+url.PathEscape(called), nil, text, header)
			if resp != nil && resp.StatusCode == http.StatusPreconditionFailed {
				return &hinted{fmt.Errorf("there is a document %s already", called), "leave out --no-replace, or give another --name"}
			}
			if err != nil {
				return about(file, err)
			}
			var v api.Spec
			if err := json.Unmarshal(b, &v); err != nil {
				return err
			}
			done = append(done, v)
		}
		if p.from.json {
			return printIndented(sh.out, done)
		}
		return term.Specs(sh.out, done, screen(sh.out))
	})
}

// about says which file an error is about, unless it does, and keeps its hint.
func about(file string, err error) error {
	if strings.Contains(err.Error(), filepath.Base(file)) {
		return err
	}
	var h *hinted
	if errors.As(err, &h) {
		return &hinted{fmt.Errorf("%s: %w", file, h.err), h.hint}
	}
	return fmt.Errorf("%s: %w", file, err)
}

// readDocument reads a file or standard input, not more than a document may have.
func readDocument(sh shell, file string) ([]byte, error) {
	var r io.Reader = sh.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, &hinted{fmt.Errorf("read document: %w", err), "name a file with an OpenAPI or Swagger document, or - for standard input"}
		}
		defer f.Close()
		r = f
	}
	text, err := io.ReadAll(io.LimitReader(r, openapi.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	if len(text) > openapi.MaxBytes {
		return nil, &hinted{fmt.Errorf("%s is larger than %d MiB", file, openapi.MaxBytes>>20), "split the document, or remove generated examples"}
	}
	return text, nil
}

func deleteSpec(ctx context.Context, sh shell, args []string) error {
	p := newParsing("spec delete", specUsage)
	if err := p.parse(sh, args, 1, 1); err != nil {
		return err
	}
	return p.with(ctx, func(c *client) error {
		_, resp, err := c.do(ctx, http.MethodDelete, "/api/v1/specs/"+url.PathEscape(p.set.Arg(0)), nil, nil, nil)
		if resp != nil && resp.StatusCode == http.StatusNotFound {
			return &hinted{fmt.Errorf("there is no document %s", p.set.Arg(0)), "list them: wirecensus spec list"}
		}
		return err
	})
}

func diffSpecs(ctx context.Context, sh shell, args []string) error {
	p := newParsing("spec diff", specUsage)
	service := p.set.String("service", "", "")
	base := p.set.String("base", "declared", "")
	revision := p.set.String("revision", "observed", "")
	failOn := p.set.String("fail-on", "", "")
	if err := p.parse(sh, args, 0, 2); err != nil {
		return err
	}
	if *failOn != "" && *failOn != diff.Breaking && *failOn != diff.Warning {
		return p.wrong("--fail-on is breaking or warning, not %q", *failOn)
	}
	var out *diff.Result
	switch n := p.set.NArg(); {
	case n == 2 && *service == "":
		var err error
		if out, err = diffFiles(sh, p.set.Arg(0), p.set.Arg(1)); err != nil {
			return err
		}
	case n == 0 && *service != "":
		err := p.with(ctx, func(c *client) error {
			r, err := get[diff.Result](ctx, c, "/api/v1/services/"+serviceName(*service)+"/diff", url.Values{"base": {*base}, "revision": {*revision}})
			out = &r
			return err
		})
		if err != nil {
			return err
		}
	default:
		return p.wrong("spec diff compares two files, or the documents of one --service")
	}
	if err := printDiff(sh, out, p.from.json); err != nil {
		return err
	}
	if *failOn != "" && (out.Counts[diff.Breaking] > 0 || *failOn == diff.Warning && out.Counts[diff.Warning] > 0) {
		return &hinted{fmt.Errorf("%s", diffSum(out)), "the differences are listed above"}
	}
	return nil
}

func diffFiles(sh shell, a, b string) (*diff.Result, error) {
	if a == "-" && b == "-" {
		return nil, &usageError{see: "spec --help", msg: "only one of two documents can come from standard input"}
	}
	var sides [2]diff.Side
	for i, file := range []string{a, b} {
		text, err := readDocument(sh, file)
		if err != nil {
			return nil, err
		}
		// What this program wrote says of itself that it was observed.
		sides[i] = diff.Side{Name: file, Text: text, Observed: bytes.Contains(text[:min(len(text), 4096)], []byte("Written from observed traffic"))}
	}
	out, err := diff.Compare(sides[0], sides[1])
	var bad *openapi.Error
	if errors.As(err, &bad) && bad.Hint != "" {
		return nil, &hinted{err, bad.Hint}
	}
	return out, err
}

// diffSum says in one sentence what differs.
func diffSum(r *diff.Result) string {
	if len(r.Changes) == 0 {
		return fmt.Sprintf("%s and %s do not differ", r.Base, r.Revision)
	}
	var parts []string
	for _, class := range []string{diff.Breaking, diff.Warning, diff.Info, diff.Unseen} {
		if n := r.Counts[class]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", api.Number(n), class))
		}
	}
	return fmt.Sprintf("%s to %s: %s", r.Base, r.Revision, strings.Join(parts, ", "))
}

func printDiff(sh shell, r *diff.Result, asJSON bool) error {
	if asJSON {
		return printIndented(sh.out, r)
	}
	var list []term.Remark
	for _, c := range r.Changes {
		list = append(list, term.Remark{Class: c.Class, Place: strings.TrimSpace(c.Method + " " + c.Template), Text: c.Text, Rule: c.Rule})
	}
	return term.Remarks(sh.out, list, diffSum(r), screen(sh.out))
}

func lintSpecs(ctx context.Context, sh shell, args []string) error {
	p := newParsing("spec lint", specUsage)
	service := p.set.String("service", "", "")
	rules := p.set.Bool("rules", false, "")
	quiet := p.set.Bool("errors-only", false, "")
	if err := p.parse(sh, args, 0, 1); err != nil {
		return err
	}
	if *rules {
		return printRules(sh, p.from.json)
	}
	var text []byte
	var name string
	switch n := p.set.NArg(); {
	case n == 1 && *service == "":
		name = p.set.Arg(0)
		var err error
		if text, err = readDocument(sh, name); err != nil {
			return err
		}
	case n == 0 && *service != "":
		name = *service
		err := p.with(ctx, func(c *client) (err error) {
			text, _, err = c.do(ctx, http.MethodGet, "/api/v1/services/"+serviceName(name)+"/openapi.yaml", nil, nil, nil)
			return err
		})
		if err != nil {
			return err
		}
	default:
		return p.wrong("spec lint takes a file, or --service")
	}
	return lintDocument(sh, text, name, p.from.json, *quiet)
}

func lintDocument(sh shell, text []byte, name string, asJSON, errorsOnly bool) error {
	notes, err := lint.Check(text, name)
	var bad *openapi.Error
	if errors.As(err, &bad) && bad.Hint != "" {
		return &hinted{err, bad.Hint}
	}
	if err != nil {
		return err
	}
	count := map[string]int{}
	shown, list := []lint.Note{}, []term.Remark{}
	for _, n := range notes {
		count[n.Severity]++
		if !errorsOnly || n.Severity == lint.Error {
			shown = append(shown, n)
			list = append(list, term.Remark{Class: n.Severity, Place: n.At, Text: n.Text, Rule: n.Rule})
		}
	}
	sum := fmt.Sprintf("%s: %s, %s, %s", name, api.Plural(count[lint.Error], "error"), api.Plural(count[lint.Warning], "warning"), api.Plural(count[lint.Info], "remark"))
	if asJSON {
		err = printIndented(sh.out, shown)
	} else {
		err = term.Remarks(sh.out, list, sum, screen(sh.out))
	}
	if err == nil && count[lint.Error] > 0 {
		return &hinted{errors.New(sum), "what a rule wants: wirecensus spec lint --rules"}
	}
	return err
}

func printRules(sh shell, asJSON bool) error {
	if asJSON {
		return printIndented(sh.out, lint.Rules())
	}
	var list []term.Remark
	for _, r := range lint.Rules() {
		list = append(list, term.Remark{Class: r.Severity, Text: r.What, Rule: r.ID})
	}
	return term.Remarks(sh.out, list, api.Plural(len(list), "rule"), screen(sh.out))
}
