package status

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"wirecensus/inventory/catalog"
)

// why adds a sentence of evidence.
func (v *Verdict) why(format string, args ...any) {
	v.Why = append(v.Why, fmt.Sprintf(format, args...))
}

// plain writes a count with thousands separated.
func plain(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count writes a count with its noun.
func count(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return plain(n) + " " + noun + "s"
}

func days(n int) string { return count(uint64(n), "day") }

func join(words []string) string { return strings.Join(words, ", ") }

// answers lists the outcomes of an operation: "404 (12 calls), 405 (1 call)".
func answers(op *catalog.Operation) string {
	var codes []int
	outcomes := op.Outcomes()
	for code := range outcomes {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	var parts []string
	for _, code := range codes {
		name := strconv.Itoa(code)
		if code == 0 {
			name = "no answer seen"
		}
		parts = append(parts, name+" ("+count(outcomes[code], "call")+")")
	}
	return join(parts)
}

// callers lists who still calls: "10.0.0.1 (curl, 12 calls)".
func callers(e *catalog.Endpoint) string {
	var parts []string
	for _, c := range e.Callers {
		who := c.Client
		if c.Agent != "" {
			who += " (" + c.Agent + ", " + count(c.Calls, "call") + ")"
		} else {
			who += " (" + count(c.Calls, "call") + ")"
		}
		parts = append(parts, who)
	}
	return join(parts)
}

func date(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.DateOnly) }

// percent writes a share with one digit, never rounding to nothing or all.
func percent(n, of uint64) string {
	if of == 0 {
		return "0 %"
	}
	p := 100 * float64(n) / float64(of)
	switch {
	case n > 0 && p < 0.1:
		return "less than 0.1 %"
	case n < of && p > 99.9:
		return "more than 99.9 %"
	}
	return strconv.FormatFloat(p, 'f', 1, 64) + " %"
}

// documents names the documents that cover the service.
func (j *judge) documents() string {
	var names []string
	for _, c := range j.covers {
		names = append(names, c.Document.Name)
	}
	return join(names)
}

// window says over which time and how many calls the service was watched.
func (j *judge) window() string {
	if j.svc == nil {
		return ""
	}
	span := (j.svc.Last - j.svc.First) / 1e9
	text := count(uint64(span), "second")
	switch {
	case span >= 2*86400:
		text = days(int(span / 86400))
	case span >= 2*3600:
		text = count(uint64(span/3600), "hour")
	case span >= 2*60:
		text = count(uint64(span/60), "minute")
	}
	return fmt.Sprintf(" in %s of the service over %s", count(j.svc.Calls, "call"), text)
}
