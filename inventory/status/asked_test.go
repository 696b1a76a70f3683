package status

import (
	"strings"
	"testing"

	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
)

// TestAskedVersions: a version that clients ask for is a zombie when a newer one has taken over, and not beside one that has not.
func TestAskedVersions(t *testing.T) {
	stat := func(calls, success uint64, last schemas.Time) *catalog.VersionStat {
		return &catalog.VersionStat{Calls: calls, Success: success, First: start, Last: last}
	}
	end := start + 100*day
	for name, c := range map[string]struct {
		versions map[string]*catalog.VersionStat
		zombie   string // version and successor
	}{
		"a newer one took over":          {map[string]*catalog.VersionStat{"accept-version 1": stat(10, 10, end), "accept-version 2": stat(90, 90, end)}, "1 2"},
		"numbers, not letters":           {map[string]*catalog.VersionStat{"accept-version 10": stat(90, 90, end), "accept-version 9": stat(10, 10, end)}, "9 10"},
		"dates":                          {map[string]*catalog.VersionStat{"stripe-version 2023-01-01": stat(10, 10, end), "stripe-version 2024-01-01": stat(90, 90, end)}, "2023-01-01 2024-01-01"},
		"the busiest of two newer ones":  {map[string]*catalog.VersionStat{"accept 1": stat(10, 10, end), "accept 2": stat(40, 40, end), "accept 3": stat(60, 60, end)}, "1 3"},
		"side by side":                   {map[string]*catalog.VersionStat{"accept-version 1": stat(50, 50, end), "accept-version 2": stat(60, 60, end)}, ""},
		"the older one is the usual one": {map[string]*catalog.VersionStat{"accept-version 1": stat(90, 90, end), "accept-version 2": stat(10, 10, end)}, ""},
		"refused":                        {map[string]*catalog.VersionStat{"accept-version 1": stat(10, 0, end), "accept-version 2": stat(90, 90, end)}, ""},
		"asked for no more":              {map[string]*catalog.VersionStat{"accept-version 1": stat(10, 10, start+day), "accept-version 2": stat(90, 90, end)}, ""},
		"the newer one died":             {map[string]*catalog.VersionStat{"accept-version 1": stat(10, 10, end), "accept-version 2": stat(90, 90, start+day)}, ""},
		"of two fields":                  {map[string]*catalog.VersionStat{"accept-version 1": stat(10, 10, end), "api-version 2": stat(90, 90, end)}, ""},
		"a number and a date":            {map[string]*catalog.VersionStat{"api-version 1": stat(10, 10, end), "api-version 2024-01-01": stat(90, 90, end)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			svc := service("pets.example.com", seen{"GET", "/orders", "200*100", 0, func(e *catalog.Endpoint) { e.Op.Versions = c.versions }})
			v := verdict(t, nil, schemas.Coverage{}, svc, "GET", "/orders")
			got := ""
			for _, a := range v.Versions {
				if a.Successor != "" {
					got = strings.TrimSpace(got + " " + a.Version + " " + a.Successor)
				}
			}
			said := strings.Contains(strings.Join(v.Why, "; "), "is a zombie")
			if got != c.zombie || said != (c.zombie != "") || v.Status != Undocumented {
				t.Errorf("%q, want %q; %s %q", got, c.zombie, v.Status, v.Why)
			}
		})
	}
}
