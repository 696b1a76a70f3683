package term

import (
	"encoding/json"
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

var update = flag.Bool("update", false, "rewrite the golden files; commit only differences that you understand")

// company is the result that the report's tests show too.
func company(t testing.TB) *api.Result {
	t.Helper()
	data, err := os.ReadFile("../../../../inventory/web/testdata/result.json")
	if err != nil {
		t.Fatal(err)
	}
	var r api.Result
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

func files() []Written {
	return []Written{{"wirecensus-out/report.html", "open it in a browser"}, {"wirecensus-out/openapi/", "4 OpenAPI documents"}, {"wirecensus-out/endpoints.json", "every endpoint and why"}}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (-update rewrites it); got:\n%s", name, got)
	}
}

func summary(t testing.TB, r *api.Result, s Screen) string {
	t.Helper()
	var b strings.Builder
	if err := Summary(&b, r, s, files()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSummary(t *testing.T) {
	r := company(t)
	golden(t, "summary-80.txt", summary(t, r, Screen{Width: 80}))
	golden(t, "summary-132.txt", summary(t, r, Screen{Width: 132}))
	golden(t, "summary-color.txt", strings.ReplaceAll(summary(t, r, Screen{Width: 100, Color: true, TTY: true}), "\x1b", "␛"))
	golden(t, "summary-empty.txt", summary(t, &api.Result{}, Screen{}))
}

// TestLinesFit: no line is wider than the screen, whatever the names.
func TestLinesFit(t *testing.T) {
	r := company(t)
	r.Services[0].Name = strings.Repeat("very-long-label.", 30) + "example"
	r.Endpoints[3].Status, r.Endpoints[3].Template = "shadow", "/"+strings.Repeat("日本語/", 60)
	r.Coverage.TLS[strings.Repeat("x", 250)] = &schemas.TLSHost{Connections: 9e9, Bytes: 1}
	for _, width := range []int{0, 1, 60, 72, 80, 100, 132, 160, 500} {
		s := Screen{Width: width}
		for line := range strings.Lines(summary(t, r, s)) {
			if n := columnsOf(strings.TrimSuffix(line, "\n")); n > s.columns() {
				t.Errorf("width %d: a line of %d columns: %q", width, n, line)
			}
		}
	}
}

const hostile = "a\x1b]0;owned\x07\u202egpj.exe\u2028\r\n\x00<script>\xff"

// TestObservedTextIsInert: with hostile text in every string, no control byte
// but our line feeds and no invisible character reaches the screen.
func TestObservedTextIsInert(t *testing.T) {
	r := &api.Result{
		Services: []api.Service{{Name: hostile, Declared: []string{hostile}, Coverage: hostile, CoverageWhy: hostile}},
		Endpoints: []api.Endpoint{{Service: hostile, Method: hostile, Template: hostile, Status: "shadow", Sensitive: []api.Sensitive{{Class: hostile, In: "response.body"}},
			Auth: []api.Auth{{Scheme: "none"}}}},
		Findings: []schemas.Finding{{Rule: hostile, Severity: hostile, Service: hostile, Method: hostile, Template: hostile, Evidence: []string{hostile}}, {Actor: hostile, Service: hostile}},
		Coverage: schemas.Coverage{Undecoded: map[string]uint64{hostile: 1}, Opaque: map[string]uint64{hostile: 1}, Anomalies: map[string]uint64{hostile: 1},
			Evicted: map[string]uint64{hostile: 1}, TLS: map[string]*schemas.TLSHost{hostile: {Connections: 1}}},
	}
	var b strings.Builder
	if err := Summary(&b, r, Screen{Width: 160}, []Written{{hostile, hostile}}); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	if !strings.Contains(got, `\x1b]0;owned`) {
		t.Error("the hostile text is not shown at all: the test sees nothing")
	}
	if clean := api.VisibleLines(got); clean != got || !utf8.ValidString(got) {
		t.Errorf("hidden characters reach the screen: %q", got)
	}
}

func TestColoursOnlyWhereWanted(t *testing.T) {
	r := company(t)
	if s := summary(t, r, Screen{Width: 100}); strings.ContainsRune(s, 0x1b) {
		t.Error("escape sequences without Color")
	}
	if s := summary(t, r, Screen{Width: 100, Color: true}); !strings.ContainsRune(s, 0x1b) {
		t.Error("no escape sequences with Color")
	}
	f, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	env := func(vars ...string) func(string) string {
		return func(name string) string {
			for _, v := range vars {
				if k, val, _ := strings.Cut(v, "="); k == name {
					return val
				}
			}
			return ""
		}
	}
	if s := Of(f, env("COLUMNS=120")); s.Color || s.TTY || s.Width != 120 {
		t.Errorf("a file is taken for a terminal: %+v", s)
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"short", 10, "short"}, {"/v2/orders/{orderId}/items", 13, "/v2/or…/items"}, {"abcdef", 1, "…"}, {"abcdef", 2, "a…"}, {"日本語日本語", 7, "日…語"},
		{"a\x1bb", 9, `a\x1bb`}, {"", 3, ""}, {"e\u0301te\u0301", 3, "e\u0301te\u0301"},
	} {
		if got := fit(c.in, c.n); got != c.want || columnsOf(got) > c.n {
			t.Errorf("fit(%q, %d) = %q (%d columns), want %q", c.in, c.n, got, columnsOf(got), c.want)
		}
	}
}

func TestBar(t *testing.T) {
	b := NewBar(Screen{Width: 100, TTY: true})
	var out strings.Builder
	for i := range uint64(4) {
		if err := b.Draw(&out, State{Done: i * 250e6, Total: 1e9, Packets: i * 900_000, Calls: i * 1201, Elapsed: time.Duration(i) * 2 * time.Second}); err != nil {
			t.Fatal(err)
		}
	}
	b.Clear(&out)
	golden(t, "progress.txt", strings.NewReplacer("\r", "␍\n", "\x1b", "␛").Replace(out.String())+"\n")
	b = NewBar(Screen{Width: 70, TTY: true})
	if got := b.Line(State{Done: 5e6, Calls: 7, Elapsed: 3 * time.Second}); got != "5.0 MB · 7 calls · 3s" {
		t.Errorf("without a total: %q", got)
	}
}

// TestBarIsSilentOffTerminal: a pipe gets nothing, and Clear clears only what was drawn.
func TestBarIsSilentOffTerminal(t *testing.T) {
	var out strings.Builder
	b := NewBar(Screen{Width: 100})
	b.Draw(&out, State{Done: 1, Total: 2})
	b.Clear(&out)
	NewBar(Screen{TTY: true}).Clear(&out)
	if out.Len() != 0 {
		t.Errorf("wrote %q", out.String())
	}
}

// TestBarFits: any state fits any screen in one line.
func TestBarFits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		s := Screen{Width: 60 + rng.IntN(120), TTY: true, Color: false}
		b := NewBar(s)
		st := State{Done: rng.Uint64() >> rng.IntN(64), Total: rng.Uint64() >> rng.IntN(64), Packets: rng.Uint64() >> rng.IntN(64), Calls: rng.Uint64() >> rng.IntN(64), Elapsed: time.Duration(rng.Int64() >> rng.IntN(63))}
		b.measure(st)
		if line := b.Line(st); columnsOf(line) >= s.columns() || strings.ContainsAny(line, "\n\r") {
			t.Fatalf("%+v at %d columns: %q", st, s.columns(), line)
		}
	}
}

func BenchmarkSummary(b *testing.B) {
	r := company(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := Summary(io.Discard, r, Screen{Width: 100}, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func TestSpeed(t *testing.T) {
	got := Speed(State{Done: 200 << 20, Packets: 300_000, Calls: 50_000, Elapsed: 2 * time.Second})
	if want := "read 210 MB in 2.0 s: 105 MB/s, 150,000 packets/s, 25,000 calls/s"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// TestNothingFound: a capture without calls says why, and what would help.
func TestNothingFound(t *testing.T) {
	for want, cov := range map[string]schemas.Coverage{
		"holds no frames": {},
		"No TCP segment":  {Frames: 1, Undecoded: map[string]uint64{"udp": 1}},
		"right interface": {Frames: 9, Segments: 9, Opaque: map[string]uint64{"ssh": 1}},
		"both directions": {Frames: 9, Segments: 9, Orphans: 2},
		"behind the TLS":  {Frames: 9, Segments: 9, Opaque: map[string]uint64{"tls": 3}, TLS: map[string]*schemas.TLSHost{"a": {Connections: 3}}},
		"with --keylog":   {Frames: 9, Undecoded: map[string]uint64{"quic": 9}, Segments: 1, TLS: map[string]*schemas.TLSHost{"a": {Connections: 1}}},
	} {
		var b strings.Builder
		if err := Summary(&b, &api.Result{Coverage: cov}, Screen{Width: 200}, nil); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) {
			t.Errorf("want %q in:\n%s", want, b.String())
		}
	}
}
