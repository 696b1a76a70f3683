package inventory

import (
	"context"
	"math"
	"strings"

	"wirecensus/inventory/api"
	"wirecensus/inventory/catalog"
	"wirecensus/specgen"
)

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
	out := []api.Explanation{}
	for _, e := range svc.Endpoints {
		out = append(out, explanation(e))
	}
	return out, nil
}

func explanation(e *catalog.Endpoint) api.Explanation {
	x := api.Explanation{Method: e.Method, Template: e.Template, Segments: []api.WhySegment{}, Paths: e.Paths}
	if e.Op != nil {
		x.Calls = e.Op.Calls
	}
	for i, text := range strings.Split(strings.TrimPrefix(e.Template, "/"), "/") {
		seg := api.WhySegment{Text: text, Confidence: math.Round(e.Confidence*100) / 100, For: []string{}, Against: []string{}}
		for _, p := range e.Params {
			if p.Segment != i {
				continue
			}
			seg.Param, seg.Distinct = true, p.Distinct
			seg.Type, seg.Format = specgen.Scalar(p.Shape, p.Name)
			if p.Why != "" {
				seg.For = append(seg.For, p.Why)
			}
		}
		x.Segments = append(x.Segments, seg)
	}
	return x
}
