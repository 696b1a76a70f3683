package risk

import "wirecensus/schemas"

// rule is one row of the table: what a finding of that id is and what to do.
type rule struct {
	id, severity, title string
	owasp, cwe          string
	remediation         string
	// endpoint and service judge one endpoint or one service; one of them is set.
	endpoint func(r *rule, w *world, e *entry) []schemas.Finding
	service  func(r *rule, w *world, s *host) []schemas.Finding
}

// table returns the rules in the order in which findings of equal severity are listed.
func table() []rule {
	return []rule{
		{id: "unauthenticated-sensitive", severity: high, title: "sensitive data or a critical write without authentication",
			owasp: "API2:2023", cwe: "CWE-306", endpoint: unauthenticatedSensitive,
			remediation: "require authentication at the gateway; if the openness serves a legacy client, restrict it by network and set an end date; it closes by itself when anonymous calls get 401"},
		{id: "auth-not-enforced", severity: high, title: "authentication is usual here but not enforced",
			owasp: "API2:2023", cwe: "CWE-862", endpoint: authNotEnforced,
			remediation: "reject calls without a credential on this operation, in the service and not only at the gateway, and check which clients call it anonymously"},
		{id: "expired-token-accepted", severity: high, title: "expired tokens are accepted",
			owasp: "API2:2023", cwe: "CWE-613", endpoint: expiredTokenAccepted,
			remediation: "check exp on every request, with at most a few minutes of leeway, and make sure that no cache answers for the check"},
		{id: "secret-in-response", severity: high, title: "a secret is sent to clients",
			owasp: "API3:2023", cwe: "CWE-522", endpoint: secretInResponse,
			remediation: "remove the field from the answer, rotate what was sent, and store passwords only as salted hashes that never leave the service"},
		{id: "zombie-endpoint", severity: medium, title: "an endpoint that should be gone still answers",
			owasp: "API9:2023", cwe: "CWE-477", endpoint: zombieEndpoint,
			remediation: "move the callers listed, answer 410 Gone, and keep watching until it has been silent for 30 days"},
		{id: "zombie-version", severity: low, title: "a superseded version still answers",
			owasp: "API9:2023", cwe: "CWE-477", endpoint: zombieVersion,
			remediation: "move the callers listed to the newer version, announce an end with Deprecation and Sunset fields, then answer 410 Gone"},
		{id: "shadow-endpoint", severity: low, title: "an endpoint that no declared document knows",
			owasp: "API9:2023", cwe: "CWE-1059", endpoint: shadowEndpoint,
			remediation: "document it with the generated operation, put it behind the gateway, or remove it"},
		{id: "shadow-host", severity: medium, title: "a host that no declared document knows",
			owasp: "API9:2023", cwe: "CWE-1059", service: shadowHost,
			remediation: "find the owner, declare the host with the generated document, or take it down"},
		{id: "sensitive-data-exposure", severity: medium, title: "sensitive values are returned in full",
			owasp: "API3:2023", cwe: "CWE-200", endpoint: sensitiveDataExposure,
			remediation: "filter in the back end: return the fields that the caller needs and mask the rest"},
		{id: "sensitive-in-url", severity: medium, title: "sensitive values travel in the URL",
			owasp: "API8:2023", cwe: "CWE-598", endpoint: sensitiveInURL,
			remediation: "move the value into the request body or a field: URLs end up in logs, histories and Referer"},
		{id: "weak-auth-scheme", severity: medium, title: "a weak way to authenticate is accepted",
			owasp: "API2:2023", cwe: "CWE-522", endpoint: weakAuthScheme,
			remediation: "use short-lived tokens in the Authorization field over TLS; retire the weak scheme by a date and move its callers"},
		{id: "endpoint-probing", severity: medium, title: "a client probes for endpoints",
			owasp: "API8:2023", cwe: "CWE-200", service: endpointProbing,
			remediation: "check what the client reached with success, and rate-limit or block it at the edge"},
		{id: "unauthenticated-endpoint", severity: info, title: "an endpoint is open to everybody",
			owasp: "API2:2023", cwe: "CWE-306", endpoint: unauthenticatedEndpoint,
			remediation: "if it is meant to be public, say so in its document (security: []); else require authentication"},
		{id: "auth-scheme-sprawl", severity: info, title: "several ways to authenticate are in use",
			owasp: "API2:2023", cwe: "CWE-287", endpoint: endpointSprawl, service: hostSprawl,
			remediation: "settle on one scheme per kind of client and retire the others by a date"},
		{id: "deprecated-in-use", severity: info, title: "a deprecated endpoint is still called",
			owasp: "API9:2023", cwe: "CWE-477", endpoint: deprecatedInUse,
			remediation: "move the callers listed before the sunset date"},
		{id: "spec-drift", severity: info, title: "traffic differs from the declared document",
			owasp: "API9:2023", cwe: "CWE-1059", endpoint: specDrift,
			remediation: "correct the document or the service; the generated operation shows what was observed"},
		{id: "orphan-endpoint", severity: info, title: "a declared endpoint has no traffic",
			owasp: "API9:2023", cwe: "CWE-1059", endpoint: orphanEndpoint,
			remediation: "ask its owner whether it is still needed; remove it from the document and the service if it is not"},
	}
}
