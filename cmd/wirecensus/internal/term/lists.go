package term

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// Rest is what a list leaves out: how many there are, of what. The zero value
// leaves nothing out.
type Rest struct {
	Total int
	Noun  string // singular
}

func (s Screen) more(shown int, r Rest) string {
	if r.Total <= shown {
		return ""
	}
	return s.paint(dim, fmt.Sprintf("%s of %s; --limit 0 shows all", api.Number(shown), api.Plural(r.Total, r.Noun))) + "\n"
}

// none says that a list is empty.
func (s Screen) none(noun string) string { return s.paint(dim, "no "+noun) + "\n" }

// Services lists services.
func Services(w io.Writer, list []api.Service, s Screen, r Rest) error {
	if len(list) == 0 {
		return write(w, s.none("service"))
	}
	return write(w, s.serviceTable(list)+s.more(len(list), r))
}

// Encrypted lists services whose traffic could not be read.
func Encrypted(w io.Writer, list []api.EncryptedService, s Screen, r Rest) error {
	if len(list) == 0 {
		return write(w, s.none("encrypted service"))
	}
	var rows [][]cell
	for i := range list {
		v := &list[i]
		document := cell{strings.Join(v.Declared, " "), plain}
		if len(v.Declared) == 0 {
			document = cell{"none", dim}
		}
		protocols := v.Selected
		if len(protocols) == 0 {
			protocols = v.Offered
		}
		notes := api.EncryptedNotes(v)
		if names := slices.Sorted(maps.Keys(v.Certificates)); len(names) > 0 && v.Kind == api.NamedByAddress {
			note := "certificate for " + names[0]
			if len(names) > 1 {
				note += " and " + api.Plural(len(names)-1, "more name")
			}
			notes = append(notes, note)
		}
		rows = append(rows, []cell{{api.EncryptedName(v), plain}, {api.Number(v.Connections), plain}, {api.Bytes(v.Bytes), plain}, {percent(v.OfBytes), bold}, document,
			{counted(v.Versions, 2), plain}, {counted(protocols, 2), plain}, {api.Minute(v.LastSeen), dim}, {strings.Join(notes, "; "), plain}})
	}
	return write(w, s.table([]column{{title: "encrypted service", flex: true, least: 18}, {title: "connections", right: true}, {title: "volume", right: true}, {title: "share", right: true},
		{title: "documents", flex: true, least: 9, optional: true}, {title: "versions", optional: true}, {title: "protocols", optional: true}, {title: "last seen", optional: true},
		{title: "notes", flex: true, prose: true, optional: true, least: 13}}, rows)+s.more(len(list), r))
}

func percent(share float64) string {
	if share > 0 && share < 0.0005 {
		return "<0.1 %"
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}

func write(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

func statusStyle(status string) style {
	switch status {
	case "shadow", "zombie":
		return red
	case "orphan", "undocumented", "unknown":
		return yellow
	}
	return plain
}

// Endpoints lists endpoints.
func Endpoints(w io.Writer, list []api.Endpoint, s Screen, r Rest) error {
	if len(list) == 0 {
		return write(w, s.none("endpoint"))
	}
	var rows [][]cell
	for i := range list {
		e := &list[i]
		status := e.Status
		if status == "" {
			status = e.Class
		}
		if len(e.Drift) > 0 {
			status += " +drift"
		}
		rows = append(rows, []cell{{status, statusStyle(e.Status)}, {e.Method, plain}, {e.Template, bold}, {e.Service, plain}, {api.Number(e.Calls), plain}, {api.Minute(e.LastSeen), dim}, {notes(e), plain}})
		rows = append(rows, operations(e)...)
	}
	return write(w, s.table([]column{{title: "status"}, {title: "method", flex: true, least: 6}, {title: "template", flex: true, least: 24}, {title: "service", flex: true, least: 16},
		{title: "calls", right: true}, {title: "last seen", optional: true}, {title: "notes", flex: true, prose: true, optional: true, least: 13}}, rows)+s.more(len(list), r))
}

// Findings lists findings.
func Findings(w io.Writer, list []schemas.Finding, s Screen, r Rest) error {
	if len(list) == 0 {
		return write(w, s.none("finding"))
	}
	var rows [][]cell
	for i := range list {
		f := &list[i]
		at := f.Method + " " + f.Template
		if f.Template == "" {
			at = f.Actor
		}
		rows = append(rows, []cell{{f.Severity, severityStyle(f.Severity)}, {f.Rule, plain}, {at, bold}, {f.Service, plain}, {api.Number(f.Count), plain}, {api.Minute(f.Last), dim}, {first(f.Evidence), dim}})
	}
	return write(w, s.table([]column{{title: "severity"}, {title: "rule", flex: true, least: 20}, {title: "at", flex: true, least: 28}, {title: "service", flex: true, least: 18},
		{title: "count", right: true}, {title: "last seen", optional: true}, {title: "evidence", flex: true, prose: true, optional: true, least: 30}}, rows)+s.more(len(list), r))
}

// Coverage says what was seen and lost, for all and for the sensors one by one.
func Coverage(w io.Writer, c *schemas.Coverage, sensors []api.Sensor, s Screen) error {
	text := Loss(c, s)
	if worst := Worst(c, s); worst != "" {
		text += "\n" + worst
	}
	if len(sensors) > 0 {
		var rows [][]cell
		for _, v := range sensors {
			var shed uint64
			for _, n := range v.Shed {
				shed += n
			}
			rows = append(rows, []cell{{v.Name, plain}, {api.Minute(v.Last), dim}, {api.Number(v.Calls), plain}, loss(v.Lost), loss(shed), {api.Number(v.Duplicates), dim}})
		}
		text += "\n" + s.table([]column{{title: "sensor", flex: true, least: 8}, {title: "last call"}, {title: "calls", right: true}, {title: "lost", right: true}, {title: "shed", right: true}, {title: "twice", right: true}}, rows)
	}
	return write(w, text)
}

func loss(n uint64) cell {
	if n == 0 {
		return cell{"-", dim}
	}
	return cell{api.Number(n), red}
}

// Specs lists declared documents.
func Specs(w io.Writer, list []api.Spec, s Screen) error {
	if len(list) == 0 {
		return write(w, s.none("declared document"))
	}
	var rows [][]cell
	for _, v := range list {
		rows = append(rows, []cell{{v.Name, bold}, {v.Title, plain}, {v.Version, plain}, {v.Format, plain}, {api.Number(v.Operations), plain}, {strings.Join(v.Servers, " "), dim}})
	}
	return write(w, s.table([]column{{title: "name", flex: true, least: 12}, {title: "title", flex: true, prose: true, least: 10}, {title: "version", flex: true, least: 5}, {title: "format"},
		{title: "operations", right: true}, {title: "servers", flex: true, optional: true, least: 12}}, rows))
}

// Remark is one line about a place in a document.
type Remark struct {
	Class string // breaking, warning, info, unseen, error
	Place string // method and path, or a part of the document
	Text  string
	Rule  string
}

func remarkStyle(class string) style {
	switch class {
	case "breaking", "error":
		return red
	case "warning":
		return yellow
	}
	return dim
}

// Remarks lists what was found about documents, with a sentence that sums it up.
func Remarks(w io.Writer, list []Remark, sum string, s Screen) error {
	var b strings.Builder
	for _, r := range list {
		b.WriteString(s.paint(remarkStyle(r.Class), r.Class))
		if r.Place != "" {
			b.WriteString("  " + s.paint(bold, fit(r.Place, max(20, s.columns()-len(r.Class)-len(r.Rule)-4))))
		}
		b.WriteString("  " + s.paint(dim, r.Rule) + "\n  " + s.wrap(2, api.Visible(r.Text)) + "\n")
	}
	b.WriteString(s.paint(bold, s.wrap(0, sum)) + "\n")
	return write(w, b.String())
}

// Explanation says why a template is what it is.
func Explanation(w io.Writer, service string, e *api.Explanation, s Screen) error {
	var b strings.Builder
	b.WriteString(s.paint(bold, s.wrap(0, e.Method+" "+e.Template+" on "+service)) + "\n")
	line := api.Plural(e.Calls, "call")
	if e.Paths > 0 {
		line += ", " + api.Plural(e.Paths, "distinct path")
	}
	b.WriteString("  " + line + "\n")
	if e.Override != "" {
		b.WriteString("  " + s.wrap(2, "decided by override "+e.Override) + "\n")
	}
	if e.Protocol != "" {
		b.WriteString("  carries " + s.wrap(2, e.Protocol) + "\n")
	}
	for _, g := range e.Segments {
		kind := "literal"
		if g.Param {
			kind = strings.TrimSpace("parameter " + g.Type)
			if g.Format != "" {
				kind += " (" + g.Format + ")"
			}
			if g.Distinct > 0 {
				kind += ", " + api.Plural(g.Distinct, "value")
			}
		}
		b.WriteString("\n" + s.paint(bold, s.wrap(0, g.Text)) + "  " + kind + fmt.Sprintf(", confidence %.0f %%", 100*g.Confidence) + "\n")
		for _, f := range g.For {
			b.WriteString("  + " + s.wrap(4, f) + "\n")
		}
		for _, f := range g.Against {
			b.WriteString("  - " + s.wrap(4, f) + "\n")
		}
	}
	if len(e.Operations) > 0 {
		b.WriteString("\n" + s.paint(bold, api.Plural(len(e.Operations), "operation")) + "\n")
	}
	for i := range e.Operations {
		b.WriteString("  " + s.wrap(4, operationLine(&e.Operations[i])) + "\n")
	}
	return write(w, b.String())
}
