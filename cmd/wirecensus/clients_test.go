package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"gopkg.in/yaml.v3"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/specgen/lint"
)

// TestClients holds generated documents against what people do with them: an
// independent validator, a linter and, for each of two languages, a generator of
// clients and a compiler. The tools are fetched once, by lock files with hashes in
// testdata/clients, into the user's cache.
func TestClients(t *testing.T) {
	if testing.Short() {
		t.Skip("fetches and runs other programs")
	}
	dirs := map[string]string{"3.1": t.TempDir(), "3.0": t.TempDir()}
	for version, dir := range dirs {
		manyDocuments(t, dir, version)
	}
	t.Run("validator", func(t *testing.T) { validator(t, dirs) })
	t.Run("linter", func(t *testing.T) { linter(t, dirs) })
	t.Run("agreement", agreement)
	t.Run("Go", func(t *testing.T) { goClients(t, dirs["3.0"]) })
	t.Run("TypeScript", func(t *testing.T) { typeScriptClients(t, dirs["3.1"]) })
}

// manyDocuments writes the documents of several companies into dir, each as YAML
// and JSON, and those that the tests of package specgen compare with.
func manyDocuments(t *testing.T, dir, version string) {
	t.Helper()
	protos := filepath.Join(t.TempDir(), "protos")
	if err := os.Mkdir(protos, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, b := range synth.Protos() {
		if err := os.WriteFile(filepath.Join(protos, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for name, c := range map[string]*synth.Capture{
		"demo": synth.Company(synth.Options{Seed: 1, Days: 21, Trouble: synth.Moderate(), Beyond: true}),
		"hard": synth.Company(synth.Options{Seed: 12, Days: 7, Scale: 2, Trouble: synth.Hard(), Beyond: true}),
		"cut":  synth.Company(synth.Options{Seed: 13, Days: 3, Trouble: synth.Hard(), SnapLen: 300}),
	} {
		r := runReplay(t, nil, "--openapi", version, "--spec", writeSpecs(t), "--proto", protos, writeCapture(t, c, "a.pcapng"))
		if r.status != 0 {
			t.Fatalf("status %d\n%s", r.status, r.stderr)
		}
		n += validate(t, r, version)
		for _, file := range r.names() {
			if base, ok := strings.CutPrefix(file, "openapi/"); ok {
				if err := os.WriteFile(filepath.Join(dir, name+"_"+base), r.files[file], 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if n < 16 {
		t.Errorf("%d documents", n)
	}
	reviewed, err := filepath.Glob("../../specgen/testdata/*-" + version + ".yaml")
	if err != nil || len(reviewed) < 2 {
		t.Fatalf("%d documents of package specgen (%v)", len(reviewed), err)
	}
	for _, file := range reviewed {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var tree any
		if err := yaml.Unmarshal(b, &tree); err != nil {
			t.Fatal(err)
		}
		asJSON, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, "reviewed_"+filepath.Base(file))
		err = errors.Join(os.WriteFile(name, b, 0o644), os.WriteFile(strings.TrimSuffix(name, ".yaml")+".json", asJSON, 0o644))
		if err != nil {
			t.Fatal(err)
		}
	}
}

func yamlFiles(t *testing.T, dirs ...string) (out []string) {
	t.Helper()
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no documents in %s: %v", dir, err)
		}
		out = append(out, files...)
	}
	return out
}

// validator: openapi-spec-validator, against the meta schemas of OpenAPI and for what they cannot say.
func validator(t *testing.T, dirs map[string]string) {
	python := need(t, "python3", "python3-pip")
	packages := fetched(t, "python", []string{"requirements.txt"}, func(dir string) *exec.Cmd {
		return exec.Command(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "--only-binary=:all:", "--target", dir, "-r", filepath.Join(dir, "requirements.txt"))
	})
	broken := filepath.Join(t.TempDir(), "broken.yaml")
	if err := os.WriteFile(broken, []byte("openapi: 3.1.0\ninfo: {title: x}\npaths: {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, append([]string{"testdata/clients/python/check.py", broken}, yamlFiles(t, dirs["3.1"], dirs["3.0"])...)...)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+packages)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if !strings.HasPrefix(lines[0], broken) {
		t.Fatalf("the broken document is taken for good: %s", out)
	}
	for _, l := range lines {
		if !strings.HasPrefix(l, broken) {
			t.Error(l)
		}
	}
}

// problem is what Redocly CLI says of a document.
type problem struct {
	Rule     string `json:"ruleId"`
	Severity string `json:"severity"`
	Message  string `json:"message"`
	Location []struct {
		Source  struct{ Ref string } `json:"source"`
		Pointer string               `json:"pointer"`
	} `json:"location"`
}

// redocly runs the linter's recommended rules and returns its problems by file name.
func redocly(t *testing.T, files ...string) map[string][]problem {
	t.Helper()
	node := needNode(t)
	cli := filepath.Join(npmModules(t), "@redocly", "cli", "bin", "cli.js")
	cmd := exec.Command(node, append([]string{cli, "lint", "--extends", "recommended", "--format", "json", "--max-problems", "100000"}, files...)...)
	cmd.Dir = t.TempDir() // no configuration of anybody's
	cmd.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true", "CI=true")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	out := map[string][]problem{}
	reports := 0
	for text := json.NewDecoder(&stdout); text.More(); reports++ {
		var report struct {
			Totals   *struct{} `json:"totals"`
			Problems []problem `json:"problems"`
		}
		if err := text.Decode(&report); err != nil || report.Totals == nil {
			t.Fatalf("no report of the linter: %v\n%s", err, stderr.Bytes())
		}
		for _, p := range report.Problems {
			file := ""
			if len(p.Location) > 0 {
				file = filepath.Base(p.Location[0].Source.Ref)
			}
			out[file] = append(out[file], p)
		}
	}
	if reports == 0 {
		t.Fatalf("the linter reported nothing\n%s", stderr.Bytes())
	}
	return out
}

// linter: neither Redocly's recommended rules nor ours find an error.
func linter(t *testing.T, dirs map[string]string) {
	for _, dir := range dirs {
		files := yamlFiles(t, dir)
		for file, list := range redocly(t, files...) {
			for _, p := range list {
				if p.Severity == "error" {
					t.Errorf("%s: %s: %s", file, p.Rule, p.Message)
				}
			}
		}
		for _, file := range files {
			for _, n := range notes(t, file) {
				if n.Severity == lint.Error {
					t.Errorf("%s: %+v", filepath.Base(file), n)
				}
			}
		}
	}
}

func notes(t *testing.T, file string) []lint.Note {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	list, err := lint.Check(text, filepath.Base(file))
	if err != nil {
		return []lint.Note{{Severity: lint.Error, Rule: "unreadable", Text: err.Error()}}
	}
	return list
}

// agreement: for each fault that both linters know, both find it.
func agreement(t *testing.T) {
	const good = `openapi: 3.1.0
info: {title: Shop, version: "1", license: {name: none, url: "https://shop.example/license"}}
servers: [{url: "https://api.shop.net"}]
security: [{token: []}]
tags: [{name: users, description: people}]
paths:
  /users/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: getUser
      summary: One user
      tags: [users]
      responses:
        "200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/User"}}}}
        "404": {description: none}
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
  schemas:
    User: {type: object, properties: {role: {type: string, enum: [a, b]}}}
`
	faults := []struct{ name, old, new, theirs, ours string }{
		{"good", "", "", "", ""},
		{"version", "title: Shop, version: \"1\",", "title: Shop,", "struct", "valid"},
		{"description", "{description: none}", "{}", "struct", "valid"},
		{"parameter", "/users/{id}:", "/users/{uid}:", "path-parameters-defined", "path-parameters"},
		{"identical", "components:\n", "  /users/{name}:\n    get: {operationId: b, summary: b, tags: [users], parameters: [{name: name, in: path, required: true, schema: {type: string}}], responses: {'200': {description: ok}, '404': {description: no}}}\ncomponents:\n", "no-identical-paths", "same-path"},
		{"identifier", "components:\n", "  /all:\n    get: {operationId: getUser, summary: b, tags: [users], responses: {'200': {description: ok}, '404': {description: no}}}\ncomponents:\n", "operation-operationId-unique", "operation-id-unique"},
		{"security", "token: {type", "other: {type", "security-defined", "security-defined"},
		{"reference", "schemas/User\"", "schemas/Nobody\"", "no-unresolved-refs", "unreadable"},
		{"servers", "servers: [{url: \"https://api.shop.net\"}]\n", "", "no-empty-servers", "server"},
		{"unused", "  schemas:\n", "  schemas:\n    Lone: {type: string}\n", "no-unused-components", "unused-schema"},
		{"slash", "/users/{id}:", "/users/{id}/:", "no-path-trailing-slash", "path-slash"},
	}
	dir := t.TempDir()
	var files []string
	for _, f := range faults {
		file := filepath.Join(dir, f.name+".yaml")
		text := strings.Replace(good, f.old, f.new, 1)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	theirs := redocly(t, files...)
	for i, f := range faults {
		found, ours := theirs[f.name+".yaml"], notes(t, files[i])
		if f.theirs == "" {
			if len(found)+len(ours) > 0 {
				t.Errorf("%s: %+v, %+v", f.name, found, ours)
			}
			continue
		}
		if !slices.ContainsFunc(found, func(p problem) bool { return p.Rule == f.theirs }) {
			t.Errorf("%s: the other linter does not find %s: %+v", f.name, f.theirs, found)
		}
		if !slices.ContainsFunc(ours, func(n lint.Note) bool { return n.Rule == f.ours }) {
			t.Errorf("%s: %s does not fire: %+v", f.name, f.ours, ours)
		}
	}
}

// goClients: oapi-codegen makes a client of every document, and the compiler takes it.
func goClients(t *testing.T, dir string) {
	module := fetched(t, "go", []string{"go.mod", "go.sum"}, func(dir string) *exec.Cmd {
		return exec.Command("go", "-C", dir, "mod", "download")
	})
	generator := filepath.Join(t.TempDir(), "oapi-codegen")
	mustRun(t, exec.Command("go", "-C", module, "build", "-trimpath", "-buildvcs=false", "-o", generator, "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"))
	clients := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(module, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(clients, name), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range yamlFiles(t, dir) {
		name := notLetters().ReplaceAllString(strings.TrimSuffix(filepath.Base(file), ".yaml"), "")
		if err := os.Mkdir(filepath.Join(clients, name), 0o755); err != nil {
			t.Fatal(err)
		}
		mustRun(t, exec.Command(generator, "-generate", "types,client", "-package", name, "-o", filepath.Join(clients, name, "client.go"), file))
	}
	mustRun(t, exec.Command("go", "-C", clients, "build", "-trimpath", "-buildvcs=false", "./..."))
}

func notLetters() *regexp.Regexp { return regexp.MustCompile(`[^a-z0-9]+`) }

// typeScriptClients: openapi-typescript makes the types of every document, a
// client of openapi-fetch calls each operation, and the compiler takes both.
func typeScriptClients(t *testing.T, dir string) {
	node := needNode(t)
	modules := npmModules(t)
	work := t.TempDir()
	if err := os.CopyFS(work, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(modules, filepath.Join(work, "node_modules")); err != nil {
		t.Fatal(err)
	}
	out := mustRun(t, exec.Command(node, "testdata/clients/npm/client.mjs", modules, work))
	if got, want := strings.Count(out, "operations\n"), len(yamlFiles(t, dir)); got != want {
		t.Errorf("%d clients of %d documents", got, want)
	}
	config := `{"compilerOptions": {"strict": true, "noEmit": true, "target": "es2022", "module": "nodenext", "moduleResolution": "nodenext", "types": [], "lib": ["es2022", "dom", "dom.iterable"]}, "include": ["*.ts"]}`
	for name, text := range map[string]string{"tsconfig.json": config, "package.json": `{"type": "module"}`} {
		if err := os.WriteFile(filepath.Join(work, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	mustRun(t, exec.Command(node, filepath.Join(modules, "typescript", "bin", "tsc"), "-p", work))
}

func mustRun(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%.3000s", strings.Join(cmd.Args[:min(len(cmd.Args), 6)], " "), err, out)
	}
	return string(out)
}

// need finds a program or skips the test.
func need(t *testing.T, name, debian string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed (apt-get install %s)", name, debian)
	}
	return path
}

// needNode finds a Node that the linter runs on, 20.19 or later, or skips the test.
func needNode(t *testing.T) string {
	t.Helper()
	node := need(t, "node", "nodejs npm")
	out, err := exec.Command(node, "--version").Output()
	var major, minor int
	if _, scan := fmt.Sscanf(string(out), "v%d.%d", &major, &minor); err != nil || scan != nil || major < 20 || major == 20 && minor < 19 {
		t.Skipf("%s is %s, and the linter runs on Node 20.19 or later", node, bytes.TrimSpace(out))
	}
	return node
}

func npmModules(t *testing.T) string {
	t.Helper()
	npm := need(t, "npm", "nodejs npm")
	return filepath.Join(fetched(t, "npm", []string{"package.json", "package-lock.json"}, func(dir string) *exec.Cmd {
		return exec.Command(npm, "--prefix", dir, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	}), "node_modules")
}

// fetched returns a folder of the user's cache, named after the lock files, with
// what fetch has put there beside them. It skips the test where that cannot be had.
func fetched(t *testing.T, kind string, locks []string, fetch func(dir string) *exec.Cmd) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skipf("no cache folder: %v", err)
	}
	texts := map[string][]byte{}
	sum := sha256.New()
	for _, name := range locks {
		text, err := os.ReadFile(filepath.Join("testdata", "clients", kind, name))
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = text
		sum.Write(text)
	}
	dir := filepath.Join(cache, "wirecensus-test", fmt.Sprintf("%s-%x", kind, sum.Sum(nil)[:6]))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Skipf("no cache folder: %v", err)
	}
	part, err := os.MkdirTemp(filepath.Dir(dir), "part-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(part)
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if err := os.WriteFile(filepath.Join(part, name), texts[name], 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := fetch(part).CombinedOutput(); err != nil {
		t.Skipf("%s packages could not be fetched: %v: %s", kind, err, firstLine(out))
	}
	if err := os.Rename(part, dir); err != nil && !errors.Is(err, os.ErrExist) && !errors.Is(err, syscall.ENOTEMPTY) {
		t.Fatal(err)
	}
	return dir
}
