package normalize

import (
	"bytes"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

// maxVariables is the number of variables of a request that are looked at.
const maxVariables = 256

// gqlRequest is one request (GraphQL over HTTP, Section 5). The slices are texts and JSON as written.
type gqlRequest struct {
	document, operation, variables []byte
	hash                           bool // extensions.persistedQuery names a document
	id                             bool // so does id or documentId
}

// variable is one that was given: its value as written, or the offset of its default value.
type variable struct {
	name, raw []byte
	def       int
}

// graphqlRequest books what the JSON object raw, the i-th of its batch, asks for if it is a request,
// and reports whether others may follow. It is told by its structure, wherever it was sent to:
// its query is an executable document, or it names one by its hash or its id.
func (n *Normalizer) graphqlRequest(i int, raw []byte) bool {
	r, ok := n.readGraphQL(raw)
	if !ok || !n.graphql(i, &r) {
		return i > 0
	}
	return !n.asks.full()
}

// readGraphQL reads the members of a request.
func (n *Normalizer) readGraphQL(raw []byte) (r gqlRequest, ok bool) {
	o := &n.asks
	known := true
	n.scanner.Members(raw, func(name, value []byte) bool {
		switch string(name) {
		case "query":
			r.document, o.text = jsonString(o.text, value)
			known = known && (r.document != nil || string(value) == "null")
		case "operationName":
			r.operation, o.text = jsonString(o.text, value)
		case "variables":
			r.variables = value
		case "extensions":
			r.hash = namesHash(n.scanner, value)
		case "documentId", "doc_id":
			r.id = true
		case "id":
			r.id = r.id || len(value) > 2 && value[0] == '"'
		}
		return true
	})
	if r.id && r.document == nil && !r.hash {
		known = known && len(r.variables) > 0 && r.variables[0] == '{'
	}
	return r, known && (len(r.document) > 0 || r.hash || r.id)
}

// namesHash reports whether extensions have persistedQuery.sha256Hash.
func namesHash(s *shape.Scanner, extensions []byte) (ok bool) {
	s.Members(extensions, func(name, value []byte) bool {
		if string(name) == "persistedQuery" {
			s.Members(value, func(name, value []byte) bool {
				ok = ok || string(name) == "sha256Hash" && len(value) > 2 && value[0] == '"'
				return !ok
			})
		}
		return !ok
	})
	return ok
}

// graphql books what r, the i-th of its batch, asks for and reports whether it is GraphQL.
func (n *Normalizer) graphql(i int, r *gqlRequest) bool {
	o, d := &n.asks, &n.asks.doc
	if len(r.document) == 0 {
		kind := ""
		if n.call != nil && n.call.Method == "GET" {
			kind = "query" // mutations may not be sent by GET
		}
		o.protocol = protocolGraphQL
		o.add(asked{op: schemas.Operation{Kind: kind, Document: n.operationName(r.operation), Persisted: true}, batch: i, maybe: !r.hash})
		return true
	}
	if !d.parse(r.document) {
		return false
	}
	o.protocol = protocolGraphQL
	op := d.choose(r.operation)
	if op == nil {
		o.add(asked{op: schemas.Operation{Document: n.operationName(r.operation)}, batch: i})
		return true
	}
	n.variables(r, op)
	d.collect(op)
	document := n.operationName(op.name)
	for k := range d.fields {
		if o.full() {
			break
		}
		f := &d.fields[k]
		name := n.operationName(f.name)
		o.add(asked{key: f.key, batch: i, op: schemas.Operation{Kind: op.kind, Name: name, Document: document, Args: n.graphqlArgs(f, name)}})
	}
	return true
}

// variables lists those that were given, then the defaults of others.
func (n *Normalizer) variables(r *gqlRequest, op *gqlOperation) {
	o := &n.asks
	clear(o.vars)
	o.vars = o.vars[:0]
	n.scanner.Members(r.variables, func(name, value []byte) bool {
		o.vars = append(o.vars, variable{name: name, raw: value})
		return len(o.vars) < maxVariables
	})
	if op.vars == 0 {
		return
	}
	o.doc.count, o.doc.depth = 0, 0
	o.doc.seek(op.vars)
	o.doc.variables(func(name []byte, def int) {
		if def > 0 && len(o.vars) < maxVariables && o.variable(name) == nil {
			o.vars = append(o.vars, variable{name: name, def: def})
		}
	})
}

// variable returns the one called name, nil when it was not given.
func (o *operations) variable(name []byte) *variable {
	for i := range o.vars {
		if string(o.vars[i].name) == string(name) {
			return &o.vars[i]
		}
	}
	return nil
}

// graphqlArgs describes the arguments of a root field. Literals are found nowhere else, so what is
// sensitive in them is noted, under the place of the document; variables were seen with the content.
func (n *Normalizer) graphqlArgs(f *gqlField, name string) []schemas.Param {
	if f.args == 0 {
		return nil
	}
	s, d := n.scanner, &n.asks.doc
	was := n.at
	n.at.prefix, n.at.auth = "$.query."+name, false
	s.Begin()
	s.Object(s.Root())
	d.count, d.depth = 0, 0
	d.seek(f.args)
	args := 0
	d.arguments(func(arg []byte) {
		if args++; args > maxArgs {
			d.value()
			return
		}
		n.literal(s.Property(s.Root(), arg))
	})
	n.at = was
	return n.argsOf()
}

// literal describes the value at hand at r, and takes it.
func (n *Normalizer) literal(r shape.Ref) {
	s, d := n.scanner, &n.asks.doc
	if r < 0 || !d.enter() {
		d.value()
		return
	}
	defer d.leave()
	text := d.src[d.tok.start:d.tok.end]
	switch {
	case d.tok.kind == tokString:
		from := len(n.asks.text)
		n.asks.text = appendLiteral(n.asks.text, text)
		s.String(r, n.asks.text[from:])
		n.asks.text = n.asks.text[:from]
	case d.tok.kind == tokNumber, string(text) == "true", string(text) == "false", string(text) == "null":
		s.AddAt(r, text)
	case d.tok.kind == tokName:
		s.String(r, text)
	case d.is('$'):
		d.next()
		n.given(r, d.word())
	case d.is('['):
		items := 0
		it := s.Item(r)
		for d.next(); !d.is(']') && !d.bad; items++ {
			n.literal(it)
		}
		s.Array(r, items)
	case d.is('{'):
		s.Object(r)
		for d.next(); !d.is('}') && !d.bad; {
			p := s.Property(r, d.name())
			d.want(':')
			n.literal(p)
		}
	}
	d.next()
}

// given describes the value of the variable called name at r. Default values have no
// variables (Section 2.10).
func (n *Normalizer) given(r shape.Ref, name []byte) {
	o := &n.asks
	v := o.variable(name)
	switch {
	case v == nil || o.inDefault || o.rescan <= 0:
	case v.def > 0:
		d := &o.doc
		back := d.tok.start
		d.seek(v.def)
		o.inDefault = true
		n.literal(r)
		o.inDefault = false
		o.rescan -= max(1, d.tok.start-v.def)
		d.seek(back)
	case len(v.raw) > 0 && len(v.raw) <= o.rescan:
		o.rescan -= len(v.raw)
		done := n.quietly()
		n.scanner.AddAt(r, v.raw)
		done()
	}
}

// appendLiteral appends the text of a string as written: in quotes, or in a block, whose
// indentation stays.
func appendLiteral(dst, raw []byte) []byte {
	if len(raw) >= 6 && bytes.HasPrefix(raw, []byte(`"""`)) {
		return append(dst, bytes.TrimSpace(raw[3:len(raw)-3])...)
	}
	return appendUnquoted(dst, raw[1:len(raw)-1])
}

// graphqlAnswers gives each operation what came back for it, of one response or a batch.
func (n *Normalizer) graphqlAnswers(body []byte) {
	eachRequest(body, func(i int, raw []byte) bool {
		n.graphqlAnswer(i, raw)
		return i < maxOperations
	})
}

// graphqlAnswer reads a response (GraphQL, September 2025, Section 7.1).
func (n *Normalizer) graphqlAnswer(batch int, raw []byte) {
	var data, errors []byte
	isAnswer := false
	n.scanner.Members(raw, func(name, value []byte) bool {
		switch string(name) {
		case "data":
			data, isAnswer = value, true
		case "errors":
			errors, isAnswer = value, true
		}
		return true
	})
	if !isAnswer {
		return
	}
	failed := len(errors) > 0 && errors[0] == '['
	noData := len(data) == 0 || data[0] != '{'
	for i := range n.asks.list {
		a := &n.asks.list[i]
		if a.batch != batch || a.op.Status != "" {
			continue
		}
		a.maybe = false
		var value []byte
		if a.key != nil && !noData {
			n.scanner.Members(data, func(name, v []byte) bool {
				if bytes.Equal(name, a.key) {
					value = v
				}
				return value == nil
			})
		}
		switch {
		case failed && (noData || n.failedAt(errors, a.key, value)):
			a.op.Status = "error"
		case value != nil || a.key == nil && !noData:
			a.op.Status = "ok"
		}
		if value != nil {
			a.op.Result = n.again(value)
		}
	}
}

// failedAt reports whether one of errors has a path that begins with key, or none at all
// while nothing came back for key.
func (n *Normalizer) failedAt(errors, key, value []byte) (failed bool) {
	if key == nil {
		return false
	}
	left := maxOperations
	eachElement(errors, func(e []byte) bool {
		var path []byte
		n.scanner.Members(e, func(name, v []byte) bool {
			if string(name) == "path" && v[0] == '[' {
				path = v
			}
			return path == nil
		})
		if path == nil {
			failed = failed || value == nil || string(value) == "null"
		} else {
			eachElement(path, func(first []byte) bool {
				failed = failed || len(first) > 2 && bytes.Equal(first[1:len(first)-1], key)
				return false
			})
		}
		left--
		return !failed && left > 0
	})
	return failed
}

// graphqlQuery looks for a request in the query of a call (GraphQL over HTTP, Section 5.4), whose pairs were just parted.
func (n *Normalizer) graphqlQuery() {
	var r gqlRequest
	for i := range n.pairs {
		p := &n.pairs[i]
		switch string(p.name) {
		case "query":
			r.document = p.value
		case "operationName":
			r.operation = p.value
		case "variables":
			r.variables = p.value
		case "extensions":
			r.hash = n.scanner.Valid(p.value) && namesHash(n.scanner, p.value)
		case "documentId", "doc_id":
			r.id = true
		}
	}
	if len(r.variables) > 0 && !n.scanner.Valid(r.variables) {
		r.variables = nil
	}
	if r.id && r.document == nil && !r.hash && r.variables == nil || len(r.document) == 0 && !r.hash && !r.id {
		return
	}
	n.graphql(0, &r)
}

// graphqlDocument reads content of the type application/graphql: the document itself; the
// variables, if any, are in the query.
func (n *Normalizer) graphqlDocument(body []byte) {
	n.asks.text = append(n.asks.text, body...)
	r := gqlRequest{document: n.asks.text[len(n.asks.text)-len(body):]}
	n.graphql(0, &r)
}
