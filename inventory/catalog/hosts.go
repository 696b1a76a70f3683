package catalog

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// HostTemplate is a group of services that are one by what they offer, under
// hosts that differ in the first label: {tenant}.api.example.com.
type HostTemplate struct {
	Template  string   // with :port as in Service.Name
	Services  []string // names, sorted
	Endpoints int      // methods and templates of all of them together
	// Shared is the mean share of those that one of the services has.
	Shared float64
}

const (
	minTenants = 3   // hosts that make a template
	minShared  = 0.5 // of Shared
)

// HostTemplates finds the groups, in order of template. It is a function of the
// decided services and leaves them as they are.
func HostTemplates(services []*Service) []HostTemplate {
	groups := map[string][]*Service{}
	for _, s := range services {
		label, rest, ok := strings.Cut(s.Host, ".")
		if !ok || label == "" || !strings.Contains(rest, ".") || len(s.Endpoints) == 0 || address(s.Host) {
			continue
		}
		name := "{tenant}." + rest + strings.TrimPrefix(s.Name, s.Host)
		groups[name] = append(groups[name], s)
	}
	var out []HostTemplate
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		if h := tenants(name, groups[name]); len(h.Services) >= minTenants && h.Shared >= minShared {
			out = append(out, h)
		}
	}
	return out
}

// address: the host is an IP address, whose parts are no labels.
func address(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	_, err := strconv.Atoi(last)
	return err == nil || strings.IndexByte(host, ':') >= 0
}

// tenants are the services of a group that offer what most of it offers: those
// that have half of what at least half of the group has.
func tenants(name string, group []*Service) HostTemplate {
	offered := map[string]int{}
	for _, s := range group {
		for op := range s.offers() {
			offered[op]++
		}
	}
	common := map[string]bool{}
	for op, n := range offered {
		if 2*n >= len(group) {
			common[op] = true
		}
	}
	h := HostTemplate{Template: name}
	all, sum := map[string]bool{}, 0
	for _, s := range group {
		mine, has := s.offers(), 0
		for op := range mine {
			if common[op] {
				has++
			}
		}
		if len(common) == 0 || 2*has < len(common) || 2*has < len(mine) {
			continue
		}
		h.Services = append(h.Services, s.Name)
		sum += len(mine)
		for op := range mine {
			all[op] = true
		}
	}
	slices.Sort(h.Services)
	h.Endpoints = len(all)
	if len(h.Services) > 0 && len(all) > 0 {
		h.Shared = float64(sum) / float64(len(all)*len(h.Services))
	}
	return h
}

// offers are the methods and templates of a service without parameters' names.
func (s *Service) offers() map[string]bool {
	out := map[string]bool{}
	for _, e := range s.Endpoints {
		var b strings.Builder
		b.WriteString(e.Method)
		for _, seg := range e.Segments {
			if b.WriteByte('/'); seg.Param {
				b.WriteString("{}")
			} else {
				b.WriteString(seg.Text)
			}
		}
		out[b.String()] = true
	}
	return out
}
