package synth_test

import (
	"context"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"wirecensus/cmd/wiregen/synth"
)

func TestSpecsAreValid(t *testing.T) {
	specs := synth.Specs()
	if len(specs) != 4 {
		t.Fatalf("%d documents, want 4", len(specs))
	}
	for name, data := range specs {
		doc, err := openapi3.NewLoader().LoadFromData(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := doc.Validate(context.Background()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
