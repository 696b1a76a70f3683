package rest

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"wirecensus/schemas"
)

// Exporter shows Prometheus what one sensor saw and lost, beside what its process takes: GET /metrics, and
// /healthz for whoever restarts it. It asks for no credentials: no label holds anything that was observed but
// causes from fixed lists. It is safe for concurrent use.
type Exporter struct {
	sensor string
	latest atomic.Pointer[schemas.Coverage]
	mux    *http.ServeMux
}

// NewExporter returns an Exporter of the sensor of that name, which is a label.
func NewExporter(sensor string) (*Exporter, error) {
	e := &Exporter{sensor: sensor, mux: http.NewServeMux()}
	r := prometheus.NewRegistry()
	for _, c := range []prometheus.Collector{e, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	e.mux.Handle("GET /metrics", promhttp.HandlerFor(r, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, DisableCompression: true}))
	e.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") })
	return e, nil
}

// Report takes what was seen so far over; nobody may change it afterwards.
func (e *Exporter) Report(c *schemas.Coverage) { e.latest.Store(c) }

// Describe describes nothing: what there is depends on what was seen.
func (e *Exporter) Describe(chan<- *prometheus.Desc) {}

// Collect sends the last report.
func (e *Exporter) Collect(out chan<- prometheus.Metric) {
	c := e.latest.Load()
	if c == nil {
		return
	}
	sendLoss(func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}, e.sensor, c)
}

// Serve answers on l until ctx is done.
func (e *Exporter) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler: e.mux, ReadHeaderTimeout: headerWithin, ReadTimeout: readWithin, WriteTimeout: writeWithin, IdleTimeout: idleWithin, MaxHeaderBytes: 1 << 16,
		ErrorLog: log.New(io.Discard, "", 0),
	}
	defer context.AfterFunc(ctx, func() { srv.Close() })()
	if err := srv.Serve(l); ctx.Err() == nil {
		return err
	}
	return nil
}
