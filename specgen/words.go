package specgen

import (
	"strings"
	"unicode"
)

// words cuts an identifier or a path segment into lower-case words of ASCII
// letters and digits: createUser, user-names, SMS_code.
func words(s string) []string {
	var out []string
	var cur []rune
	flush := func() {
		if len(cur) > 0 {
			out = append(out, strings.ToLower(string(cur)))
			cur = cur[:0]
		}
	}
	rs := []rune(s)
	for i, r := range rs {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			cur = append(cur, r)
		case r >= 'A' && r <= 'Z':
			lowerBefore := i > 0 && (unicode.IsLower(rs[i-1]) || unicode.IsDigit(rs[i-1]))
			lowerAfter := i+1 < len(rs) && unicode.IsLower(rs[i+1])
			if lowerBefore || lowerAfter && i > 0 && unicode.IsUpper(rs[i-1]) {
				flush()
			}
			cur = append(cur, r)
		default:
			flush()
		}
	}
	flush()
	return out
}

func title(w string) string {
	if w == "" {
		return ""
	}
	return strings.ToUpper(w[:1]) + w[1:]
}

// pascal joins words as PascalCase.
func pascal(ws []string) string {
	var b strings.Builder
	for _, w := range ws {
		b.WriteString(title(w))
	}
	return b.String()
}

// camel joins words as camelCase.
func camel(ws []string) string {
	if len(ws) == 0 {
		return ""
	}
	return ws[0] + pascal(ws[1:])
}

// singular returns the singular of an English noun; other words come back as they are.
func singular(w string) string {
	switch {
	case uncountable(w) || len(w) < 3:
		return w
	case irregular(w) != "":
		return irregular(w)
	case strings.HasSuffix(w, "ies") && len(w) > 4:
		return w[:len(w)-3] + "y"
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "shes"), strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "xes"), strings.HasSuffix(w, "zzes"):
		return w[:len(w)-2]
	case strings.HasSuffix(w, "uses") && len(w) > 5 && !strings.HasSuffix(w, "auses") && !strings.HasSuffix(w, "ouses"):
		return w[:len(w)-2]
	case strings.HasSuffix(w, "ss"), strings.HasSuffix(w, "us"), strings.HasSuffix(w, "is"):
		return w
	case strings.HasSuffix(w, "s"):
		return w[:len(w)-1]
	}
	return w
}

func irregular(w string) string {
	switch w {
	case "people":
		return "person"
	case "children":
		return "child"
	case "men":
		return "man"
	case "women":
		return "woman"
	case "indices", "indexes":
		return "index"
	case "vertices":
		return "vertex"
	case "matrices":
		return "matrix"
	case "analyses":
		return "analysis"
	case "movies":
		return "movie"
	case "cookies":
		return "cookie"
	case "leaves":
		return "leaf"
	case "shelves":
		return "shelf"
	case "criteria":
		return "criterion"
	case "aliases":
		return "alias"
	case "databases":
		return "database"
	case "caches":
		return "cache"
	case "licenses":
		return "license"
	case "purchases", "releases", "cases", "leases", "phases", "responses", "expenses", "courses", "houses", "warehouses", "causes", "clauses":
		return w[:len(w)-1]
	}
	return ""
}

func uncountable(w string) bool {
	switch w {
	case "news", "status", "series", "species", "sms", "dns", "css", "https", "aws", "gps", "os", "analytics", "settings", "address", "access",
		"process", "progress", "business", "kubernetes", "ios", "tls", "cors", "ops", "js", "vps", "nas", "pos", "ssh", "canvas", "bus", "gas",
		"alias", "bonus", "campus", "corpus", "virus", "focus", "basis", "radius", "this", "always", "previous", "statistics", "physics", "metrics",
		"has", "is", "was", "ms", "data", "media", "info", "metadata":
		return true
	}
	return false
}

// plural says whether a word is a plural noun.
func plural(w string) bool { return singular(w) != w }

// singularLast makes the last of some words singular.
func singularLast(ws []string) []string {
	if len(ws) == 0 {
		return ws
	}
	out := append([]string(nil), ws...)
	out[len(out)-1] = singular(out[len(out)-1])
	return out
}

// verb says whether a word names an action.
func verb(w string) bool {
	switch w {
	case "login", "logout", "signin", "signout", "signup", "register", "search", "find", "query", "activate", "deactivate", "enable", "disable",
		"start", "stop", "restart", "reboot", "pause", "resume", "cancel", "approve", "reject", "accept", "decline", "confirm", "verify", "validate",
		"send", "resend", "publish", "unpublish", "archive", "unarchive", "restore", "lock", "unlock", "follow", "unfollow", "favorite", "like",
		"unlike", "star", "unstar", "subscribe", "unsubscribe", "merge", "rename", "move", "copy", "clone", "upload", "download", "import", "export",
		"sync", "refresh", "reset", "revoke", "rotate", "close", "reopen", "open", "run", "execute", "trigger", "retry", "kill", "attach", "detach",
		"add", "remove", "delete", "create", "update", "get", "set", "list", "check", "test", "ping", "preview", "calculate", "convert", "invite",
		"join", "leave", "transfer", "assign", "unassign", "complete", "finish", "submit", "checkout", "pay", "refund", "capture", "void", "authorize",
		"commit", "rollback", "wait", "resize", "exec", "scroll", "count", "recommend", "mark", "unmark", "ban", "unban", "mute", "unmute", "block",
		"unblock", "purge", "clear", "save", "prune", "scale", "drain", "promote", "suspend", "push", "pull", "tag", "build", "apply", "deploy", "generate":
		return true
	}
	return false
}
