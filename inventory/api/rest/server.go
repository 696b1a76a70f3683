package rest

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"wirecensus/inventory/api"
	"wirecensus/inventory/web"
)

// Config says what a server answers and to whom.
type Config struct {
	Backend api.Backend
	Version string // of wirecensus
	// Tokens are who may ask; nil: whoever can connect.
	Tokens *Tokens
	// Loopback says that requests must name this host by a loopback name, so that
	// no page of a browser reaches it under a name of its own (DNS rebinding).
	Loopback bool
	// Pprof serves profiles below /debug/pprof/ to the role admin.
	Pprof bool
	// Metrics are served beside the server's own.
	Metrics []prometheus.Collector
	// Failed is told what went wrong inside the server; nil tells nobody.
	Failed func(Failure)
}

// Failure is a request that failed because of the server. It holds nothing that
// the request said.
type Failure struct {
	Route string // method and path pattern
	Cause string // the type of what went wrong
	Stack []string
}

// The bounds of requests; the documents' are in the package comment.
const (
	maxAtOnce  = 256
	maxReading = 2
	maxTarget  = 16 << 10
	maxHeader  = 32 << 10
	maxSpec    = 32 << 20
	maxSmall   = 64 << 10
)

// Server answers requests. It is an http.Handler.
type Server struct {
	cfg      Config
	routes   []route
	slots    chan struct{} // one for each request that is being answered
	reading  chan struct{} // one for each declared document that is being read
	draining atomic.Bool
	metrics  *metrics
	assets   map[string]web.Asset
	origins  *http.CrossOriginProtection
	// The server's own document, constant after New.
	docJSON, docYAML []byte
}

// New returns a server.
func New(cfg Config) (*Server, error) {
	s := &Server{cfg: cfg, slots: make(chan struct{}, maxAtOnce), reading: make(chan struct{}, maxReading), assets: web.Assets(), origins: http.NewCrossOriginProtection()}
	s.routes = s.table()
	var err error
	if s.docJSON, s.docYAML, err = s.describe(); err != nil {
		return nil, err
	}
	s.metrics, err = newMetrics(s)
	return s, err
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	pattern := "none"
	a := s.answer(r, &pattern)
	protect(w.Header(), pattern, r.TLS != nil)
	s.metrics.count(pattern, r.Method, a.status)
	a.write(w, r)
}

// answer finds out what to say; it never panics.
func (s *Server) answer(r *http.Request, pattern *string) (a *answer) {
	defer func() {
		if p := recover(); p != nil {
			s.fail(*pattern, "panic: "+fmt.Sprintf("%T", p))
			a = problem(http.StatusInternalServerError, "the server's log says more", "the request could not be answered").answer()
		}
	}()
	a, err := s.handle(r, pattern)
	if err == nil {
		if a.status == 0 {
			a.status = http.StatusOK
		}
		return a
	}
	p, internal := problemOf(err)
	if internal {
		s.fail(*pattern, fmt.Sprintf("%T", root(err)))
	}
	return p.answer()
}

func (s *Server) handle(r *http.Request, pattern *string) (*answer, error) {
	if err := s.admit(r); err != nil {
		return nil, err
	}
	req, missing := s.find(r)
	need := Read
	if missing == nil {
		*pattern, need = req.route.method+" "+req.route.path, req.route.role
	}
	if err := s.authorize(r, need); err != nil {
		return nil, err
	}
	if missing != nil {
		return nil, missing
	}
	if err := req.prepare(); err != nil {
		return nil, err
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return req.route.handle(req)
}

// admit refuses what no route would want to see.
func (s *Server) admit(r *http.Request) error {
	if n := len(r.RequestURI); max(n, len(r.URL.RawQuery)+len(r.URL.Path)) > maxTarget {
		return problem(http.StatusRequestURITooLong, "ask for less at once", "the request target is larger than %s", api.Bytes(maxTarget))
	}
	size := 0
	for name, values := range r.Header {
		for _, v := range values {
			size += len(name) + len(v) + len(": \r\n")
		}
	}
	if size > maxHeader {
		return problem(http.StatusRequestHeaderFieldsTooLarge, "send fewer or shorter fields", "the header section is larger than %s", api.Bytes(maxHeader))
	}
	if s.cfg.Loopback && !isLoopback(r.Host) {
		return problem(http.StatusMisdirectedRequest, "ask by 127.0.0.1, [::1] or localhost; to be reached by other names it needs --tokens", "this server answers to no such host name")
	}
	if err := s.origins.Check(r); err != nil {
		return problem(http.StatusForbidden, "change things from the server's own pages or from a program", "the request comes from a page of another origin")
	}
	return nil
}

// isLoopback reports whether a Host field names this host by a loopback name.
func isLoopback(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// protect sets what keeps a browser from doing more with an answer than showing it.
func protect(h http.Header, pattern string, encrypted bool) {
	policy := "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	if strings.HasSuffix(pattern, " /") {
		policy = "default-src 'none'; style-src 'self'; script-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	}
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache, private")
	if encrypted {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

func (s *Server) fail(pattern, cause string) {
	if s.cfg.Failed == nil {
		return
	}
	f := Failure{Route: pattern, Cause: cause}
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		fr, more := frames.Next()
		f.Stack = append(f.Stack, fr.Function+":"+strconv.Itoa(fr.Line))
		if !more {
			break
		}
	}
	s.cfg.Failed(f)
}

// root returns the innermost error: its type says most.
func root(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
