package main

import (
	"context"
	"fmt"
	"net"
	"sync"

	"wirecensus/inventory/api/rest"
	"wirecensus/schemas"
)

// measuring is the metrics of a sensor, at an address of its own.
type measuring struct {
	*rest.Exporter
	listener net.Listener
	cancel   context.CancelFunc
	wg       sync.WaitGroup
}

// openMetrics listens where --metrics says; nil without it.
func openMetrics(address, sensor string) (*measuring, error) {
	if address == "" {
		return nil, nil
	}
	e, err := rest.NewExporter(sensor)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, &hinted{fmt.Errorf("serve metrics: %w", err), "--metrics is HOST:PORT of this host that nobody else has"}
	}
	return &measuring{Exporter: e, listener: l}, nil
}

// serve answers until Close; what fails is handed to failed.
func (e *measuring) serve(failed func(error)) {
	ctx, cancel := context.WithCancel(context.Background())
	e.cancel = cancel
	e.wg.Go(func() {
		if err := e.Serve(ctx, e.listener); err != nil {
			failed(err)
		}
	})
}

// Close ends the answering.
func (e *measuring) Close() error {
	if e.cancel == nil {
		return e.listener.Close()
	}
	e.cancel()
	e.wg.Wait()
	return nil
}

// report takes what was seen so far; nil e takes nothing.
func (e *measuring) report(c *schemas.Coverage) {
	if e != nil {
		e.Report(c)
	}
}
