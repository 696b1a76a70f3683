package catalog

import (
	"fmt"
	"strings"
	"testing"
)

func TestHostTemplates(t *testing.T) {
	c := New(Config{})
	add := func(host, path string, n int) {
		for i := range n {
			x := data(call(10+i, "10.0.0.1", "GET", strings.ReplaceAll(path, "#", fmt.Sprint(i)), 200), path, "id")
			x.Host = host
			c.Apply(x)
		}
	}
	for _, tenant := range []string{"acme", "globex", "initech", "umbrella"} {
		for _, p := range []string{"/users", "/users/#", "/invoices/#", "/settings"} {
			add(tenant+".api.example.com", p, 6)
		}
	}
	add("status.api.example.com", "/summary/all", 6) // another thing under the same suffix
	for i, p := range []string{"/mail", "/wiki/#", "/tickets/#", "/builds"} {
		add(fmt.Sprintf("tool%d.corp.example.com", i), p, 6) // one suffix, nothing shared
	}
	for i := range 4 {
		add(fmt.Sprintf("10.0.0.%d", i), "/users", 6) // addresses have no labels
	}
	got := HostTemplates(c.Services(Options{}))
	want := "[{{tenant}.api.example.com [acme.api.example.com globex.api.example.com initech.api.example.com umbrella.api.example.com] 4 1}]"
	if fmt.Sprint(got) != want {
		t.Errorf("%v\nwant %s", got, want)
	}
	if n := len(c.Services(Options{})); n != 13 {
		t.Errorf("%d services remain", n)
	}
}
