package risk

import "strings"

// role is what an endpoint is for, judged from the words of its template.
type role uint8

const (
	other    role = iota
	health        // answers machines that ask whether it lives
	docs          // its own documentation
	login         // trades a credential for a token: anonymous by nature
	signup        // makes an account: anonymous by nature
	recovery      // password reset and one-time codes: anonymous by nature
	public        // catalogues and searches that shops and sites show to everybody
	payment
	transfer
	admin
	profile
	export
)

// words are the segments that give a role away, in order of precedence: what is
// critical wins over what is public.
var words = []struct {
	role  role
	words []string
}{
	{admin, []string{"admin", "internal", "actuator", "debug", "console", "backoffice"}},
	{export, []string{"export", "exports", "download", "report", "reports", "dump", "backup"}},
	{transfer, []string{"transfer", "transfers", "wire", "payout", "payouts", "ach", "sepa", "ofx"}},
	{payment, []string{"pay", "payment", "payments", "charge", "charges", "card", "cards", "billing", "refund", "refunds"}},
	{recovery, []string{"forgot", "reset", "recover", "recovery", "password-reset", "forgot-password", "reset-password", "otp", "mfa", "2fa", "verify"}},
	{login, []string{"login", "signin", "sign-in", "auth", "oauth", "oauth2", "token", "tokens", "session", "sessions", "authorize", "logout", "refresh"}},
	{signup, []string{"register", "signup", "sign-up", "registration"}},
	{health, []string{"health", "healthz", "ready", "readyz", "live", "livez", "ping", "metrics", "status", "version"}},
	{docs, []string{"openapi", "openapi.json", "openapi.yaml", "swagger", "swagger.json", "swagger-ui", "api-docs", "docs", ".well-known", "robots.txt"}},
	{profile, []string{"me", "profile", "account", "accounts"}},
	{public, []string{"catalog", "catalogue", "search", "products", "product", "categories", "stores", "articles", "news", "static", "assets",
		"public", "faq", "config", "translations", "languages", "countries", "currencies", "suggest", "banners", "menu", "reviews"}},
}

// roleOf judges a template; class is the inventory's class of the endpoint.
func roleOf(template, class string) role {
	if class == "health" {
		return health
	}
	segments := strings.Split(strings.ToLower(template), "/")
	for _, w := range words {
		for _, s := range segments {
			for _, word := range w.words {
				if s == word {
					return w.role
				}
			}
		}
	}
	return other
}

// anonymousByNature reports whether calls without a credential are what the
// endpoint is for.
func (r role) anonymousByNature() bool {
	switch r {
	case health, docs, login, signup, recovery:
		return true
	}
	return false
}

// String returns the role's word for evidence.
func (r role) String() string {
	switch r {
	case payment:
		return "payment"
	case transfer:
		return "transfer"
	case admin:
		return "admin"
	case profile:
		return "profile"
	case export:
		return "export"
	case public:
		return "public"
	}
	return "other"
}
