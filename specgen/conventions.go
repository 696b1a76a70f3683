package specgen

import (
	"slices"
	"strings"

	"wirecensus/schemas/shape"
)

// conventions writes how the successful answers of an operation are wrapped and
// how its lists are paged, where both follow what is widely done:
// x-wirecensus-envelope and x-wirecensus-pagination.
func conventions(o *object, op *operation) {
	media, root := answer(op)
	style := envelope(media, root)
	if style != "" {
		o.set("x-wirecensus-envelope", style)
	}
	if op.Method == "GET" || op.Method == "POST" {
		if p := pagination(op, root); p != nil {
			o.set("x-wirecensus-pagination", p)
		}
	}
}

// answer is the JSON of the successful answers with the most calls, nil when there is none.
func answer(op *operation) (media string, root *shape.Node) {
	var calls uint64
	for _, code := range sortedCodes(op.Op.Statuses) {
		r := op.Op.Responses[code]
		if r == nil || code < 200 || code > 299 {
			continue
		}
		for _, t := range sortedKeys(r.Types) {
			if b := r.Types[t]; jsonType(t) && !op.apart(t) && b.Shape != nil && b.Calls > calls {
				media, root, calls = t, b.Shape, b.Calls
			}
		}
	}
	return media, root
}

// envelope names the convention that a JSON answer follows: hal, json-api, odata, or
// the property that alone holds the content beside what tells how the call went; "" for none.
func envelope(media string, n *shape.Node) string {
	has := func(name string) bool {
		p := n.Prop(name)
		return p != nil && 2*p.Seen > n.Kinds[shape.Object]
	}
	switch {
	case n == nil || n.Kinds[shape.Object] == 0:
		return ""
	case media == "application/vnd.api+json", has("data") && (has("jsonapi") || has("included")):
		return "json-api"
	case media == "application/hal+json", has("_links"), has("_embedded"):
		return "hal"
	case has("@odata.context"), has("odata.metadata"):
		return "odata"
	}
	content := ""
	for _, p := range n.Props {
		switch strings.ToLower(p.Name) {
		case "data", "result", "response", "payload":
			if content != "" {
				return ""
			}
			content = p.Name
		case "success", "ok", "status", "code", "message", "msg", "error", "errors", "time", "timestamp", "meta", "request_id", "requestid", "warnings", "usage":
		default:
			return ""
		}
	}
	if len(n.Props) < 2 {
		return ""
	}
	return content
}

// pagination says how an operation's list is paged, nil when it is not plain: the
// parameters by their kind, the property that holds the items, or the Link field (RFC 8288).
func pagination(op *operation, n *shape.Node) *object {
	items, list := itemsIn(n)
	var style string
	var params []any
	for _, name := range sortedKeys(op.Op.Query) {
		kind := pageParam(name)
		if kind == "" {
			continue
		}
		params = append(params, name)
		if kind != "size" && (style == "" || kind == "cursor") {
			style = kind
		}
	}
	link := false
	for code, r := range op.Op.Responses {
		link = link || code >= 200 && code < 300 && r.Headers["link"] != nil
	}
	switch {
	case !list || style == "" && !link:
		return nil
	case style == "":
		style = "link"
	}
	o := obj("style", style)
	if len(params) > 0 {
		o.set("parameters", params)
	}
	if items != "" {
		o.set("items", items)
	}
	return o
}

// itemsIn finds the list in an answer: the answer itself ("") or one of its properties.
func itemsIn(n *shape.Node) (name string, ok bool) {
	if n == nil {
		return "", false
	}
	if n.Kinds[shape.Array] > 0 {
		return "", true
	}
	for _, name := range []string{"data", "items", "results", "result", "value", "values", "entries", "records", "list", "content", "hits", "_embedded"} {
		p := n.Prop(name)
		if p != nil && (p.Node.Kinds[shape.Array] > 0 || name == "_embedded" && p.Node.Kinds[shape.Object] > 0) {
			return name, true
		}
	}
	found := ""
	for _, p := range n.Props {
		if p.Node.Kinds[shape.Array] > 0 && p.Node.Items != nil && p.Node.Items.Kinds[shape.Object] > 0 {
			if found != "" {
				return "", false
			}
			found = p.Name
		}
	}
	return found, found != ""
}

// pageParam is the part that a query parameter has in paging: page, offset, cursor, size; "" none.
func pageParam(name string) string {
	key := strings.Join(words(name), " ")
	is := func(names ...string) bool { return slices.Contains(names, key) }
	switch {
	case is("page", "page number", "page no", "page index", "pagenumber"):
		return "page"
	case is("offset", "skip", "start", "start index", "start at", "first result"):
		return "offset"
	case is("cursor", "after", "before", "starting after", "ending before", "page token", "pagetoken", "next token", "next cursor", "marker", "continuation", "continuation token"):
		return "cursor"
	case is("limit", "per page", "page size", "pagesize", "max results", "top", "count", "size", "page limit", "perpage"):
		return "size"
	}
	return ""
}
