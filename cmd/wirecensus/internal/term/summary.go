package term

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// How many lines a section shows.
const (
	maxServices  = 12
	maxAttention = 15
	maxFindings  = 10
	maxNames     = 4
)

// Written is one file or folder that the run wrote.
type Written struct {
	Path string // as the user would type it
	What string // a few words; "" for none
}

// Summary writes what a replay found: services, endpoints that need attention,
// findings, what was lost or could not be read, and where the files are.
func Summary(w io.Writer, r *api.Result, s Screen, files []Written) error {
	var b strings.Builder
	s.headline(&b, r)
	s.nothing(&b, r)
	s.services(&b, r)
	s.protocols(&b, r)
	s.attention(&b, r)
	s.findings(&b, r)
	b.WriteString("\n" + Loss(&r.Coverage, s))
	s.written(&b, files)
	_, err := io.WriteString(w, b.String())
	return err
}

func (s Screen) headline(b *strings.Builder, r *api.Result) {
	line := fmt.Sprintf("%s · %s · %s", api.Plural(uint64(len(r.Services)), "service"), api.Plural(uint64(len(r.Endpoints)), "endpoint"), api.Plural(r.Coverage.Calls, "call"))
	if c := r.Coverage; c.Last > 0 {
		line += fmt.Sprintf(" · %s to %s (%s)", api.Minute(c.First), api.Minute(c.Last), api.Lasting(time.Duration(c.Last-c.First)))
	}
	b.WriteString(s.paint(bold, s.wrap(0, line)) + "\n")
}

// nothing says why there is no call at all, and what would help.
func (s Screen) nothing(b *strings.Builder, r *api.Result) {
	c := &r.Coverage
	if c.Calls > 0 {
		return
	}
	why := "No HTTP message was found. Is the capture of the right interface and port?"
	switch {
	case c.Frames == 0:
		why = "The capture holds no frames."
	case c.Segments == 0 && len(c.TLS) == 0:
		why = "No TCP segment was found; see what was not read below."
	case c.Orphans > 0:
		why = "Only responses were captured. The mirror must show both directions of a connection."
	case len(c.TLS) > 0:
		why = "No HTTP message was found: the traffic is encrypted. Capture behind the TLS terminator, where it is in the clear, or give the secrets with --keylog."
	}
	b.WriteString("\n" + s.paint(yellow, s.wrap(0, why)) + "\n")
}

func (s Screen) heading(b *strings.Builder, title, rest string) {
	b.WriteString("\n" + s.paint(bold, title))
	if rest != "" {
		b.WriteString("  " + rest)
	}
	b.WriteString("\n")
}

// rest says what a section left out and which file has it.
func (s Screen) rest(b *strings.Builder, left int, file string) {
	if left > 0 {
		b.WriteString(s.paint(dim, fmt.Sprintf("  and %s more in %s", api.Number(left), file)) + "\n")
	}
}

func (s Screen) services(b *strings.Builder, r *api.Result) {
	if len(r.Services) == 0 {
		return
	}
	s.heading(b, "services", "")
	b.WriteString(s.serviceTable(r.Services[:min(len(r.Services), maxServices)]))
	s.rest(b, len(r.Services)-maxServices, "report.html")
}

// protocols says in a line what HTTP carried: how many operations of GraphQL, methods of gRPC and so on.
func (s Screen) protocols(b *strings.Builder, r *api.Result) {
	operations, endpoints := map[string]uint64{}, map[string]uint64{}
	for i := range r.Endpoints {
		if e := &r.Endpoints[i]; e.Protocol != "" {
			endpoints[e.Protocol]++
			operations[e.Protocol] += uint64(len(e.Operations))
		}
	}
	if len(endpoints) == 0 {
		return
	}
	var parts []string
	for _, p := range slices.Sorted(maps.Keys(endpoints)) {
		part := p + " " + api.Plural(endpoints[p], "endpoint")
		if n := operations[p]; n > 0 && p != "grpc" && p != "grpc-web" && p != "connect" {
			part += " with " + api.Plural(n, "operation")
		}
		parts = append(parts, part)
	}
	b.WriteString("\n" + s.paint(bold, "carried") + "  " + s.wrap(9, strings.Join(parts, ", ")) + "\n")
}

func (s Screen) serviceTable(list []api.Service) string {
	var rows [][]cell
	for _, v := range list {
		document := cell{strings.Join(v.Declared, " "), plain}
		if len(v.Declared) == 0 {
			document = cell{"none", yellow}
		}
		coverage := cell{v.Coverage, green}
		if v.Coverage != "ok" {
			coverage = cell{v.Coverage, yellow}
			if v.CoverageWhy != "" {
				coverage.text += ": " + v.CoverageWhy
			}
		}
		rows = append(rows, []cell{{v.Name, plain}, document, {api.Number(v.Endpoints), plain}, counter(v.ByStatus["shadow"], red),
			counter(v.ByStatus["zombie"], red), {api.Number(v.Calls), plain}, coverage})
	}
	return s.table([]column{{title: "service", flex: true, least: 18}, {title: "documents", flex: true, least: 9}, {title: "endpoints", right: true},
		{title: "shadow", right: true}, {title: "zombie", right: true}, {title: "calls", right: true}, {title: "coverage", flex: true, prose: true, least: 8}}, rows)
}

func counter(n int, st style) cell {
	if n == 0 {
		return cell{"-", dim}
	}
	return cell{api.Number(n), st}
}

// attention lists shadow and zombie endpoints, the busiest first.
func (s Screen) attention(b *strings.Builder, r *api.Result) {
	var list []*api.Endpoint
	for _, status := range []string{"shadow", "zombie"} {
		from := len(list)
		for i := range r.Endpoints {
			if r.Endpoints[i].Status == status {
				list = append(list, &r.Endpoints[i])
			}
		}
		slices.SortStableFunc(list[from:], func(a, b *api.Endpoint) int { return cmp.Compare(b.Calls, a.Calls) })
	}
	if len(list) == 0 {
		return
	}
	var rows [][]cell
	for _, e := range list[:min(len(list), maxAttention)] {
		rows = append(rows, []cell{{e.Status, red}, {e.Method, plain}, {e.Template, bold}, {e.Service, plain}, {api.Plural(e.Calls, "call"), plain}, {notes(e), plain}})
	}
	s.heading(b, "endpoints that need attention", "")
	b.WriteString(s.table([]column{{}, {flex: true, least: 6}, {flex: true, least: 24}, {flex: true, least: 16}, {right: true}, {flex: true, prose: true, optional: true, least: 13}}, rows))
	s.rest(b, len(list)-len(rows), "endpoints.json")
}

// notes says in a few words why an endpoint matters.
func notes(e *api.Endpoint) string {
	var parts []string
	if e.Protocol != "" {
		parts = append(parts, e.Protocol)
	}
	open := len(e.Auth) > 0
	for _, a := range e.Auth {
		open = open && a.Scheme == "none"
	}
	if open {
		parts = append(parts, "no credential")
	}
	seen := map[string]bool{}
	for _, v := range e.Sensitive {
		if !seen[v.Class] && strings.HasPrefix(v.In, "response") {
			seen[v.Class] = true
			parts = append(parts, v.Class)
		}
	}
	if e.Status == "zombie" {
		parts = append(parts, api.Plural(e.Clients, "client"))
	}
	return strings.Join(parts, ", ")
}

func severityStyle(severity string) style {
	switch severity {
	case "critical":
		return strong
	case "high":
		return red
	case "medium":
		return yellow
	}
	return dim
}

func (s Screen) findings(b *strings.Builder, r *api.Result) {
	if len(r.Findings) == 0 {
		s.heading(b, "findings", "none")
		return
	}
	count := map[string]int{}
	for _, f := range r.Findings {
		count[f.Severity]++
	}
	var totals []string
	for _, severity := range []string{"critical", "high", "medium", "low", "info"} {
		if n := count[severity]; n > 0 {
			totals = append(totals, s.paint(severityStyle(severity), api.Number(n)+" "+severity))
		}
	}
	s.heading(b, "findings", strings.Join(totals, ", "))
	shown := r.Findings[:min(len(r.Findings), maxFindings)]
	b.WriteString(s.findingTable(shown))
	s.rest(b, len(r.Findings)-len(shown), "findings.json")
}

func (s Screen) findingTable(list []schemas.Finding) string {
	var rows [][]cell
	for _, f := range list {
		rows = append(rows, []cell{{f.Severity, severityStyle(f.Severity)}, {f.Rule, plain}, {subject(&f), plain}, {first(f.Evidence), dim}})
	}
	return s.table([]column{{}, {flex: true, least: 25}, {flex: true, least: 36}, {flex: true, prose: true, optional: true, least: 30}}, rows)
}

func subject(f *schemas.Finding) string {
	switch {
	case f.Template != "":
		return f.Method + " " + f.Template + " on " + f.Service
	case f.Actor != "":
		return f.Actor + " on " + f.Service
	}
	return f.Service
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func (s Screen) written(b *strings.Builder, files []Written) {
	if len(files) == 0 {
		return
	}
	s.heading(b, "written", "")
	var rows [][]cell
	for _, f := range files {
		rows = append(rows, []cell{{f.Path, plain}, {f.What, dim}})
	}
	b.WriteString(s.table([]column{{flex: true, least: 24}, {flex: true, prose: true, optional: true, least: 10}}, rows))
}
