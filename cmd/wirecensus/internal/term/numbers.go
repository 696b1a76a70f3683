package term

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"wirecensus/inventory/api"
)

// counted writes the largest counts of a map with their names, at most n of
// them, and how many more there are.
func counted(m map[string]uint64, n int) string {
	var keys []string
	for k, v := range m {
		if v > 0 {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(m[b], m[a]), strings.Compare(a, b)) })
	var parts []string
	for i, k := range keys {
		if i == n {
			parts = append(parts, fmt.Sprintf("%d more", len(keys)-n))
			break
		}
		name := k
		if name == "" {
			name = "(no name)"
		}
		parts = append(parts, fit(name, 48)+" "+api.Number(m[k]))
	}
	return strings.Join(parts, ", ")
}
