package rest

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/pprof"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"wirecensus/inventory/api"
)

// metrics are what /metrics shows. No label holds anything that was observed but
// the names of sensors, which are configured.
type metrics struct {
	registry *prometheus.Registry
	handler  http.Handler
	requests *prometheus.CounterVec
}

func newMetrics(s *Server) (*metrics, error) {
	m := &metrics{registry: prometheus.NewRegistry(), requests: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "wirecensus_http_requests_total", Help: "Requests answered, by route, method and status.",
	}, []string{"route", "method", "status"})}
	all := append([]prometheus.Collector{m.requests, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &stateCollector{backend: s.cfg.Backend, version: s.cfg.Version, fail: s.fail}}, s.cfg.Metrics...)
	for _, c := range all {
		if err := m.registry.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	m.handler = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, DisableCompression: true})
	return m, nil
}

// count counts a request. Methods that no route has are counted together.
func (m *metrics) count(pattern, method string, status int) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPost, http.MethodDelete:
	default:
		method = "_OTHER"
	}
	m.requests.WithLabelValues(pattern, method, strconv.Itoa(status)).Inc()
}

// stateCollector reads the decided state when it is asked.
type stateCollector struct {
	backend api.Backend
	version string
	fail    func(route, cause string)
}

// gauge describes one metric of the state.
func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("wirecensus_"+name, help, labels, nil)
}

// maxSensors is the number of sensors that have metrics of their own.
const maxSensors = 256

// patience is how long a scrape waits for the state.
const patience = 5 * time.Second

// Describe describes nothing: what there is depends on the state.
func (c *stateCollector) Describe(chan<- *prometheus.Desc) {}

// Collect sends the metrics of the state. It runs in a goroutine of the registry,
// where a panic would end the process.
func (c *stateCollector) Collect(out chan<- prometheus.Metric) {
	defer func() {
		if p := recover(); p != nil {
			c.fail("GET /metrics", fmt.Sprintf("panic: %T", p))
		}
	}()
	send := func(d *prometheus.Desc, t prometheus.ValueType, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, t, v, labels...)
	}
	send(gauge("build_info", "Always 1; the labels say what runs.", "version", "go"), prometheus.GaugeValue, 1, c.version, runtime.Version())
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	st, err := c.backend.State(ctx)
	if err != nil {
		return
	}
	byStatus, bySeverity := map[string]int{}, map[string]int{}
	for i := range st.Endpoints {
		byStatus[st.Endpoints[i].Status]++
	}
	for i := range st.Findings {
		bySeverity[st.Findings[i].Severity]++
	}
	send(gauge("services", "Services in the inventory."), prometheus.GaugeValue, float64(len(st.Services)))
	endpoints := gauge("endpoints", "Endpoints in the inventory, by status.", "status")
	for status, n := range byStatus {
		send(endpoints, prometheus.GaugeValue, float64(n), status)
	}
	findings := gauge("findings", "Findings, by severity.", "severity")
	for severity, n := range bySeverity {
		send(findings, prometheus.GaugeValue, float64(n), severity)
	}
	var calls uint64
	for i := range st.Services {
		calls += st.Services[i].Calls
	}
	send(gauge("calls", "Calls in the inventory."), prometheus.GaugeValue, float64(calls))
	send(gauge("through_timestamp_seconds", "Packet time of the newest call; the difference to now is how far behind the answers are."), prometheus.GaugeValue, float64(st.Through)/1e9)
	send(gauge("gap_bytes", "Bytes of connections that the sensors missed."), prometheus.GaugeValue, float64(st.Coverage.GapBytes))
	c.sensors(ctx, send)
}

func (c *stateCollector) sensors(ctx context.Context, send func(*prometheus.Desc, prometheus.ValueType, float64, ...string)) {
	list, err := c.backend.Sensors(ctx)
	if err != nil {
		return
	}
	received := gauge("sensor_calls_total", "Calls received of a sensor.", "sensor")
	lost := gauge("sensor_lost_calls_total", "Calls that a sensor sent and that never came.", "sensor")
	twice := gauge("sensor_duplicate_calls_total", "Calls that came again and were dropped.", "sensor")
	shed := gauge("sensor_shed_total", "What a sensor gave up, by cause.", "sensor", "cause")
	seen := map[string]bool{}
	for _, s := range list {
		name := api.Visible(s.Name)
		if seen[name] || len(seen) == maxSensors {
			continue
		}
		seen[name] = true
		send(received, prometheus.CounterValue, float64(s.Calls), name)
		send(lost, prometheus.CounterValue, float64(s.Lost), name)
		send(twice, prometheus.CounterValue, float64(s.Duplicates), name)
		if s.Coverage != nil {
			sendLoss(send, name, s.Coverage)
		}
		causes := map[string]uint64{}
		for cause, n := range s.Shed {
			causes[api.Visible(cause)] += n
		}
		for cause, n := range causes {
			send(shed, prometheus.CounterValue, float64(n), name, cause)
		}
	}
}

// recorder keeps what a handler of another library writes.
type recorder struct {
	header http.Header
	body   bytes.Buffer
	status int
}

// Header returns the header that the handler fills.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader keeps the first status.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// Write keeps the body.
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

// foreign answers with what a handler of another library writes.
func foreign(h http.Handler, r *http.Request) (*answer, error) {
	rec := &recorder{header: http.Header{}}
	h.ServeHTTP(rec, r)
	if rec.status >= http.StatusBadRequest {
		return nil, problem(rec.status, "", "%s", api.Visible(rec.body.String()))
	}
	return &answer{status: rec.status, media: rec.header.Get("Content-Type"), body: rec.body.Bytes()}, nil
}

func (s *Server) serveMetrics(r *request) (*answer, error) {
	plain := r.Request.Clone(r.Context())
	plain.Header = http.Header{} // one format for all
	return foreign(s.metrics.handler, plain)
}

func (s *Server) servePprof(r *request) (*answer, error) {
	switch name := r.path["profile"]; name {
	case "cmdline":
		return nil, problem(http.StatusNotFound, "", "the command line is not shown")
	case "profile":
		return foreign(http.HandlerFunc(pprof.Profile), r.Request)
	case "trace":
		return foreign(http.HandlerFunc(pprof.Trace), r.Request)
	default:
		return foreign(pprof.Handler(name), r.Request)
	}
}
