package risk

import (
	"strings"

	"wirecensus/inventory/catalog"
)

// classSeverity says how bad it is to expose a class of sensitive value. Classes
// that are not listed count as medium.
var classSeverity = map[string]string{
	"password": critical, "private-key": critical, "cvv": critical,
	"card": high, "national-id": high, "health": high, "secret": high,
	"iban": medium, "bank-account": medium, "jwt": medium, "birth-date": medium, "passport": medium,
	"email": low, "phone": low, "name": low, "address": low, "postal-code": low, "geo": low,
}

// severityOf returns the severity of a class.
func severityOf(class string) string {
	if s, ok := classSeverity[class]; ok {
		return s
	}
	return medium
}

// isSecret reports whether a class opens doors rather than describing a person.
func isSecret(class string) bool {
	return class == "secret" || class == "password" || class == "jwt" || class == "private-key"
}

// proven reports whether the values of a class are what the class says: they
// passed a check digit or a structure, or the class is one that only the key can
// tell, because its values have no form of their own.
func proven(class string, s *catalog.SensitiveStat) bool {
	switch class {
	case "cvv", "health", "password", "passport", "birth-date", "bank-account":
		return true
	}
	return s.Validated
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
