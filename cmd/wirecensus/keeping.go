package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"wirecensus/inventory"
	"wirecensus/inventory/api"
	"wirecensus/inventory/api/rest"
	"wirecensus/inventory/ingest"
	"wirecensus/schemas"
	"wirecensus/schemas/wire"
	"wirecensus/specgen/openapi"
)

// inMemory is the store that is gone with the process.
const inMemory = "memory:"

// openInventory opens the inventory in a store. Declared documents that hold all of
// themselves are put into it; those that refer to other files are used beside it.
func openInventory(ctx context.Context, store string, declared []*openapi.Document, log zerolog.Logger) (*inventory.Service, error) {
	cfg := inventory.Config{Store: store, Log: log}
	texts := map[string][]byte{}
	for _, d := range declared {
		text, err := os.ReadFile(d.Path)
		if err != nil {
			return nil, fmt.Errorf("read declared documents: %w", err)
		}
		_, err = openapi.Parse(text, d.Name)
		if _, twice := texts[d.Name]; err != nil || twice {
			cfg.Declared = append(cfg.Declared, d)
			continue
		}
		texts[d.Name] = text
	}
	svc, err := inventory.Open(ctx, cfg)
	if err != nil {
		return nil, &hinted{fmt.Errorf("open the store: %w", err), "a store is sqlite:FILE in a folder that can be written to, or postgres://USER@HOST/DATABASE"}
	}
	for name, text := range texts {
		var input *api.InputError
		_, _, err := svc.PutSpec(ctx, name, text, api.Condition{})
		if errors.As(err, &input) {
			err = &hinted{fmt.Errorf("declare %s: %w", name, err), input.Hint}
		}
		if err != nil {
			return nil, errors.Join(err, svc.Close())
		}
	}
	return svc, nil
}

// openFile returns a client of the inventory in a file of this host.
func openFile(ctx context.Context, path string) (*client, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, &hinted{fmt.Errorf("open the inventory: %w", err), "--db names the file of wirecensus run, inventory or replay --db"}
	}
	svc, err := openInventory(ctx, "sqlite:"+path, nil, zerolog.Nop())
	if err != nil {
		return nil, err
	}
	handler, err := rest.New(rest.Config{Backend: svc, Version: version})
	if err != nil {
		return nil, errors.Join(err, svc.Close())
	}
	return &client{http: &http.Client{Transport: inProcess{handler}}, base: "http://localhost", close: svc.Close}, nil
}

// feeding brings what a sensor of this process sees into an inventory.
type feeding struct {
	*ingest.Feed
	origin  wire.Origin
	reports uint64
}

func newFeeding(ctx context.Context, svc *inventory.Service, sensor string) (*feeding, error) {
	f := &feeding{origin: wire.Origin{Sensor: sensor, Epoch: uint64(time.Now().UnixNano())}}
	var err error
	f.Feed, err = svc.Feed(ctx, f.origin)
	return f, err
}

// cover takes the coverage since the sensor began. Calls must not overlap.
func (f *feeding) cover(cov *schemas.Coverage) {
	f.reports++
	f.Cover(&wire.CoverageReport{Origin: f.origin, Sequence: f.reports, Coverage: *cov})
}

// sensorName is what a sensor is called that was given no name: the host's.
func sensorName() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		return "sensor"
	}
	return host
}

// sqliteStore is the store in a file.
func sqliteStore(path string) string { return "sqlite:" + path }

// printableStore names a store without what may be secret in it.
func printableStore(store string) string {
	if file, ok := strings.CutPrefix(store, "sqlite:"); ok {
		return filepath.Base(file)
	}
	scheme, _, _ := strings.Cut(store, ":")
	return scheme
}
