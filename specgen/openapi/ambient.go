package openapi

import "strings"

// Ambient says whether a query parameter belongs to no API: campaign tags of
// links, and what browsers' libraries add so that no cache answers.
func Ambient(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "_", "__", "_t", "_ts", "cb", "cachebust", "cachebuster", "cache_buster", "nocache", "_nocache", "_rnd", "_dc", "gclid", "dclid", "gbraid", "wbraid",
		"fbclid", "msclkid", "yclid", "twclid", "ttclid", "igshid", "mc_cid", "mc_eid", "_ga", "_gl", "_hsenc", "_hsmi", "_openstat", "vero_id", "mkt_tok":
		return true
	}
	return strings.HasPrefix(name, "utm_")
}
