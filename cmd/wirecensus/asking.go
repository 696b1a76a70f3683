package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"wirecensus/inventory/api/rest"
)

// asking says which inventory is asked: one that is served, or a file.
type asking struct {
	server    string
	db        string
	tokenFile string
	json      bool
}

const defaultServer = "http://127.0.0.1:8080"

// addAsking adds the flags that say which inventory is asked.
func addAsking(set *pflag.FlagSet, a *asking) {
	set.StringVar(&a.server, "server", "", "")
	set.StringVar(&a.db, "db", "", "")
	set.StringVar(&a.tokenFile, "token-file", "", "")
	set.BoolVar(&a.json, "json", false, "")
}

// client asks an inventory. Whether it is served or in a file, it answers in the
// same way: as the REST API.
type client struct {
	http  *http.Client
	base  string
	token string
	close func() error
}

// The bounds of an answer.
const (
	maxAnswer    = 256 << 20
	answerWithin = 2 * time.Minute
)

// open returns a client of the inventory that the flags name.
func (a *asking) open(ctx context.Context) (*client, error) {
	switch {
	case a.db != "" && a.server != "":
		return nil, &usageError{see: "help", msg: "--server and --db exclude each other"}
	case a.db != "":
		return openFile(ctx, a.db)
	}
	base := a.server
	if base == "" {
		base = os.Getenv("WIRECENSUS_SERVER")
	}
	if base == "" {
		base = defaultServer
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, &usageError{see: "help", msg: fmt.Sprintf("--server is a URL like %s, not %q", defaultServer, base)}
	}
	token, err := a.token()
	if err != nil {
		return nil, err
	}
	if token != "" && u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return nil, &hinted{fmt.Errorf("a token would travel to %s in plain text", u.Host), "use https://, or a tunnel to 127.0.0.1"}
	}
	return &client{
		http: &http.Client{Timeout: answerWithin, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		base: strings.TrimSuffix(base, "/"), token: token, close: func() error { return nil },
	}, nil
}

// token reads the token from its file or from the environment.
func (a *asking) token() (string, error) {
	path := a.tokenFile
	if path == "" {
		if t := os.Getenv("WIRECENSUS_TOKEN"); t != "" {
			return t, nil
		}
		path = os.Getenv("WIRECENSUS_TOKEN_FILE")
	}
	if path == "" {
		return "", nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", &hinted{fmt.Errorf("read token: %w", err), "--token-file names a file that holds the token alone"}
	}
	token := strings.TrimSpace(string(b))
	if token == "" || strings.ContainsAny(token, " \t\r\n") {
		return "", &hinted{fmt.Errorf("read token: %s does not hold one word", path), "--token-file names a file that holds the token alone, not the server's tokens file"}
	}
	return token, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// serviceName is a name as one segment of a path.
func serviceName(name string) string { return url.PathEscape(name) }

// do sends a request and returns the body of a good answer.
func (c *client) do(ctx context.Context, method, path string, query url.Values, body []byte, header http.Header) ([]byte, *http.Response, error) {
	target := c.base + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		var dial *net.OpError
		if errors.As(err, &dial) && dial.Op == "dial" {
			return nil, nil, &hinted{fmt.Errorf("nothing answers at %s: %w", c.base, dial.Err), "start it with wirecensus run, inventory or replay --serve, or name it with --server URL or WIRECENSUS_SERVER"}
		}
		return nil, nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("read the answer of %s: %w", c.base, err)
	case len(b) > maxAnswer:
		return nil, nil, fmt.Errorf("the answer of %s is larger than %d MiB", c.base, maxAnswer>>20)
	case resp.StatusCode >= 300:
		return nil, resp, refusal(c.base, resp, b)
	}
	return b, resp, nil
}

// refusal makes an error of an answer that is none.
func refusal(base string, resp *http.Response, body []byte) error {
	var p rest.Problem
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if media != "application/problem+json" || json.Unmarshal(body, &p) != nil || p.Detail == "" {
		return &hinted{fmt.Errorf("%s answered %s, which no inventory does", base, resp.Status), "--server is the address of a wirecensus inventory"}
	}
	err := errors.New(p.Detail)
	switch {
	case resp.StatusCode == http.StatusUnauthorized:
		return &hinted{err, "give the token with --token-file FILE or in WIRECENSUS_TOKEN"}
	case p.Hint != "":
		return &hinted{err, p.Hint}
	}
	return err
}

// get reads one object.
func get[T any](ctx context.Context, c *client, path string, query url.Values) (T, error) {
	var v T
	b, _, err := c.do(ctx, http.MethodGet, path, query, nil, nil)
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return v, &hinted{fmt.Errorf("the answer of %s is not understood: %w", c.base, err), "server and command should be of one version"}
	}
	return v, nil
}

// pageSize is how much is asked for at once.
const pageSize = 1000

// all reads a list, page by page; at most most items, 0 for all.
func all[T any](ctx context.Context, c *client, path string, query url.Values, most int) (items []T, total int, err error) {
	q := url.Values{}
	for name, values := range query {
		q[name] = values
	}
	items = []T{}
	for {
		limit := pageSize
		if most > 0 {
			limit = min(limit, most-len(items))
		}
		q.Set("limit", strconv.Itoa(limit))
		page, err := get[rest.List[T]](ctx, c, path, q)
		if err != nil {
			return nil, 0, err
		}
		items, total = append(items, page.Items...), page.Total
		if page.Next == "" || len(page.Items) == 0 || most > 0 && len(items) >= most {
			return items, total, nil
		}
		q.Set("cursor", page.Next)
	}
}

// inProcess answers requests by a handler of this process.
type inProcess struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := &kept{header: http.Header{}}
	p.handler.ServeHTTP(w, r)
	return &http.Response{StatusCode: w.status, Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), Proto: r.Proto, Header: w.header,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r}, nil
}

// kept is an answer that stays in this process.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the header that the handler fills.
func (k *kept) Header() http.Header { return k.header }

// WriteHeader keeps the status.
func (k *kept) WriteHeader(status int) { k.status = status }

// Write keeps the body.
func (k *kept) Write(p []byte) (int, error) { return k.body.Write(p) }
