package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// row is what one package of ours may import of ours. A pattern ending in /...
// means the package and everything below it.
type row struct {
	may []string
	why string
}

// direction is the package table: data flows down a packet's life, imports
// point one way.
var direction = map[string]row{
	"schemas":           {[]string{"schemas/shape"}, "the contracts cross processes, so they may not pull a process in"},
	"schemas/shape":     {nil, "shapes are the leaf that every stage shares"},
	"schemas/wire":      {[]string{"schemas/..."}, "the codec of the contracts, for both ends"},
	"schemas/pb":        {nil, "generated types of the contracts"},
	"reassembly":        {nil, "reassembly is usable without the rest: segments in, events out"},
	"reassembly/ipfrag": {nil, "defragmentation is usable without the rest: packets in, packets out"},

	"sensor":             {[]string{"sensor/...", "reassembly/...", "schemas/..."}, "the sensor's root joins the stages; the inventory is beyond Kafka or a sink"},
	"sensor/capture":     {nil, "frames come from outside and know nothing of what is made of them"},
	"sensor/capture/bpf": {nil, "a filter language is usable without the capture"},
	"sensor/decode":      {[]string{"sensor/capture", "reassembly/..."}, "decode turns frames into segments and packets, nothing later"},
	"sensor/message":     {[]string{"reassembly"}, "message events speak of stream offsets and nothing later"},
	"sensor/http1":       {[]string{"sensor/message", "reassembly"}, "a parser turns stream events into message events; parsers do not meet"},
	"sensor/http2":       {[]string{"sensor/message", "reassembly"}, "a parser turns stream events into message events; parsers do not meet"},
	"sensor/websocket":   {[]string{"sensor/message", "reassembly"}, "a parser turns stream events into message events; parsers do not meet"},
	"sensor/quic":        {[]string{"reassembly"}, "datagrams become the handshake messages in them; what those say is another's to read"},
	"sensor/shed":        {nil, "what is left out under pressure is decided from numbers alone"},
	"sensor/tls":         {[]string{"reassembly"}, "decryption turns stream events into stream events"},
	"sensor/exchange":    {[]string{"sensor/message", "reassembly"}, "pairing sees messages, never the parser that made them"},
	"sensor/protobuf":    {[]string{"schemas/shape"}, "reading messages needs their bytes and, where there are some, descriptors"},
	"sensor/normalize":   {[]string{"sensor/exchange", "sensor/message", "sensor/protobuf", "reassembly", "schemas/..."}, "the last stage with values: exchanges in, calls out"},
	"sensor/publish":     {[]string{"schemas/..."}, "sinks carry calls and coverage and see no earlier stage"},

	"sensor/publish/spool":  {nil, "queues on disk are usable without what is in them"},
	"sensor/publish/batch":  {[]string{"schemas/..."}, "records are made of calls alone"},
	"sensor/publish/outbox": {[]string{"sensor/publish/batch", "sensor/publish/spool", "schemas/..."}, "order, retries and loss do not depend on which broker it is"},
	"sensor/publish/kafka":  {[]string{"sensor/publish/outbox", "schemas/wire"}, "an adapter knows the broker and what it is asked for"},

	"inventory": {[]string{"inventory/template", "inventory/catalog", "inventory/api", "inventory/status", "inventory/risk", "inventory/store/...", "inventory/ingest", "inventory/web",
		"specgen/...", "schemas/..."}, "the inventory's root joins its parts; the sensor is beyond Kafka or a sink"},
	"inventory/export":                 {[]string{"inventory", "inventory/api", "inventory/catalog", "inventory/web", "specgen/...", "schemas/..."}, "export writes a finished inventory as files and computes nothing of it"},
	"inventory/template":               {[]string{"schemas/shape"}, "templates are a pure function of paths"},
	"inventory/catalog":                {[]string{"inventory/template", "schemas/..."}, "the vocabulary folds calls in and decides nothing that needs a declared spec"},
	"inventory/api":                    {[]string{"schemas/..."}, "answers are plain data; what computes them is not reachable from those who show them"},
	"inventory/api/rest":               {[]string{"inventory/api", "inventory/web", "specgen/diff", "schemas"}, "the server shows answers and decides none"},
	"inventory/status":                 {[]string{"inventory/catalog", "inventory/api", "specgen/openapi", "schemas/..."}, "a status is a pure function of summaries, declared spec, coverage and time"},
	"inventory/risk":                   {[]string{"inventory/catalog", "inventory/api", "schemas/..."}, "findings are a pure function of summaries, answers and coverage"},
	"inventory/web":                    {[]string{"inventory/api", "schemas"}, "pages use only the types of the REST API"},
	"inventory/store":                  {nil, "persistence lies behind one small interface, and what is kept is bytes to it"},
	"inventory/store/relational":       {[]string{"inventory/store"}, "the statements that the adapters share know the interface and no adapter"},
	"inventory/store/sqlite":           {[]string{"inventory/store", "inventory/store/relational"}, "an adapter knows the interface and no sibling"},
	"inventory/store/postgres":         {[]string{"inventory/store", "inventory/store/relational"}, "an adapter knows the interface and no sibling"},
	"inventory/store/storetest":        {[]string{"inventory/store"}, "the conformance suite knows the interface and no adapter"},
	"inventory/store/storetest/pgtest": {nil, "a server for tests needs nothing of ours"},
	"inventory/ingest":                 {[]string{"inventory/store", "inventory/catalog", "schemas/..."}, "ingest brings calls to the store in one transaction with offsets"},

	"specgen":         {[]string{"inventory/catalog", "specgen/openapi", "schemas/..."}, "documents are generated from summaries alone"},
	"specgen/diff":    {[]string{"specgen/openapi"}, "comparing documents needs no observation"},
	"specgen/merge":   {[]string{"specgen/openapi"}, "joining documents needs no observation"},
	"specgen/lint":    {[]string{"specgen/openapi"}, "checking documents needs no observation"},
	"specgen/openapi": {[]string{"schemas/shape"}, "reading, comparing and writing documents needs no observation"},

	"cmd/wirecensus": {[]string{"cmd/wirecensus/internal/...", "sensor", "sensor/capture", "sensor/capture/bpf", "sensor/protobuf", "sensor/tls", "sensor/publish/...", "inventory", "inventory/api", "inventory/api/rest", "inventory/catalog", "inventory/export",
		"inventory/ingest", "inventory/store/...", "specgen/...", "schemas", "schemas/wire"}, "the command is flags, Config, Run and the sink between the two halves"},
	"cmd/wirecensus/internal/term": {[]string{"inventory/api", "schemas"}, "the terminal shows answers and computes none"},
	"cmd/wiregen":                  {[]string{"cmd/wiregen/...", "schemas/..."}, "the generator must not share code with what it tests"},
	"cmd/archtest":                 {nil, "the house tests look at source, not at behaviour"},
}

// foreign says where a module of others may be used outside tests.
var foreign = map[string]row{
	"github.com/google/gopacket":    {[]string{"cmd/wiregen/..."}, "its decoders are slow and some panic; it serves tests and the generator"},
	"github.com/segmentio/kafka-go": {[]string{"sensor/publish/kafka", "inventory/ingest"}, "Kafka is an adapter at both ends, not a habit"},
	"github.com/rs/zerolog":         {[]string{"cmd/...", "sensor", "inventory"}, "libraries return errors and stay silent"},
	"log":                           {[]string{"inventory/api/rest"}, "libraries return errors; the shell logs with zerolog; net/http takes no other logger to be silenced with"},
	"log/slog":                      {nil, "libraries return errors; the shell logs with zerolog"},
	"testing":                       {[]string{"inventory/store/storetest/..."}, "test code does not ship"},
	"math/rand":                     {[]string{"cmd/wiregen/..."}, "the same capture gives the same bytes"},
	"math/rand/v2":                  {[]string{"cmd/wiregen/...", "inventory/store/storetest"}, "the same capture gives the same bytes"},
	"C":                             {nil, "the binary is built without cgo"},
}

// within reports whether path is named by one of the patterns.
func within(p string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pat string) bool {
		if base, ok := strings.CutSuffix(pat, "/..."); ok {
			return p == base || strings.HasPrefix(p, base+"/")
		}
		return p == pat
	})
}

// rowOf finds the row of a package; internal packages below a listed one follow
// the row of the nearest package above them.
func rowOf(p string) (row, bool) {
	for q := p; q != "." && q != ""; q = path.Dir(q) {
		if r, ok := direction[q]; ok && (q == p || strings.Contains(p[len(q):], "/internal/") || within(q, []string{"cmd/wiregen"})) {
			return r, true
		}
	}
	return row{}, false
}

func importComplaints(p *pkg) []string {
	var bad []string
	r, ok := rowOf(p.Path)
	if !ok {
		return []string{fmt.Sprintf("%s: not in the package table of cmd/archtest: add a row that says what it may import and why", p.Path)}
	}
	for _, f := range p.Files {
		for _, spec := range f.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			if ours, is := strings.CutPrefix(name, module+"/"); is {
				below := strings.HasPrefix(ours, p.Path+"/internal/")
				if !below && !within(ours, r.may) {
					bad = append(bad, fmt.Sprintf("%s: %s imports %s: %s", p.at(spec.Pos()), p.Path, ours, r.why))
				}
				continue
			}
			for mod, rule := range foreign {
				if (name == mod || strings.HasPrefix(name, mod+"/") && strings.Contains(mod, ".")) && !within(p.Path, rule.may) {
					bad = append(bad, fmt.Sprintf("%s: %s imports %s: %s", p.at(spec.Pos()), p.Path, name, rule.why))
				}
			}
		}
	}
	return bad
}

func TestImportsPointOneWay(t *testing.T) {
	for _, p := range load(t) {
		report(t, importComplaints(p))
	}
}

// TestDirectionHasNoCycle checks the table itself: what a row allows must never
// lead back.
func TestDirectionHasNoCycle(t *testing.T) {
	var visit func(p string, seen []string)
	visit = func(p string, seen []string) {
		if slices.Contains(seen, p) {
			t.Errorf("the table allows a cycle: %s", strings.Join(append(seen, p), " → "))
			return
		}
		for q := range direction {
			if q != p && within(q, direction[p].may) {
				visit(q, append(slices.Clone(seen), p))
			}
		}
	}
	for p := range direction {
		visit(p, nil)
	}
	if within("inventory", direction["sensor"].may) || within("sensor", direction["inventory"].may) {
		t.Error("sensor and inventory never import each other")
	}
}

func TestImportComplaints(t *testing.T) {
	src := func(imports ...string) string {
		s := "package p\n"
		for _, i := range imports {
			s += "import _ " + strconv.Quote(i) + "\n"
		}
		return s
	}
	fires(t, importComplaints(parse(t, "reassembly", src("wirecensus/schemas"))), "usable without the rest")
	fires(t, importComplaints(parse(t, "sensor", src("wirecensus/sensor/http1", "wirecensus/inventory/catalog"))), "beyond Kafka")
	fires(t, importComplaints(parse(t, "inventory", src("wirecensus/sensor/message"))), "beyond Kafka")
	fires(t, importComplaints(parse(t, "sensor/http1", src("wirecensus/sensor/http2"))), "parsers do not meet")
	fires(t, importComplaints(parse(t, "sensor/decode", src("github.com/google/gopacket/layers"))), "some panic")
	fires(t, importComplaints(parse(t, "sensor/normalize", src("math/rand", "math/rand/v2"))), "same bytes", "same bytes")
	fires(t, importComplaints(parse(t, "sensor/other", src())), "add a row")
	fires(t, importComplaints(parse(t, "cmd/wiregen", src("github.com/google/gopacket/pcapgo"))))
	fires(t, importComplaints(parse(t, "inventory/web", src("wirecensus/inventory/api", "wirecensus/schemas"))))
	fires(t, importComplaints(parse(t, "inventory/web", src("wirecensus/inventory/catalog"))), "REST API")
}

// parse makes a package of one file whose imports need not exist.
func parse(t *testing.T, at, src string) *pkg {
	t.Helper()
	p := &pkg{Path: at, Fset: token.NewFileSet(), Names: []string{"a.go"}}
	f, err := parser.ParseFile(p.Fset, "a.go", src, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	p.Files = []*ast.File{f}
	return p
}
