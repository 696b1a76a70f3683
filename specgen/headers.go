package specgen

import "strings"

// infrastructural says whether a field was put there by what carries calls, proxies, gateways, agents that
// trace, rather than by the API: it would stand at every operation and say nothing of any.
func infrastructural(name string) bool {
	name = strings.TrimPrefix(strings.ToLower(name), "x-")
	switch name {
	case "request-id", "requestid", "correlation-id", "correlationid", "trace-id", "traceid", "span-id", "transaction-id", "amzn-requestid", "amz-request-id", "fly-request-id",
		"request-start", "queue-start", "request-time", "response-time", "sentry-trace", "newrelic", "tracestate", "traceparent", "elastic-apm-traceparent", "ot-span-context",
		"served-from", "backend-server", "azure-ref", "proxy-id", "client-trace-id":
		return true
	}
	for _, p := range [...]string{"b3-", "datadog-", "newrelic-", "instana-", "dynatrace-", "appengine-", "envoy-", "kong-", "vercel-", "forwarded-", "jaeger-", "ot-tracer-", "amz-cf-", "amzn-trace"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}
