package schemas

// Finding is one thing that somebody should look at: a rule that fired on an
// endpoint, a service, a host or an actor, with its evidence.
type Finding struct {
	ID          string   `json:"id"`         // hex, from rule, scope and key: stable over runs
	Rule        string   `json:"rule"`       // the rule's id, kebab case
	Severity    string   `json:"severity"`   // info, low, medium, high, critical
	Confidence  float64  `json:"confidence"` // 0 to 1
	Title       string   `json:"title"`
	Service     string   `json:"service"`
	Method      string   `json:"method,omitempty"`
	Template    string   `json:"template,omitempty"`
	Actor       string   `json:"actor,omitempty"` // client address, where the finding is about one
	First       Time     `json:"first_seen"`
	Last        Time     `json:"last_seen"`
	Count       uint64   `json:"count"`
	Evidence    []string `json:"evidence"` // sentences with counts; no values
	OWASP       string   `json:"owasp,omitempty"`
	CWE         string   `json:"cwe,omitempty"`
	Remediation string   `json:"remediation,omitempty"`
}
