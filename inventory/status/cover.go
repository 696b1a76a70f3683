package status

import (
	"fmt"
	"slices"
	"strings"

	"wirecensus/inventory/catalog"
	"wirecensus/specgen/openapi"
)

// Cover is a document, with its history, that covers a service.
type Cover struct {
	Document *openapi.Document   // the newest version
	Older    []*openapi.Document // newest first
	// Removed are operations of older versions that the newest has no more.
	Removed []*openapi.Operation
	// Bases are the base paths under which the document's operations are taken;
	// nil means all.
	Bases []string
	Why   string
}

func cover(h openapi.History, bases []string, why string) Cover {
	return Cover{Document: h.Current, Older: h.Older, Removed: h.Removed, Bases: bases, Why: why}
}

// Operations are the operations of the newest version under the bases.
func (c Cover) Operations() []*openapi.Operation { return c.under(c.Document.Operations) }

func (c Cover) under(ops []*openapi.Operation) []*openapi.Operation {
	if c.Bases == nil {
		return ops
	}
	var out []*openapi.Operation
	for _, o := range ops {
		if slices.Contains(c.Bases, o.Base) {
			out = append(out, o)
		}
	}
	return out
}

// unseenHost is a declared host without traffic.
type unseenHost struct {
	openapi.History
	host string
}

// assign finds the documents of every service, by index, and the documents that
// name hosts of which nothing was seen.
func assign(svcs []*catalog.Service, hs []openapi.History) ([][]Cover, []unseenHost) {
	covers := make([][]Cover, len(svcs))
	var unseen []unseenHost
	for _, h := range hs {
		hosts := h.Current.Hosts()
		found := false
		for i, svc := range svcs {
			if c, ok := byHost(h, svc); ok {
				covers[i] = append(covers[i], c)
				found = true
			}
		}
		if !found && len(hosts) == 0 {
			for i, svc := range svcs {
				if svc.Host != "" && strings.Contains(strings.ToLower(h.Current.Name), strings.ToLower(svc.Host)) {
					covers[i] = append(covers[i], cover(h, busiest(h.Current, svc), "its file name contains the host"))
					found = true
				}
			}
		}
		if !found {
			for i, svc := range svcs {
				if c, ok := byTraffic(h, svc); ok {
					covers[i] = append(covers[i], c)
					found = true
				}
			}
		}
		if !found && len(hosts) > 0 && !strings.Contains(hosts[0], "*") {
			unseen = append(unseen, unseenHost{History: h, host: hosts[0]})
		}
	}
	return covers, unseen
}

// byHost covers a service whose host a server of the document names.
func byHost(h openapi.History, svc *catalog.Service) (Cover, bool) {
	var bases []string
	for _, s := range h.Current.Servers {
		if s.Matches(svc.Host, svc.Port) && !slices.Contains(bases, s.Base) {
			bases = append(bases, s.Base)
		}
	}
	if len(bases) == 0 {
		return Cover{}, false
	}
	for _, o := range h.Current.Operations {
		// Servers of a path or an operation have bases of their own.
		if !slices.ContainsFunc(h.Current.Servers, func(s openapi.Server) bool { return s.Base == o.Base }) && !slices.Contains(bases, o.Base) {
			bases = append(bases, o.Base)
		}
	}
	if len(bases) > 1 {
		if used := used(h.Current, svc, bases); len(used) > 0 {
			bases = used
		} else {
			bases = bases[:1]
		}
	}
	return cover(h, bases, "its servers name the host"), true
}

// used are the bases under which some successful call matches.
func used(d *openapi.Document, svc *catalog.Service, bases []string) []string {
	var out []string
	for _, b := range bases {
		if calls, _ := matched(d, svc, b); calls > 0 {
			out = append(out, b)
		}
	}
	return out
}

// busiest is the base under which most successful calls match.
func busiest(d *openapi.Document, svc *catalog.Service) []string {
	bases := d.Bases()
	if len(bases) <= 1 {
		return nil
	}
	best, most := bases[0], uint64(0)
	for _, b := range bases {
		if calls, _ := matched(d, svc, b); calls > most {
			best, most = b, calls
		}
	}
	return []string{best}
}

// matched counts the successful calls and the operations of a service that a
// document declares under a base. Templates without any literal do not count:
// they match everything.
func matched(d *openapi.Document, svc *catalog.Service, base string) (calls uint64, ops int) {
	seen := map[*openapi.Operation]bool{}
	for _, e := range svc.Endpoints {
		if e.Op.Success == 0 || e.Class != catalog.Real {
			continue
		}
		op := d.MatchTemplate(base, e.Method, e.Template)
		if op == nil || !hasLiteral(op.Template) {
			continue
		}
		calls += e.Op.Success
		seen[op] = true
	}
	return calls, len(seen)
}

func hasLiteral(template string) bool {
	for _, s := range strings.Split(template, "/") {
		if s != "" && !strings.Contains(s, "{") {
			return true
		}
	}
	return false
}

// byTraffic covers a service of whose successful calls the document declares
// half, or a tenth by three operations.
func byTraffic(h openapi.History, svc *catalog.Service) (Cover, bool) {
	var all uint64
	for _, e := range svc.Endpoints {
		if e.Class == catalog.Real {
			all += e.Op.Success
		}
	}
	if all == 0 {
		return Cover{}, false
	}
	c := cover(h, busiest(h.Current, svc), "")
	base := "*"
	if c.Bases != nil {
		base = c.Bases[0]
	}
	calls, ops := matched(h.Current, svc, base)
	if 2*calls < all && (10*calls < all || ops < 3) {
		return Cover{}, false
	}
	c.Why = fmt.Sprintf("its templates match %s of %s successful calls", plain(calls), plain(all))
	return c, true
}

// Template is a declared method and template, as a hint for finding templates.
type Template struct {
	Method, Template string
}

// Templates returns what the documents declare for a service, sorted by template
// and method: the operations of documents that name the host and of those that
// name none; for a host that nobody writes into a document (an address, a name
// without a dot) of all documents.
func Templates(docs []*openapi.Document, host string, port uint16) []Template {
	seen := map[Template]bool{}
	var out []Template
	for _, d := range docs {
		relative := !named(d) || !strings.Contains(host, ".") || strings.Trim(host, "0123456789.:abcdef") == ""
		bases := []string{}
		for _, s := range d.Servers {
			if s.Matches(host, port) {
				bases = append(bases, s.Base)
			}
		}
		if !relative && len(bases) == 0 {
			continue
		}
		for _, o := range d.Operations {
			t := Template{o.Method, o.Template}
			if !seen[t] && (relative || slices.Contains(bases, o.Base)) {
				seen[t] = true
				out = append(out, t)
			}
		}
	}
	slices.SortFunc(out, func(a, b Template) int {
		if a.Template != b.Template {
			return strings.Compare(a.Template, b.Template)
		}
		return strings.Compare(a.Method, b.Method)
	})
	return out
}

// named: some server of the document names a host that others could ask for: not
// the machine itself, nor one of which all is variable.
func named(d *openapi.Document) bool {
	return slices.ContainsFunc(d.Servers, func(s openapi.Server) bool {
		return s.Host != "" && s.Host != "localhost" && s.Host != "::1" && !strings.HasPrefix(s.Host, "127.") && strings.Trim(s.Host, "*") != ""
	})
}
