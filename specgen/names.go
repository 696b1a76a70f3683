package specgen

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// assignIDs gives every operation a unique id. Operations are served in an order
// that more traffic does not change: lower versions and shorter paths first keep
// the plain name.
func assignIDs(ops []*operation) {
	order := slices.Clone(ops)
	slices.SortStableFunc(order, func(a, b *operation) int {
		return cmp.Or(cmp.Compare(len(a.segs), len(b.segs)), cmp.Compare(a.path, b.path), cmp.Compare(methodRank(a.Method), methodRank(b.Method)))
	})
	taken := map[string]bool{}
	for _, op := range order {
		for i := 0; ; i++ {
			id := op.candidate(i)
			if key := strings.ToLower(id); !taken[key] {
				taken[key] = true
				op.id = id
				break
			}
		}
	}
}

// candidate returns the i-th choice for an operation's id.
func (op *operation) candidate(i int) string {
	id := op.idiom()
	switch i {
	case 0:
		return id
	case 1:
		if len(op.names) > 0 {
			return id + "By" + pascal(words(op.names[len(op.names)-1]))
		}
	case 2:
		for _, s := range op.segs {
			if len(s.params) == 0 && version(s.text) && s.text != "" {
				return id + pascal(words(s.text))
			}
		}
	case 3:
		return op.spelled()
	}
	return op.spelled() + strconv.Itoa(i)
}

// rpc splits the path of a method of gRPC, gRPC-Web or Connect, "/depot.v1.Parcels/Get", into service and method.
func (op *operation) rpc() (service, method string, ok bool) {
	switch op.Op.Protocol() {
	case "grpc", "grpc-web", "connect":
	default:
		return "", "", false
	}
	if n := len(op.segs); n >= 2 && len(op.segs[n-1].params)+len(op.segs[n-2].params) == 0 {
		service, method = op.segs[n-2].text, op.segs[n-1].text
	}
	return service, method, len(words(service)) > 0 && len(words(method)) > 0
}

// spelled is the id made of the method and all of the path.
func (op *operation) spelled() string {
	ws := []string{strings.ToLower(op.Method)}
	for _, s := range op.segs {
		if len(s.params) == 0 {
			ws = append(ws, words(s.text)...)
		}
		for _, p := range s.params {
			ws = append(append(ws, "by"), words(p)...)
		}
	}
	return camel(ws)
}

// idiom is the id that a person would give: listUsers, getUser, createUserOrder,
// cancelOrder, chatPostMessage.
func (op *operation) idiom() string {
	nouns := op.nouns()
	if service, method, ok := op.rpc(); ok {
		return camel(append(words(service[strings.LastIndexByte(service, '.')+1:]), words(method)...))
	}
	if p := op.Op.Protocol(); len(nouns) > 0 && !nouns[len(nouns)-1].item && (p == "graphql" || p == "json-rpc" || p == "soap") {
		return camel(nouns[len(nouns)-1].words) // what is asked for is in the content
	}
	if len(nouns) == 0 {
		if len(op.names) > 0 {
			return camel(append([]string{op.verb(false, true)}, words(op.names[len(op.names)-1])...))
		}
		return camel([]string{strings.ToLower(op.Method), "root"})
	}
	last := nouns[len(nouns)-1]
	if strings.ContainsAny(last.text, ".:") && !last.item {
		return camel(last.words) // RPC: chat.postMessage
	}
	var parents []string
	for _, n := range nouns[:len(nouns)-1] {
		parents = append(parents, singularLast(n.words)...)
	}
	if !last.item && verb(last.words[0]) && (op.Method == "POST" || op.Method == "PUT" || len(last.words) > 1 || op.Method == "GET") {
		return camel(slices.Concat(last.words, parents)) // POST /orders/{id}/cancel
	}
	list := !last.item && plural(last.words[len(last.words)-1])
	object := last.words
	if last.item || list && op.Method == "POST" {
		object = singularLast(last.words)
	}
	return camel(slices.Concat([]string{op.verb(list, last.item)}, parents, object))
}

func (op *operation) verb(list, item bool) string {
	switch op.Method {
	case "GET":
		if list {
			return "list"
		}
		return "get"
	case "HEAD":
		return "check"
	case "POST":
		if item {
			return "post"
		}
		return "create"
	case "PUT":
		return "replace"
	case "PATCH":
		return "update"
	case "DELETE":
		return "delete"
	}
	return strings.ToLower(op.Method)
}

// summary writes an operation's id as a sentence, "List user orders", or its gRPC method, "Orders/List".
func (op *operation) summary() string {
	if service, method, ok := op.rpc(); ok {
		return printable(service[strings.LastIndexByte(service, '.')+1:] + "/" + method)
	}
	ws := words(op.id)
	if len(ws) == 0 {
		return op.id
	}
	ws[0] = title(ws[0])
	return strings.Join(ws, " ")
}

// assignTags groups operations by the first resource of their paths.
func assignTags(ops []*operation) {
	for _, op := range ops {
		op.tag = "default"
		if service, _, ok := op.rpc(); ok {
			op.tag = printable(service)
		} else if nouns := op.nouns(); len(nouns) > 0 {
			text, _, _ := strings.Cut(nouns[0].text, ".")
			if ws := words(text); len(ws) > 0 {
				op.tag = strings.Join(ws, "-")
			}
		}
	}
}

// resource is the noun of what an operation handles, as words: user for
// /users/{id}; the action's words for RPC.
func (op *operation) resource() []string {
	nouns := op.nouns()
	if len(nouns) == 0 {
		return []string{"root"}
	}
	last := nouns[len(nouns)-1]
	if !last.item && len(nouns) > 1 && verb(last.words[0]) {
		last = nouns[len(nouns)-2]
	}
	return singularLast(last.words)
}
