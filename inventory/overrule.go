package inventory

import (
	"slices"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// statusRules are the rules whose findings follow from the status of an endpoint:
// what was accepted is no finding.
var statusRules = []string{"shadow-endpoint", "zombie-endpoint", "zombie-version", "deprecated-in-use", "orphan-endpoint", "spec-drift"}

// overrule applies the overrides about verdicts that count at the newest packet
// time: the endpoints that are ignored are gone with their findings, the accepted
// ones say so, and the findings of their status are gone.
func (inv *Inventory) overrule(overrides []api.Override) {
	var ignored, accepted []api.Override
	for _, o := range overrides {
		switch {
		case o.Expires != 0 && inv.Through >= o.Expires:
		case o.Kind == api.OverrideIgnore:
			ignored = append(ignored, o)
		case o.Kind == api.OverrideAccept:
			accepted = append(accepted, o)
		}
	}
	if len(ignored)+len(accepted) == 0 {
		return
	}
	at := map[[3]string]bool{} // accepted by service, method, template
	var kept []api.Endpoint
	for _, e := range inv.Result.Endpoints {
		if about(ignored, e.Service, e.Method, e.Template, "") != nil {
			inv.uncount(&e)
			continue
		}
		if o := about(accepted, e.Service, e.Method, e.Template, e.Status); o != nil {
			at[[3]string{e.Service, e.Method, e.Template}] = true
			e.Why = append(slices.Clone(e.Why), sentence(o))
		}
		kept = append(kept, e)
	}
	inv.Result.Endpoints = append([]api.Endpoint{}, kept...)
	inv.Result.Findings = slices.DeleteFunc(inv.Result.Findings, func(f schemas.Finding) bool {
		if f.Template == "" {
			return false
		}
		return about(ignored, f.Service, f.Method, f.Template, "") != nil ||
			at[[3]string{f.Service, f.Method, f.Template}] && slices.Contains(statusRules, f.Rule)
	})
}

// about returns the first override about an endpoint with a status.
func about(list []api.Override, service, method, template, status string) *api.Override {
	for i := range list {
		o := &list[i]
		if o.Service == service && o.Template == template && (o.Method == "" || o.Method == method) && (o.Status == "" || o.Status == status) {
			return o
		}
	}
	return nil
}

// uncount takes an endpoint out of the numbers of its service.
func (inv *Inventory) uncount(e *api.Endpoint) {
	for i := range inv.Result.Services {
		if s := &inv.Result.Services[i]; s.Name == e.Service {
			s.Endpoints--
			if s.ByStatus[e.Status]--; s.ByStatus[e.Status] == 0 {
				delete(s.ByStatus, e.Status)
			}
		}
	}
}

// sentence says who accepted a verdict and why.
func sentence(o *api.Override) string {
	text := "accepted"
	if o.Owner != "" {
		text += " by " + o.Owner
	}
	if o.Reason != "" {
		text += ": " + o.Reason
	}
	return text
}
