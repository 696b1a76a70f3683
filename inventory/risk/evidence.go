package risk

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
)

// maxNamed is the number of callers or places that one sentence names.
const maxNamed = 5

// ok2xx returns the calls of e that were answered with 2xx, in the sense of the protocol that
// HTTP carries, or with a change of the protocol.
func (e *entry) ok2xx() uint64 {
	var n uint64
	for status, calls := range e.op.Outcomes() {
		if status == 101 || status >= 200 && status < 300 {
			n += calls
		}
	}
	return n
}

// anonymous returns the successful calls without any credential, credentialed
// those with one. A call with two credentials counts once at least.
func (e *entry) anonymous() uint64 {
	for k, s := range e.op.Auth {
		if k.Scheme == "" || k.Scheme == "none" {
			return s.Success
		}
	}
	return 0
}

// anonymousOperations names the operations that succeeded without a credential, where an endpoint
// has several.
func (e *entry) anonymousOperations() []string {
	keys := e.op.Carried.Keys()
	if len(keys) < 2 {
		return nil
	}
	var named []string
	for _, k := range keys {
		if a := e.op.Carried.Operations[k]; a.Open > 0 {
			named = append(named, fmt.Sprintf("%s %s (%s of %s successful)", k.Kind, k.Name, api.Number(a.Open), api.Number(a.Success)))
		}
	}
	switch n := len(named); {
	case n == 0:
		return nil
	case n > maxNamed:
		named = append(named[:maxNamed:maxNamed], api.Plural(uint64(n-maxNamed), "more operation"))
	}
	return []string{"without a credential: " + strings.Join(named, ", ")}
}

func (e *entry) credentialed() uint64 {
	anon := e.anonymous()
	if e.op.Success < anon {
		return 0
	}
	return e.op.Success - anon
}

// external reports whether a caller's address lies outside private networks.
func (e *entry) external() bool {
	return slices.ContainsFunc(e.Callers, func(c api.Caller) bool { return isExternal(c.Client) })
}

func isExternal(client string) bool {
	a, err := netip.ParseAddr(client)
	if err != nil {
		return false
	}
	a = a.Unmap()
	return a.IsGlobalUnicast() && !a.IsPrivate()
}

// panes reports whether the calls of e touch more than one interval of ten
// minutes: one burst lies in one, or on the edge of two, so the span must also
// be longer than the edge of a burst.
func (e *entry) panes() bool {
	const ten, minute = 10 * 60 * 1e9, 60 * 1e9
	return e.FirstSeen/ten != e.LastSeen/ten && e.LastSeen-e.FirstSeen > minute
}

// callers says who still calls e.
func (e *entry) callers() string {
	if len(e.Callers) == 0 {
		return "the callers are not known"
	}
	list := slices.Clone(e.Callers)
	slices.SortFunc(list, func(a, b api.Caller) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), strings.Compare(a.Client, b.Client), strings.Compare(a.Agent, b.Agent))
	})
	var named []string
	for _, c := range list[:min(maxNamed, len(list))] {
		agent := ""
		if c.Agent != "" {
			agent = " (" + c.Agent + ")"
		}
		named = append(named, fmt.Sprintf("%s%s %s", c.Client, agent, api.Plural(c.Calls, "call")))
	}
	total := max(e.Clients, uint64(len(list)))
	if more := total - uint64(len(named)); more > 0 {
		named = append(named, fmt.Sprintf("%d more", more))
	}
	return "callers: " + strings.Join(named, ", ")
}

// seen says when and how often.
func (e *entry) seen() string {
	return fmt.Sprintf("%s, %s successful, from %s to %s", api.Plural(e.Calls, "call"), api.Number(e.op.Success), api.Minute(e.FirstSeen), api.Minute(e.LastSeen))
}

// support turns a number of observations into a confidence: 3 give 0.75, 30 give 0.97.
func support(n uint64) float64 {
	return min(0.99, float64(n)/float64(n+1))
}

// sensitiveKeys returns the places of sensitive values in order.
func sensitiveKeys(op *catalog.Operation) []catalog.SensitiveKey {
	keys := make([]catalog.SensitiveKey, 0, len(op.Sensitive))
	for k := range op.Sensitive {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b catalog.SensitiveKey) int {
		return cmp.Or(cmp.Compare(rank(severityOf(b.Class)), rank(severityOf(a.Class))),
			strings.Compare(a.Class, b.Class), strings.Compare(a.In, b.In), strings.Compare(a.At, b.At))
	})
	return keys
}

// authKeys returns the kinds of credentials in order.
func authKeys(op *catalog.Operation) []catalog.AuthKey {
	keys := make([]catalog.AuthKey, 0, len(op.Auth))
	for k := range op.Auth {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b catalog.AuthKey) int {
		return cmp.Or(strings.Compare(a.Scheme, b.Scheme), strings.Compare(a.In, b.In), strings.Compare(a.Name, b.Name))
	})
	return keys
}

// place writes where a sensitive value was.
func place(k catalog.SensitiveKey) string {
	if k.At == "" {
		return k.In
	}
	return k.In + " " + k.At
}

// classes lists the sensitive classes in the responses of e, worst first.
func (e *entry) classes() string {
	var names []string
	for _, k := range sensitiveKeys(e.op) {
		if inResponse(k.In) && !slices.Contains(names, k.Class) {
			names = append(names, k.Class)
		}
	}
	return strings.Join(names, ", ")
}

// capped keeps the first sentences and counts the rest.
func capped(sentences []string) []string {
	if len(sentences) <= maxNamed {
		return sentences
	}
	return append(sentences[:maxNamed:maxNamed], api.Plural(uint64(len(sentences)-maxNamed), "more place"))
}
