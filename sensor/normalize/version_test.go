package normalize

import "testing"

func TestAPIVersion(t *testing.T) {
	for _, c := range []struct{ target, fields, want string }{
		{"/a", "Accept-Version: 2", "accept-version 2"},
		{"/a", "X-API-Version: V1.10", "x-api-version 1.10"},
		{"/a", "Stripe-Version: 2024-06-20", "stripe-version 2024-06-20"},
		{"/a?api-version=2023-01-01&b=1", "", "query api-version 2023-01-01"},
		{"/a?api-version=1.0", "Accept-Version: 2", "accept-version 2"},
		{"/a", "Accept: application/vnd.acme.v3+json", "accept 3"},
		{"/a", "Accept: application/json;version=1.1, */*", "accept 1.1"},
		{"/a", `Accept: application/json; version="2"; q=0.5`, "accept 2"},
		{"/a", "Accept: application/json, application/vnd.acme.v3+json", ""},
		{"/a", "Accept: text/html,application/signed-exchange;v=b3;q=0.7", ""},
		{"/a", "Accept: application/vnd.openxmlformats-officedocument.wordprocessingml.document", ""},
		{"/a?version=3", "", ""},
		{"/a?api-version=1&api-version=2", "", ""},
		{"/a", "Accept-Version: latest", ""},
		{"/a", "Accept-Version: 4111111111111111", ""},
		{"/a", "Accept-Version: 1985-13", ""},
		{"/a", "API-Version: 10.1.2.3", ""},
		{"/a", "API-Version: 078-05-1120", ""},
		{"/a", "API-Version: v", ""},
		{"/a", "API-Version: 1..2", ""},
		{"/a", "API-Version: 1.2.", ""},
	} {
		call := callOf(t, "GET "+c.target+" HTTP/1.1\nHost: a.example\nConnection: close\n"+c.fields, "HTTP/1.1 204 No Content")
		if call.APIVersion != c.want {
			t.Errorf("%s %s: %q, want %q", c.target, c.fields, call.APIVersion, c.want)
		}
	}
}
