package specgen

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"wirecensus/inventory/catalog"
)

// security names the credentials of a service.
type security struct {
	schemes map[catalog.AuthKey]string // the component's name
	defs    map[string]*object
}

// newSecurity gathers the credentials that were sent and can be described.
func newSecurity(ops []*operation, v30 bool) *security {
	s := &security{schemes: map[catalog.AuthKey]string{}, defs: map[string]*object{}}
	jwt, opaque := false, false
	var keys []catalog.AuthKey
	for _, op := range ops {
		for k := range op.Op.Auth {
			keys = append(keys, k)
			if k.In != "query" {
				jwt = jwt || k.Scheme == "jwt"
				opaque = opaque || k.Scheme == "bearer"
			}
		}
	}
	slices.SortFunc(keys, compareAuth)
	for _, k := range slices.Compact(keys) {
		name, def := describe(k, v30)
		if def == nil || companion(ops, k) {
			continue
		}
		if name == "bearerAuth" && jwt && !opaque {
			def.set("bearerFormat", "JWT")
		}
		s.add(k, name, def)
	}
	return s
}

func compareAuth(a, b catalog.AuthKey) int {
	return cmp.Or(cmp.Compare(a.Scheme, b.Scheme), cmp.Compare(a.In, b.In), cmp.Compare(a.Name, b.Name))
}

// add registers a definition; equal ones share a name, others get a number.
func (s *security) add(k catalog.AuthKey, name string, def *object) {
	text := (&Document{root: def}).JSON()
	for i := 1; ; i++ {
		n := name
		if i > 1 {
			n += strconv.Itoa(i)
		}
		if old := s.defs[n]; old == nil || string((&Document{root: old}).JSON()) == string(text) {
			s.defs[n] = def
			s.schemes[k] = n
			return
		}
	}
}

// describe returns the security scheme of a kind of credential, nil when OpenAPI
// cannot say it (credentials in a body).
func describe(k catalog.AuthKey, v30 bool) (string, *object) {
	field := strings.ToLower(k.Name) == "authorization" || k.Name == ""
	switch {
	case k.Scheme == "" || k.In == "body" || k.In != "header" && k.In != "" && !token(k.Name) && k.Scheme != "mtls":
		return "", nil
	case k.Scheme == "mtls":
		if v30 {
			return "", nil
		}
		return "mutualTLS", obj("type", "mutualTLS")
	case k.In == "query" || k.In == "cookie":
		return keyName(k), obj("type", "apiKey", "in", k.In, "name", k.Name)
	case k.Scheme == "basic" && field:
		return "basicAuth", obj("type", "http", "scheme", "basic")
	case (k.Scheme == "bearer" || k.Scheme == "jwt") && field:
		return "bearerAuth", obj("type", "http", "scheme", "bearer")
	case k.Scheme == "cookie":
		return keyName(k), obj("type", "apiKey", "in", "cookie", "name", k.Name)
	case k.Scheme == "hmac" && field:
		return "signature", obj("type", "apiKey", "in", "header", "name", "Authorization")
	case !field:
		if !token(k.Name) {
			return "", nil
		}
		return keyName(k), obj("type", "apiKey", "in", "header", "name", headerName(k.Name))
	case k.Scheme == "api-key" || !token(k.Scheme):
		return "authorization", obj("type", "apiKey", "in", "header", "name", "Authorization")
	}
	return camel(append(words(k.Scheme), "auth")), obj("type", "http", "scheme", k.Scheme)
}

// keyName names an API key after the field that carries it: apiKey, sessionCookie.
func keyName(k catalog.AuthKey) string {
	ws := words(k.Name)
	if len(ws) > 1 && ws[0] == "x" {
		ws = ws[1:]
	}
	if len(ws) == 0 {
		ws = []string{"key"}
	}
	if k.In == "cookie" && ws[len(ws)-1] != "cookie" {
		ws = append(ws, "cookie")
	}
	return camel(ws)
}

func (s *security) emit() *object {
	o := obj()
	for _, name := range sortedKeys(s.defs) {
		o.set(name, s.defs[name])
	}
	return o
}

// fields are the places of an operation's credentials: they are no parameters.
func (s *security) fields(op *operation) map[string]bool {
	out := map[string]bool{}
	for k := range op.Op.Auth {
		if _, ok := s.schemes[k]; !ok && (k.In == "query" || k.In == "header") && !strings.EqualFold(k.Name, "authorization") {
			continue
		}
		name := k.Name
		if k.In == "header" {
			name = strings.ToLower(name)
		}
		out[k.In+" "+name] = true
	}
	return out
}

// requirement lists the alternatives of an operation: the credentials with which
// calls succeeded, or with which they came where none did; the empty one when
// calls without credentials succeeded too.
func (s *security) requirement(op *operation) []any {
	var keys []catalog.AuthKey
	success := false
	for k, st := range op.Op.Auth {
		if _, ok := s.schemes[k]; ok {
			keys = append(keys, k)
		}
		success = success || st.Success > 0
	}
	slices.SortFunc(keys, compareAuth)
	anonymous := op.Op.Auth[catalog.AuthKey{}]
	var names []string
	always := true
	for _, k := range keys {
		st := op.Op.Auth[k]
		if success && st.Success == 0 {
			continue
		}
		if !slices.Contains(names, s.schemes[k]) {
			names = append(names, s.schemes[k])
		}
		always = always && st.Calls == op.Op.Calls
	}
	if len(names) == 0 {
		return []any{}
	}
	if always && len(names) > 1 {
		all := obj()
		for _, n := range names {
			all.set(n, []any{})
		}
		return []any{all}
	}
	var out []any
	for _, n := range names {
		out = append(out, obj(n, []any{}))
	}
	if anonymous != nil && anonymous.Success > 0 {
		out = append(out, obj())
	}
	return out
}

// companion says whether a key is an input like others: the calls with it were nearly all
// authenticated by the Authorization field too, and most calls do without it.
func companion(ops []*operation, k catalog.AuthKey) bool {
	if k.Scheme == "cookie" || k.Scheme == "mtls" || k.In != "query" && k.In != "header" || strings.EqualFold(k.Name, "authorization") {
		return false
	}
	var with, alone, all uint64
	for _, op := range ops {
		st := op.Op.Auth[k]
		if st == nil || st.Success == 0 {
			continue
		}
		var main uint64
		for o, other := range op.Op.Auth {
			if strings.EqualFold(o.Name, "authorization") && o.In == "header" {
				main += other.Success
			}
		}
		with += st.Success
		all += op.Op.Success
		alone += min(st.Success, op.Op.Success-min(main, op.Op.Success))
	}
	return with >= minRequired && 20*alone <= with && (10*with <= 9*all || clientCredential(k.Name))
}

// clientCredential says whether a name is that of a credential of OAuth clients (RFC 6749, Section 2.3.1):
// an input of the operations that hand out tokens.
func clientCredential(name string) bool {
	ws := words(name)
	return len(ws) > 1 && ws[0] == "client"
}
