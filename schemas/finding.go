package schemas

// Finding is one thing that somebody should look at: a rule that fired on an
// endpoint, a service, a host or an actor, with its evidence.
type Finding struct {
	ID          string   `json:"id"`                    // hex, from rule, scope and key: stable over runs
	Rule        string   `json:"rule"`                  // the rule's id, kebab case
	Severity    string   `json:"severity"`              // info, low, medium, high, critical
	Confidence  float64  `json:"confidence"`            // 0 to 1
	Title       string   `json:"title"`                 // one line
	Service     string   `json:"service"`               // host, with its port unless that is the default
	Method      string   `json:"method,omitempty"`      // of the endpoint
	Template    string   `json:"template,omitempty"`    // of the endpoint
	Actor       string   `json:"actor,omitempty"`       // client address, where the finding is about one
	First       Time     `json:"first_seen"`            // packet time of the first call that counts
	Last        Time     `json:"last_seen"`             // packet time of the last one
	Count       uint64   `json:"count"`                 // calls that count
	Evidence    []string `json:"evidence"`              // sentences with counts; no values
	OWASP       string   `json:"owasp,omitempty"`       // risk of the OWASP API Security Top 10
	CWE         string   `json:"cwe,omitempty"`         // weakness
	Remediation string   `json:"remediation,omitempty"` // what to do
}
