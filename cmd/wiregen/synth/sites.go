package synth

import "net/netip"

func ap(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// The company's sites, by what they are.
const (
	siteShop = iota
	sitePay
	siteClinic
	siteAuth
	siteStock
	siteWeb
	siteApps
)

// sites is what the company runs in clear behind its TLS terminator.
func sites() []*site {
	return []*site{
		{host: "api.brisa.example", addr: ap("10.20.0.10:80"), addr6: ap("[fd20::10]:80"), verdict: "documented", spec: "shop-v2.yaml",
			server: "nginx", rows: shopRows()},
		{host: "pay.brisa.example", addr: ap("10.20.0.20:80"), verdict: "documented", spec: "payments.yaml", vlan: []uint16{120}, rows: payRows()},
		{host: "clinic.brisa.example", addr: ap("10.20.0.40:80"), verdict: "documented", spec: "clinic.yaml", server: "Apache/2.4.62 (Debian)",
			chunked: true, vlan: []uint16{300, 40}, rows: clinicRows()},
		{host: "auth.brisa.example", addr: ap("10.20.0.12:80"), addr6: ap("[fd20::12]:80"), verdict: "undocumented", server: "nginx", rows: []row{
			{op: "POST /oauth/token"}, {op: "GET /oauth/userinfo"}, {op: "POST /oauth/revoke"},
			{op: "GET /.well-known/openid-configuration"}, {op: "GET /.well-known/jwks.json"}}},
		{host: "stock.internal:9000", addr: ap("10.20.0.31:9000"), addr6: ap("[fd20::31]:9000"), verdict: "undocumented", rows: []row{
			{op: "GET /stock/{sku}"}, {op: "POST /stock/{sku}/reservations"}, {op: "GET /shipments/{shipmentId}"},
			{op: "PUT /shipments/{shipmentId}/status"}, {op: "POST /events"}, {op: "POST /soap/LabelService", note: "SOAP"}}},
		{host: "www.brisa.example", addr: ap("10.20.0.9:80"), addr6: ap("[fd20::9]:80"), verdict: "static", server: "nginx", rows: []row{
			{op: "GET /{file}", note: "files, and one page for every path that is none", verdict: "fallback"},
			{op: "HEAD /{file}", verdict: "fallback"}}},
		{host: "apps.brisa.example", addr: ap("10.20.0.50:80"), verdict: "undocumented", rows: []row{
			{op: "POST /graphql", note: "GraphQL"}, {op: "POST /rpc", note: "JSON-RPC"}, {op: "GET /live", note: "WebSocket"}, {op: "GET /events", note: "server-sent events"}}},
	}
}

func shopRows() []row {
	const dead = "zombie"
	return []row{
		{op: "GET /v2/products"}, {op: "GET /v2/products/{slug}"}, {op: "GET /v2/products/{slug}/reviews"}, {op: "POST /v2/products/{slug}/reviews"},
		{op: "GET /v2/categories"}, {op: "GET /v2/search"}, {op: "GET /v2/deals/{date}"}, {op: "GET /v2/shipping-rates"},
		{op: "POST /v2/carts"}, {op: "GET /v2/carts/{cartId}"}, {op: "POST /v2/carts/{cartId}/items"}, {op: "PATCH /v2/carts/{cartId}/items/{itemId}"},
		{op: "DELETE /v2/carts/{cartId}/items/{itemId}"}, {op: "POST /v2/carts/{cartId}/coupon"},
		{op: "GET /v2/orders"}, {op: "POST /v2/orders"}, {op: "GET /v2/orders/{orderId}"}, {op: "POST /v2/orders/{orderId}/cancel"},
		{op: "GET /v2/orders/{orderId}/invoice"}, {op: "POST /v2/orders/{orderId}/photos"},
		{op: "GET /v2/customers/me"}, {op: "PATCH /v2/customers/me"}, {op: "GET /v2/customers/me/addresses"}, {op: "POST /v2/customers/me/addresses"},
		{op: "PUT /v2/wishlist/{sku}"}, {op: "POST /v2/newsletter"},
		{op: "DELETE /v2/customers/me", verdict: "orphan", note: "declared, never called"},
		{op: "GET /v2/gift-cards/{code}", verdict: "orphan", note: "declared, never called"},
		{op: "GET /v2/recommendations", verdict: "shadow", note: "the mobile app uses it, no document has it"},
		{op: "GET /internal/export/customers", verdict: "shadow", note: "hands out customer data without a credential"},
		{op: "GET /healthz", verdict: "health"},
		{op: "GET /v1/products", verdict: dead, note: "two old clients"}, {op: "GET /v1/products/{id}", verdict: dead},
		{op: "GET /v1/orders/{id}", verdict: dead}, {op: "POST /v1/login", verdict: dead, note: "passwords in the query of some"},
	}
}

func payRows() []row {
	return []row{
		{op: "POST /v1/payment_intents"}, {op: "GET /v1/payment_intents"}, {op: "GET /v1/payment_intents/{id}"},
		{op: "POST /v1/payment_intents/{id}/confirm"}, {op: "POST /v1/payment_intents/{id}/capture"},
		{op: "POST /v1/refunds"}, {op: "GET /v1/refunds/{id}"}, {op: "POST /v1/customers"}, {op: "GET /v1/customers/{id}"},
		{op: "POST /v1/tokens"}, {op: "GET /v1/balance"}, {op: "GET /v1/payouts"}, {op: "POST /v1/payouts"}, {op: "GET /v1/payouts/{id}"},
		{op: "GET /v1/accounts/{iban}/transactions"}, {op: "GET /v1/exchange-rates/{date}"},
		{op: "GET /v1/disputes", verdict: "orphan", note: "declared, never called"},
		{op: "GET /v1/disputes/{id}", verdict: "orphan", note: "declared, never called"},
		{op: "GET /health", verdict: "health"},
	}
}

func clinicRows() []row {
	return []row{
		{op: "POST /api/auth/login"}, {op: "GET /api/patients"}, {op: "POST /api/patients"}, {op: "GET /api/patients/{patientId}"},
		{op: "PUT /api/patients/{patientId}"}, {op: "GET /api/patients/{patientId}/records"}, {op: "GET /api/patients/{patientId}/records/{recordId}"},
		{op: "GET /api/doctors"}, {op: "GET /api/doctors/on-call"}, {op: "GET /api/doctors/{slug}"}, {op: "GET /api/doctors/{slug}/slots/{date}"},
		{op: "POST /api/appointments"}, {op: "GET /api/appointments/{appointmentId}"}, {op: "DELETE /api/appointments/{appointmentId}"},
		{op: "POST /api/prescriptions"}, {op: "GET /api/prescriptions/{code}"}, {op: "POST /api/documents"}, {op: "GET /api/lab-results/{sampleId}"},
		{op: "GET /api/invoices/{year}/{number}", verdict: "orphan", note: "declared, never called"},
		{op: "GET /api/patient-lookup", verdict: "shadow", note: "hands out patient data without a credential"},
		{op: "GET /api/health", verdict: "health"},
	}
}
