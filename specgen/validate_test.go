package specgen

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/pb33f/libopenapi"
	"gopkg.in/yaml.v3"
)

// validate has a document checked by kin-openapi, built by libopenapi, and its
// two forms compared.
func validate(t testing.TB, doc *Document) *openapi3.T {
	t.Helper()
	tree, err := openapi3.NewLoader().LoadFromData(doc.YAML())
	if err != nil {
		t.Fatalf("kin-openapi does not load it: %v\n%s", err, doc.YAML())
	}
	if err := tree.Validate(context.Background(), openapi3.EnableExamplesValidation()); err != nil {
		t.Fatalf("kin-openapi finds it invalid: %v\n%s", err, doc.YAML())
	}
	model, err := libopenapi.NewDocument(doc.YAML())
	if err != nil {
		t.Fatalf("libopenapi does not load it: %v", err)
	}
	if _, err := model.BuildV3Model(); err != nil {
		t.Fatalf("libopenapi does not build it: %v\n%s", err, doc.YAML())
	}
	var fromJSON, fromYAML any
	if err := json.Unmarshal(doc.JSON(), &fromJSON); err != nil {
		t.Fatalf("no JSON: %v", err)
	}
	if err := yaml.Unmarshal(doc.YAML(), &fromYAML); err != nil {
		t.Fatalf("no YAML: %v", err)
	}
	if a, b := canonical(t, fromJSON), canonical(t, fromYAML); a != b {
		t.Fatalf("JSON and YAML differ:\n%s\n%s", a, b)
	}
	return tree
}

func canonical(t testing.TB, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
