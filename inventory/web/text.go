package web

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// functions are what the template may call.
func functions() template.FuncMap {
	return template.FuncMap{
		"number":  api.Number[uint64],
		"bytes":   api.Bytes,
		"day":     day,
		"share":   api.Share,
		"plural":  func(n any, noun string) (string, error) { return pluralOf(n, noun) },
		"percent": func(c float64) string { return fmt.Sprintf("%.0f %%", 100*c) },
		"bar":     bar,
		"classes": classes,
		"schemes": schemes,
		"answers": answers,
		"legend":  legend,
		"first":   firstOf[string],
		"callers": firstOf[api.Caller],
		"drifts":  firstOf[api.Drift],
		"search":  search,
		// operations of an endpoint
		"operations": mostCalled,
		"opsearch":   func(o api.Operation) string { return strings.ToLower(o.Kind + " " + o.Name) },
		"moreops":    func(e api.Endpoint) uint64 { return uint64(max(len(e.Operations)-maxOperations, 0)) + e.MoreOperations },
		"subject":    subject,
		"verdict":    normal,
		"method":     methodTone,
		"when":       when,
		"none":       func(s string) bool { return s == "none" },
	}
}

func pluralOf(n any, noun string) (string, error) {
	switch n := n.(type) {
	case int:
		return api.Plural(n, noun), nil
	case uint64:
		return api.Plural(n, noun), nil
	}
	return "", fmt.Errorf("no plural of %T", n)
}

// firstOf returns at most maxDetails elements.
func firstOf[T any](list []T) []T { return list[:min(len(list), maxDetails)] }

// day writes a packet time to the day, "-" for none.
func day(t schemas.Time) string { d, _, _ := strings.Cut(api.Minute(t), " "); return d }

// when writes an interval of packet time, to the day where it is longer than one.
func when(first, last schemas.Time) string {
	from, to := api.Minute(first), api.Minute(last)
	switch {
	case last == 0:
		return "never"
	case from == to || first == 0:
		return to
	case day(first) == day(last):
		_, hour, _ := strings.Cut(to, " ")
		return from + " – " + hour
	}
	return day(first) + " – " + day(last)
}

// segment is one piece of a stacked bar, in units of a thousandth of its width.
type segment struct {
	Name     string
	Count    uint64
	From, To int
}

// least is the width of the smallest segment: less cannot be seen.
const least = 4

// bar lays parts out in order so that they fill it.
func bar(list []part) []segment {
	var whole float64
	left := 0 // parts still to come
	for _, p := range list {
		whole += float64(p.Count)
		if p.Count > 0 {
			left++
		}
	}
	var out []segment
	at := 0
	for _, p := range list {
		if p.Count == 0 {
			continue
		}
		left--
		to := 1000
		if left > 0 {
			to = min(at+max(least, int(1000*float64(p.Count)/whole)), 1000-least*left)
		}
		out = append(out, segment{p.Name, p.Count, at, to})
		at = to
	}
	return out
}

// Width of a segment, for the template.
func (s segment) Width() int { return s.To - s.From }

// answers groups the answers of an endpoint by their first digit.
func answers(statuses map[string]uint64) []part {
	list := []part{{Name: "2xx"}, {Name: "3xx"}, {Name: "4xx"}, {Name: "5xx"}, {Name: "none"}}
	for status, n := range statuses {
		switch {
		case strings.HasPrefix(status, "1"), strings.HasPrefix(status, "2"):
			list[0].Count += n
		case strings.HasPrefix(status, "3"):
			list[1].Count += n
		case strings.HasPrefix(status, "4"):
			list[2].Count += n
		case strings.HasPrefix(status, "5"):
			list[3].Count += n
		default:
			list[4].Count += n
		}
	}
	return list
}

// legend writes counts by name in one line.
func legend(list []part) string {
	var out []string
	for _, p := range list {
		if p.Count > 0 {
			out = append(out, api.Number(p.Count)+" "+p.Name)
		}
	}
	return strings.Join(out, ", ")
}

// classes returns the distinct sensitive classes of an endpoint; those of
// responses first, as sent to whoever asks.
func classes(list []api.Sensitive) []string {
	var out []string
	add := func(response bool) {
		for _, s := range list {
			name := s.Class
			if !response {
				name += " (sent)"
			}
			if strings.HasPrefix(s.In, "response") == response && !slices.Contains(out, name) && !slices.Contains(out, s.Class) {
				out = append(out, name)
			}
		}
	}
	add(true)
	add(false)
	return out
}

// schemes returns the distinct schemes of an endpoint.
func schemes(list []api.Auth) []string {
	var out []string
	for _, a := range list {
		if !slices.Contains(out, a.Scheme) {
			out = append(out, a.Scheme)
		}
	}
	return out
}

// subject names what a finding is about in a few words.
func subject(f schemas.Finding) string {
	switch {
	case f.Template != "":
		return f.Method + " " + f.Template
	case f.Actor != "":
		return f.Actor
	}
	return f.Service
}

// search is the text that the page's filter looks at.
func search(e api.Endpoint) string {
	var ops strings.Builder
	for _, o := range mostCalled(e.Operations) {
		ops.WriteString(" " + o.Kind + " " + o.Name)
	}
	return strings.ToLower(strings.Join([]string{e.Method, e.Template, e.Service, e.Status, strings.Join(schemes(e.Auth), " "), strings.Join(classes(e.Sensitive), " "), e.Protocol + ops.String()}, " "))
}

// mostCalled returns at most maxOperations operations, those called most first.
func mostCalled(list []api.Operation) []api.Operation {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b api.Operation) int { return cmp.Compare(b.Calls, a.Calls) })
	return list[:min(len(list), maxOperations)]
}

// normal writes the normal form of a verdict.
func normal(n api.Normal) string {
	observed := n.Observed
	if n.Observed == "dormant" {
		observed = fmt.Sprintf("dormant for %s", api.Plural(n.DormantFor, "day"))
	}
	documented := map[string]string{"no": "not documented", "yes": "documented", "deprecated": "documented as deprecated", "removed": "removed from the document", "sunset-passed": "past its sunset"}[n.Documented]
	if documented == "" {
		documented = n.Documented
	}
	return strings.Join([]string{documented, observed, "answers: " + n.Answer, "coverage " + n.Coverage}, " · ")
}

// methodTone is the style of a method: reads, writes and removals look different.
func methodTone(method string) string {
	switch method {
	case "GET", "HEAD", "OPTIONS":
		return "read"
	case "DELETE":
		return "remove"
	}
	return "write"
}
