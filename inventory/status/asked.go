package status

import (
	"cmp"
	"slices"
	"strings"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/schemas"
	"wirecensus/specgen/openapi"
)

// asked returns the versions that clients asked for beside the path, and which of them a newer one has taken over
// from by the rule for versions in paths.
func asked(op *catalog.Operation, now schemas.Time) []api.AskedVersion {
	var out []api.AskedVersion
	for name, s := range op.Versions {
		at := strings.LastIndexByte(name, ' ')
		if at < 0 {
			continue
		}
		out = append(out, api.AskedVersion{By: name[:at], Version: name[at+1:], Calls: s.Calls, Success: s.Success, Clients: s.Clients.Count(), FirstSeen: s.First, LastSeen: s.Last})
	}
	slices.SortFunc(out, func(a, b api.AskedVersion) int {
		return cmp.Or(cmp.Compare(a.By, b.By), openapi.CompareVersions(a.Version, b.Version), cmp.Compare(a.Version, b.Version))
	})
	for i := range out {
		old := &out[i]
		if old.Success == 0 || !active(old.LastSeen, now) {
			continue
		}
		most := uint64(0)
		for _, v := range out {
			if v.By == old.By && later(v.Version, old.Version) && active(v.LastSeen, now) && tookOver(v.Calls, v.Success, old.Calls) && v.Calls > most {
				old.Successor, most = v.Version, v.Calls
			}
		}
	}
	return out
}
