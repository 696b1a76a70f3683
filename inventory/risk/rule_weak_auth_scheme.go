package risk

import (
	"fmt"
	"slices"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

const weakCalls = 5

// weakAuthScheme: Basic or Digest readable on the wire, or a credential in the URL.
func weakAuthScheme(r *rule, w *world, e *entry) []schemas.Finding {
	var evidence []string
	var most uint64
	clear := e.host != nil && slices.Contains(e.host.Schemes, "http") && !slices.Contains(e.host.Schemes, "https")
	for _, k := range authKeys(e.op) {
		s := e.op.Auth[k]
		if s.Success < weakCalls {
			continue
		}
		switch {
		// A token endpoint takes a client's Basic credential by design (RFC 6749, Section 2.3.1).
		case k.Scheme == "basic" && clear && e.role != login:
			evidence = append(evidence, fmt.Sprintf("%s with Basic readable on the observed link", api.Plural(s.Success, "successful call")))
		case (k.Scheme == "digest" || k.Scheme == "ntlm") && clear:
			evidence = append(evidence, fmt.Sprintf("%s with %s", api.Plural(s.Success, "successful call"), k.Scheme))
		// A signed URL is made to be one (scheme hmac).
		case k.In == "query" && k.Scheme != "hmac":
			evidence = append(evidence, fmt.Sprintf("%s with a credential in query parameter %s (CWE-598)", api.Plural(s.Success, "successful call"), k.Name))
		default:
			continue
		}
		most = max(most, s.Success)
	}
	if len(evidence) == 0 {
		return nil
	}
	return r.finding(w, e, r.severity, support(most), most, append(capped(evidence), e.callers())...)
}
