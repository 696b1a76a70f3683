package rest

import (
	"net/http"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
	"wirecensus/specgen/diff"
)

// The media types that declared documents come in.
func documentMedia() []string {
	return []string{"application/yaml", "application/json", "application/openapi+yaml", "application/openapi+json",
		"application/vnd.oai.openapi", "application/vnd.oai.openapi+json", "application/x-yaml", "text/yaml", "text/x-yaml"}
}

const (
	mediaJSON = "application/json"
	mediaYAML = "application/yaml"
	mediaText = "text/plain"
	mediaHTML = "text/html"
)

// statuses, severities and classes as the filters take them.
func statusWords() []string {
	return []string{"documented", "shadow", "undocumented", "zombie", "orphan", "unknown"}
}
func encryptedKinds() []string {
	return []string{api.NamedBySNI, api.NamedByAddress, api.NamedByOuter, api.NamedByNobody}
}
func severityWords() []string { return []string{"info", "low", "medium", "high", "critical"} }

func paging(sorts ...string) []param {
	var enum []string
	for _, s := range sorts {
		enum = append(enum, s, "-"+s)
	}
	return []param{
		{name: "sort", text: "the order; - in front turns it round", enum: enum, def: enum[0]},
		{name: "limit", text: "items of a page", kind: number, def: "100", max: 1000},
		{name: "cursor", text: "next of the page before, under the same sort"},
	}
}

func endpointParams() []param {
	return append([]param{
		{name: "service", text: "services by name", many: true},
		{name: "method", text: "methods", many: true},
		{name: "status", text: "verdicts", many: true, enum: statusWords()},
		{name: "class", text: "classes; naming another than endpoint and health lists places that are no endpoints, such as probed ones", many: true},
		{name: "auth", text: "schemes of credentials seen; none for calls without one", many: true},
		{name: "sensitive", text: "classes of sensitive values seen; any for all", many: true},
		{name: "protocol", text: "protocols that HTTP carries: grpc, grpc-web, graphql, json-rpc, soap, websocket, event-stream; any for all", many: true},
		{name: "drift", text: "whether it differs from its document", kind: flag},
		{name: "text", text: "words that must all be in method, template, service or names of operations, in any case"},
	}, paging("place", "calls", "last_seen", "first_seen", "clients", "confidence")...)
}

func findingParams() []param {
	return append([]param{
		{name: "service", text: "services by name", many: true},
		{name: "rule", text: "rules by id", many: true},
		{name: "severity", text: "severities", many: true, enum: severityWords()},
		{name: "method", text: "methods", many: true},
		{name: "text", text: "words that must all be in title, template, service or actor, in any case"},
	}, paging("rank", "last_seen", "count", "confidence")...)
}

// table is every operation of the server.
func (s *Server) table() []route {
	const v1 = "/api/v1"
	jsonOnly := []string{mediaJSON}
	put := []int{http.StatusCreated, http.StatusPreconditionFailed, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity}
	t := []route{
		{method: "GET", path: v1, id: "getSummary", tag: "inventory", summary: "Counts of everything, and how far the answers go", role: Read, gives: jsonOnly, result: Summary{}, handle: s.summary},
		{method: "GET", path: v1 + "/services", id: "listServices", tag: "inventory", summary: "Services", role: Read, gives: jsonOnly, result: List[api.Service]{},
			query: append([]param{{name: "text", text: "words that must all be in the name, in any case"}, {name: "declared", text: "whether a declared document covers it", kind: flag}}, paging("name", "calls", "endpoints", "last_seen")...), handle: s.services},
		{method: "GET", path: v1 + "/services/{service}", id: "getService", tag: "inventory", summary: "One service", role: Read, gives: jsonOnly, result: api.Service{}, handle: s.service},
		{method: "GET", path: v1 + "/encrypted-services", id: "listEncryptedServices", tag: "inventory", summary: "Services whose traffic could not be read, with their share of it", role: Read, gives: jsonOnly, result: List[api.EncryptedService]{},
			query: append([]param{{name: "text", text: "words that must all be in name or certificate names, in any case"}, {name: "kind", text: "kinds of names", many: true, enum: encryptedKinds()},
				{name: "declared", text: "whether a declared document names its host", kind: flag}}, paging("name", "bytes", "connections", "last_seen", "first_seen")...), handle: s.encrypted},
		{method: "GET", path: v1 + "/endpoints", id: "listEndpoints", tag: "inventory", summary: "Endpoints, with status, counts, callers, drift and why", role: Read, gives: jsonOnly, result: List[api.Endpoint]{}, query: endpointParams(), handle: s.endpoints},
		{method: "GET", path: v1 + "/endpoints/{id}", id: "getEndpoint", tag: "inventory", summary: "One endpoint with its evidence", role: Read, gives: jsonOnly, result: Detail{}, handle: s.endpoint},
		{method: "GET", path: v1 + "/findings", id: "listFindings", tag: "inventory", summary: "Findings, worst first", role: Read, gives: jsonOnly, result: List[schemas.Finding]{}, query: findingParams(), handle: s.findings},
		{method: "GET", path: v1 + "/findings/{id}", id: "getFinding", tag: "inventory", summary: "One finding", role: Read, gives: jsonOnly, result: schemas.Finding{}, handle: s.finding},
		{method: "GET", path: v1 + "/coverage", id: "getCoverage", tag: "inventory", summary: "What was seen and what could not be seen", role: Read, gives: jsonOnly, result: schemas.Coverage{}, handle: s.coverage},
		{method: "GET", path: v1 + "/sensors", id: "listSensors", tag: "inventory", summary: "Sensors that have reported, with what of them was lost", role: Read, gives: jsonOnly, result: List[api.Sensor]{}, query: paging("name", "last"), handle: s.sensors},

		{method: "GET", path: v1 + "/services/{service}/openapi.yaml", id: "getDocumentYAML", tag: "documents", summary: "The OpenAPI document of a service as observed, as YAML", role: Read, gives: []string{mediaYAML}, query: documentParams(), handle: s.document},
		{method: "GET", path: v1 + "/services/{service}/openapi.json", id: "getDocumentJSON", tag: "documents", summary: "The OpenAPI document of a service as observed, as JSON", role: Read, gives: jsonOnly, query: documentParams(), handle: s.document},
		{method: "GET", path: v1 + "/services/{service}/versions", id: "listDocumentVersions", tag: "documents", summary: "The kept documents of a service, the newest first", role: Read, gives: jsonOnly, result: List[api.Version]{}, query: paging("-from")[1:], handle: s.versions},
		{method: "GET", path: v1 + "/services/{service}/explain", id: "explainTemplates", tag: "documents", summary: "Why the templates of a service are what they are", role: Read, gives: jsonOnly, result: List[api.Explanation]{},
			query: append([]param{{name: "method", text: "methods", many: true}, {name: "template", text: "one template"}}, paging("place")[1:]...), handle: s.explain},
		{method: "GET", path: v1 + "/services/{service}/diff", id: "diffDocuments", tag: "documents", summary: "What differs between two documents of a service, by whether it breaks clients", role: Read, gives: jsonOnly, result: diff.Result{}, also: []int{http.StatusUnprocessableEntity},
			query: []param{{name: "base", text: side, def: "declared"}, {name: "revision", text: side, def: "observed"}}, handle: s.diff},

		{method: "GET", path: v1 + "/specs", id: "listSpecs", tag: "declared", summary: "Declared documents", role: Read, gives: jsonOnly, result: List[api.Spec]{}, query: paging("name"), handle: s.specs},
		{method: "GET", path: v1 + "/specs/{name}", id: "getSpec", tag: "declared", summary: "A declared document as it was given", role: Read, gives: []string{mediaYAML, mediaJSON}, handle: s.spec},
		{method: "PUT", path: v1 + "/specs/{name}", id: "putSpec", tag: "declared", summary: "Add or replace a declared document: OpenAPI 3.1, 3.0 or Swagger 2", role: Admin, takes: documentMedia(), limit: maxSpec, gives: jsonOnly, result: api.Spec{}, also: put, conditional: true, handle: s.putSpec},
		{method: "DELETE", path: v1 + "/specs/{name}", id: "deleteSpec", tag: "declared", summary: "Forget a declared document", role: Admin, status: http.StatusNoContent, also: []int{http.StatusPreconditionFailed}, conditional: true, handle: s.deleteSpec},

		{method: "GET", path: v1 + "/overrides", id: "listOverrides", tag: "overrides", summary: "Decisions of people that last", role: Read, gives: jsonOnly, result: List[api.Override]{},
			query: append([]param{{name: "service", text: "services by name", many: true}, {name: "kind", text: "kinds", many: true, enum: overrideKinds()}}, paging("place", "created")...), handle: s.overrides},
		{method: "POST", path: v1 + "/overrides", id: "addOverride", tag: "overrides", summary: "Add a decision; its id follows from its kind and place", role: Admin, takes: jsonOnly, limit: maxSmall, body: OverrideInput{}, gives: jsonOnly, result: api.Override{}, status: http.StatusCreated, also: append([]int{http.StatusConflict}, put[2:]...), handle: s.addOverride},
		{method: "GET", path: v1 + "/overrides/{id}", id: "getOverride", tag: "overrides", summary: "One decision", role: Read, gives: jsonOnly, result: api.Override{}, handle: s.override},
		{method: "PUT", path: v1 + "/overrides/{id}", id: "putOverride", tag: "overrides", summary: "Add or replace a decision", role: Admin, takes: jsonOnly, limit: maxSmall, body: OverrideInput{}, gives: jsonOnly, result: api.Override{}, also: put, conditional: true, handle: s.putOverride},
		{method: "DELETE", path: v1 + "/overrides/{id}", id: "deleteOverride", tag: "overrides", summary: "Take a decision back", role: Admin, status: http.StatusNoContent, also: []int{http.StatusPreconditionFailed}, conditional: true, handle: s.deleteOverride},

		{method: "GET", path: v1 + "/openapi.json", id: "getOpenAPI", tag: "server", summary: "This document as JSON", role: Read, gives: jsonOnly, handle: s.ownJSON},
		{method: "GET", path: v1 + "/openapi.yaml", id: "getOpenAPIYAML", tag: "server", summary: "This document as YAML", role: Read, gives: []string{mediaYAML}, handle: s.ownYAML},
		{method: "GET", path: "/metrics", id: "getMetrics", tag: "server", summary: "Metrics as Prometheus reads them", role: Read, gives: []string{mediaText}, handle: s.serveMetrics},
		{method: "GET", path: "/healthz", id: "getHealth", tag: "server", summary: "Whether the process answers", role: Nobody, gives: []string{mediaText}, handle: s.healthz},
		{method: "GET", path: "/readyz", id: "getReadiness", tag: "server", summary: "Whether the process should be asked", role: Nobody, gives: []string{mediaText}, handle: s.readyz},

		{method: "GET", path: "/", id: "getPage", role: Read, gives: []string{mediaHTML}, hidden: true, handle: s.page},
		{method: "GET", path: "/assets/{file}", id: "getAsset", role: Read, hidden: true, handle: s.asset},
	}
	if s.cfg.Pprof {
		t = append(t, route{method: "GET", path: "/debug/pprof/{profile}", id: "getProfile", role: Admin, hidden: true, handle: s.servePprof,
			query: []param{{name: "seconds", kind: number, max: 60}, {name: "debug", kind: number, max: 2}, {name: "gc", kind: number, max: 1}}})
	}
	return t
}

func documentParams() []param {
	return []param{
		{name: "openapi", text: "version of OpenAPI", enum: []string{"3.1", "3.0"}, def: "3.1"},
		{name: "at", text: "the document as it was at this packet time; without it the newest", kind: instant},
	}
}

// side describes what can be compared.
const side = "observed; observed@TIME, as it was at a packet time; declared, the document that covers the service; declared:NAME, one of several"
