package inventory

import (
	"context"
	"math"
	"strings"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/specgen"
)

// Explain says why the templates of a service are what they are: those of its
// endpoints, in order of template and method.
func Explain(s *catalog.Service) []api.Explanation {
	out := make([]api.Explanation, 0, len(s.Endpoints))
	for _, e := range s.Endpoints {
		var within api.Endpoint
		carried(&within, e.Op)
		out = append(out, api.Explanation{
			Method: e.Method, Template: e.Template, Segments: segments(e), Override: strings.Join(e.Overrides, " "),
			Calls: e.Op.Calls, Paths: e.Paths, Protocol: within.Protocol, Operations: within.Operations,
		})
	}
	return out
}

// Explain says why the templates of a service are what they are.
func (s *Service) Explain(ctx context.Context, service string) ([]api.Explanation, error) {
	d, err := s.decision(ctx)
	if err != nil {
		return nil, err
	}
	svc := d.services[service]
	if svc == nil {
		return nil, api.ErrNotFound
	}
	return Explain(svc), nil
}

// segments are the reasons for each segment of an endpoint's template.
func segments(e *catalog.Endpoint) []api.WhySegment {
	out := make([]api.WhySegment, 0, len(e.Segments))
	name := 0
	for _, s := range e.Segments {
		w := api.WhySegment{
			Text: s.Text, Param: s.Param, Distinct: s.Distinct, Enum: s.Enum, Override: s.Override,
			Confidence: math.Round(s.Confidence*100) / 100, For: append([]string{}, s.For...), Against: append([]string{}, s.Against...),
		}
		if s.Param && name < len(e.Params) {
			w.Type, w.Format = specgen.Scalar(s.Shape, e.Params[name].Name)
			name += strings.Count(s.Text, "{")
		}
		out = append(out, w)
	}
	return out
}
