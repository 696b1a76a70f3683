package archtest

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var updateItems = flag.Bool("update-items", false, "rewrite docs/acceptance.md")

// items are what a sensor must withstand, by number.
var items = []string{
	1: "formats of capture files", "link types", "tunnels", "nesting of tunnels", "overlay networks with the same addresses", "truncated frames", "folders of captures that come and go", "pipes", "clocks that jump",
	10: "fragments in any order", "fragments of different datagrams", "overlapping fragments", "floods of fragments",
	14: "disorder, duplicates, wraparound", "conflicting retransmissions", "resets and half closes", "ports used again", "joined midstream", "one direction only", "no handshake, no pure acknowledgements",
	21: "loss", "gaps by place", "when a gap is decided", "copies of a mirror", "before and behind a load balancer", "checksums", "segmentation offload", "padding",
	29: "SYN floods", "idle and short connections in numbers", "every limit by itself", "one flow's share", "hash floods", "trouble with the target", "overload", "soak",
	37: "pipelining and interim answers", "chunked", "framing that contradicts itself", "syntax", "limits of messages", "CONNECT and Upgrade", "any port", "content codings",
	45: "HTTP/2", "HTTP/2 with gaps", "HTTP/2 floods", "HTTP/2 oddities", "gRPC",
	50: "TLS with secrets", "TLS without", "QUIC", "secrets are not told", "privileges",
}

// TestItems: each of the items has a test or a benchmark named after it, and docs/acceptance.md lists them.
func TestItems(t *testing.T) {
	named := regexp.MustCompile(`^(?:Test|Benchmark)Item(\d\d)`)
	found := map[int]map[string]bool{}
	files, err := filepath.Glob("../../*/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, deeper := range []string{"../../*/*/*_test.go", "../../*/*/*/*_test.go"} {
		more, err := filepath.Glob(deeper)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, more...)
	}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if m := named.FindStringSubmatch(f.Name.Name); m != nil {
				k, _ := strconv.Atoi(m[1])
				if found[k] == nil {
					found[k] = map[string]bool{}
				}
				dir, _ := filepath.Rel("../..", filepath.Dir(file))
				found[k]["`"+f.Name.Name+"` ("+filepath.ToSlash(dir)+")"] = true
			}
		}
	}
	var b strings.Builder
	b.WriteString("# What the sensor must withstand, and the tests of it\n\nBy number, as in the names of the tests. `go test ./PACKAGE -run NAME` runs one; `go test ./cmd/archtest -run TestItems -update-items` writes this list.\n\n| item | what | tests |\n|---|---|---|\n")
	for k, what := range items {
		if what == "" {
			continue
		}
		if len(found[k]) == 0 {
			t.Errorf("item %02d (%s) has no test", k, what)
		}
		fmt.Fprintf(&b, "| %d | %s | %s |\n", k, what, strings.Join(slices.Sorted(maps.Keys(found[k])), ", "))
	}
	const doc = "../../docs/acceptance.md"
	if *updateItems {
		if err := os.WriteFile(doc, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(doc); err != nil || string(have) != b.String() {
		t.Errorf("%s is not current (%v): go test ./cmd/archtest -run TestItems -update-items", doc, err)
	}
}
