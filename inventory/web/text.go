package web

import (
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
		"minute":  api.Minute,
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
		"verdict": normal,
		"method":  methodTone,
		"when":    when,
		"none":    func(s string) bool { return s == "none" },
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

// when writes an interval of packet time.
func when(first, last schemas.Time) string {
	switch {
	case last == 0:
		return "never"
	case api.Minute(first) == api.Minute(last):
		return api.Minute(last)
	}
	return api.Minute(first) + " – " + api.Minute(last)
}

// segment is one piece of a stacked bar, in units of a thousandth of its width.
type segment struct {
	Name     string
	Count    uint64
	From, To int
}

// bar lays parts out in order; a part that is there is at least 4 thousandths wide.
func bar(list []part) []segment {
	var whole uint64
	for _, p := range list {
		whole += p.Count
	}
	var out []segment
	at := 0
	for i, p := range list {
		if p.Count == 0 {
			continue
		}
		n := max(4, int(1000*float64(p.Count)/float64(whole)))
		if i == len(list)-1 || at+n > 1000 {
			n = 1000 - at
		}
		out = append(out, segment{p.Name, p.Count, at, max(at, at+n)})
		at += n
	}
	if len(out) > 0 {
		out[len(out)-1].To = 1000
	}
	return out
}

// Width of a segment, for the template.
func (s segment) Width() int { return max(0, s.To-s.From) }

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

// search is the text that the page's filter looks at.
func search(e api.Endpoint) string {
	return strings.ToLower(strings.Join([]string{e.Method, e.Template, e.Service, e.Status, strings.Join(schemes(e.Auth), " "), strings.Join(classes(e.Sensitive), " ")}, " "))
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
