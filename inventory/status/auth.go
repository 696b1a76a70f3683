package status

import (
	"cmp"
	"slices"
	"strings"

	"wirecensus/inventory/catalog"
	"wirecensus/specgen/openapi"
)

// auth compares the credentials of successful calls with the declared schemes.
func (d *differ) auth() {
	op := d.e.Op
	required, names := requirement(d.op.Security)
	anonymous := uint64(0)
	if a := op.Auth[catalog.AuthKey{}]; a != nil {
		anonymous = a.Success
	}
	if required && anonymous > 0 {
		d.add("auth-not-enforced", "auth", "", "no credential in "+of(anonymous, op.Success, "successful call")+"; declared: "+join(names), anonymous, op.Success, false)
	}
	if d.op.Security == nil {
		return // the document says nothing
	}
	var keys []catalog.AuthKey
	for k, st := range op.Auth {
		if k.Scheme != "" && st.Success > 0 {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b catalog.AuthKey) int {
		return cmp.Or(cmp.Compare(a.Scheme, b.Scheme), cmp.Compare(a.In, b.In), cmp.Compare(a.Name, b.Name))
	})
	for _, k := range keys {
		// A cookie beside a declared credential is no difference by itself.
		if k.Scheme == "cookie" && anonymous == 0 && len(keys) > 1 || declaredScheme(d.op.Security, k) {
			continue
		}
		refused := op.Outcomes()[401] > 0 && anonymous == 0
		// Clients send what they have also where nothing is demanded of them.
		if !required && !refused {
			continue
		}
		n := op.Auth[k].Success
		detail := "credential " + k.Scheme + " in " + of(n, op.Success, "successful call") + " is not declared"
		d.add("undeclared-credential", "auth", k.Scheme, detail, n, op.Success, refused && !required)
	}
}

// requirement says whether every declared alternative needs a credential, and
// names the schemes.
func requirement(alts [][]openapi.Scheme) (bool, []string) {
	var names []string
	required := len(alts) > 0
	for _, alt := range alts {
		required = required && len(alt) > 0
		for _, s := range alt {
			if !slices.Contains(names, s.Name) {
				names = append(names, s.Name)
			}
		}
	}
	return required, names
}

func declaredScheme(alts [][]openapi.Scheme, k catalog.AuthKey) bool {
	for _, alt := range alts {
		for _, s := range alt {
			if schemeIs(s, k) {
				return true
			}
		}
	}
	return false
}

// schemeIs says whether a credential satisfies a scheme. Tokens of OAuth and
// OpenID Connect are bearer tokens; documents also write them as an API key in
// the field Authorization.
func schemeIs(s openapi.Scheme, k catalog.AuthKey) bool {
	bearer := k.Scheme == "bearer" || k.Scheme == "jwt"
	switch s.Type {
	case "http":
		return s.Scheme == k.Scheme || s.Scheme == "bearer" && bearer
	case "oauth2", "openIdConnect":
		return bearer || k.Scheme == "oauth"
	case "mutualTLS":
		return k.Scheme == "mtls"
	case "apiKey":
		return s.In == k.In && strings.EqualFold(s.Field, k.Name)
	}
	return s.Type == ""
}
