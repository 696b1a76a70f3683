package export

import (
	"wirecensus/inventory"
	"wirecensus/inventory/catalog"
	"wirecensus/specgen"
)

// document writes the OpenAPI document of a service as YAML and JSON.
func document(dir string, svc *catalog.Service, inv *inventory.Inventory, opts Options) error {
	doc := specgen.Generate(svc, specgen.Options{Version: opts.OpenAPI, Status: func(e *catalog.Endpoint) string { return inv.Verdict[e] }})
	name := FileName(svc.Name)
	if err := put(dir, name+".yaml", doc.YAML()); err != nil {
		return err
	}
	return put(dir, name+".json", doc.JSON())
}

// hasEndpoint says whether a service has anything to document.
func hasEndpoint(svc *catalog.Service) bool {
	for _, e := range svc.Endpoints {
		if e.Class == catalog.Real {
			return true
		}
	}
	return false
}
