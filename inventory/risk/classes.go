package risk

import (
	"strings"

	"wirecensus/inventory/catalog"
)

// classSeverity says how bad it is to expose a class of sensitive value. Classes
// that are not listed count as medium.
var classSeverity = map[string]string{
	"password": critical, "private-key": critical, "cvv": critical, "pin": critical, "track": critical,
	"card": high, "national-id": high, "ssn": high, "medical": high, "health": high, "diagnosis": high, "secret": high, "token": high,
	"iban": medium, "account": medium, "jwt": medium, "birth-date": medium, "passport": medium,
	"email": low, "phone": low, "name": low, "address": low, "ip": low, "mac": low, "geo": low,
}

// severityOf returns the severity of a class.
func severityOf(class string) string {
	if s, ok := classSeverity[class]; ok {
		return s
	}
	for _, family := range []struct{ prefix, severity string }{
		{"sec.", high}, {"cred.", critical}, {"pci.", high}, {"phi.", high}, {"national-id", high}, {"health", high}, {"secret", high},
	} {
		if strings.HasPrefix(class, family.prefix) {
			return family.severity
		}
	}
	return medium
}

// isSecret reports whether a class opens doors rather than describing a person.
func isSecret(class string) bool {
	switch class {
	case "secret", "password", "jwt", "token", "private-key", "api-key":
		return true
	}
	return strings.HasPrefix(class, "sec.") || strings.HasPrefix(class, "cred.") || strings.HasPrefix(class, "secret")
}

// inResponse reports whether a place is part of a response.
func inResponse(in string) bool { return strings.HasPrefix(in, "response") }

// worstInResponses returns the worst severity among the classes that successful
// responses of an operation showed in full, "" when there are none.
func worstInResponses(op *catalog.Operation) string {
	worstSeen := ""
	for k, s := range op.Sensitive {
		if inResponse(k.In) && s.Calls > s.Masked && (worstSeen == "" || rank(severityOf(k.Class)) > rank(worstSeen)) {
			worstSeen = severityOf(k.Class)
		}
	}
	return worstSeen
}
