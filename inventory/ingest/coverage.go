package ingest

import (
	"encoding/json"
	"fmt"
	"strconv"

	"wirecensus/inventory/store"
	"wirecensus/schemas"
	"wirecensus/schemas/wire"
)

// KindCoverage is the kind of the objects that hold reports of coverage.
const KindCoverage = "coverage"

// Report is what one worker of a sensor saw since its epoch began. A later
// report contains the earlier ones.
type Report struct {
	wire.Origin
	Sequence uint64            `json:"sequence"`
	Coverage *schemas.Coverage `json:"coverage"`
	Shed     map[string]uint64 `json:"shed,omitempty"` // what was not published, by cause
}

// name names the object of a run's reports.
func (r *Report) name() string {
	return r.Sensor + "/" + strconv.FormatUint(r.Epoch, 10) + "/" + strconv.FormatUint(uint64(r.Lane), 10)
}

// change puts the report in the place of the run's earlier ones.
func (r *Report) change() store.Change {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // a Report has no type that does not marshal
	}
	return store.Change{Object: store.Object{Kind: KindCoverage, Name: r.name(), Blob: text}}
}

// ParseReport reads the content of an object of KindCoverage.
func ParseReport(text []byte) (*Report, error) {
	r := new(Report)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("read report of coverage: %w", err)
	}
	if r.Coverage == nil {
		r.Coverage = new(schemas.Coverage)
	}
	return r, nil
}
