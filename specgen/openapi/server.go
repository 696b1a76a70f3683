package openapi

import (
	"sort"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// maxBases bounds the expansions of one server's variables.
const maxBases = 32

// servers expands the variables of every server: enumerated values are written
// out; a free variable is a * in the host and, in the base path, its default and
// a path parameter.
func servers(list openapi3.Servers) []Server {
	var out []Server
	for _, s := range list {
		if s == nil {
			continue
		}
		for _, u := range expand(s) {
			out = append(out, parseServer(s.URL, u))
		}
	}
	return out
}

// free marks the place of a variable without enumeration.
const free = "\x00"

func expand(s *openapi3.Server) []string {
	urls := []string{s.URL}
	names := sortedKeys(s.Variables)
	for _, name := range names {
		v := s.Variables[name]
		if v == nil || !strings.Contains(s.URL, "{"+name+"}") {
			continue
		}
		values := append([]string{v.Default}, v.Enum...)
		if len(v.Enum) == 0 {
			values = append(values, free+name+free)
		}
		var next []string
		seen := map[string]bool{}
		for _, u := range urls {
			for _, val := range values {
				if w := strings.ReplaceAll(u, "{"+name+"}", val); !seen[w] && len(next) < maxBases {
					seen[w] = true
					next = append(next, w)
				}
			}
		}
		urls = next
	}
	return urls
}

// parseServer splits a server's URL; u has its variables replaced.
func parseServer(written, u string) Server {
	s := Server{URL: written}
	rest := u
	if i := strings.Index(u, "://"); i >= 0 && !strings.Contains(u[:i], "/") {
		s.Scheme, rest = strings.ToLower(u[:i]), u[i+3:]
	} else if strings.HasPrefix(u, "//") {
		rest = u[2:]
	} else {
		s.Base = basePath(u)
		return s
	}
	host, path, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	s.Host, s.Port = splitPort(wild(host))
	s.Base = basePath("/" + path)
	return s
}

// wild writes a * for every variable that is left in a host.
func wild(host string) string {
	var b strings.Builder
	for host != "" {
		open := strings.IndexAny(host, free+"{")
		if open < 0 {
			break
		}
		end := "}"
		if host[open] == free[0] {
			end = free
		}
		n := strings.Index(host[open+1:], end)
		if n < 0 {
			break
		}
		b.WriteString(host[:open] + "*")
		host = host[open+1+n+1:]
	}
	b.WriteString(host)
	return strings.ToLower(b.String())
}

func splitPort(host string) (string, uint16) {
	i := strings.LastIndexByte(host, ':')
	if i < 0 || strings.HasSuffix(host, "]") {
		return strings.Trim(host, "[]"), 0
	}
	port, err := strconv.ParseUint(host[i+1:], 10, 16)
	if err != nil {
		port = 0 // a variable
	}
	return strings.Trim(host[:i], "[]"), uint16(port)
}

// basePath is a path without its last slash, query and fragment; "" for the root.
func basePath(p string) string {
	if i := strings.IndexAny(p, "?#"); i >= 0 {
		p = p[:i]
	}
	for strings.Count(p, free) >= 2 {
		i := strings.Index(p, free)
		j := i + 1 + strings.Index(p[i+1:], free)
		p = p[:i] + "{" + p[i+1:j] + "}" + p[j+1:]
	}
	p = strings.TrimRight(p, "/")
	for strings.HasPrefix(p, "./") || strings.HasPrefix(p, "../") {
		p = p[strings.IndexByte(p, '/')+1:]
	}
	if p == "." || p == ".." || p == "" {
		return ""
	}
	if p[0] != '/' {
		p = "/" + p
	}
	return p
}

// Matches says whether an authority is the server's. A server without a port
// stands for every port; port 0 is an unknown one.
func (s Server) Matches(host string, port uint16) bool {
	if s.Host == "" || s.Port != 0 && port != 0 && s.Port != port {
		return false
	}
	return matchHost(s.Host, strings.ToLower(host))
}

// matchHost matches a host against a pattern in which every * is one or more bytes.
func matchHost(pattern, host string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == host
	}
	if pattern == "*" || !strings.HasPrefix(host, parts[0]) {
		return false // a server of which nothing is known names no host
	}
	host = host[len(parts[0]):]
	for i, p := range parts[1:] {
		if i == len(parts)-2 {
			return len(host) > len(p) && strings.HasSuffix(host, p)
		}
		n := strings.Index(host[min(1, len(host)):], p)
		if n < 0 || len(host) == 0 {
			return false
		}
		host = host[1+n+len(p):]
	}
	return true
}

// Hosts returns the absolute hosts that the document names, sorted, with :port
// where it names one.
func (d *Document) Hosts() []string {
	seen := map[string]bool{}
	for _, s := range d.Servers {
		if s.Host != "" {
			h := s.Host
			if s.Port != 0 {
				h += ":" + strconv.Itoa(int(s.Port))
			}
			seen[h] = true
		}
	}
	out := make([]string, 0, len(seen))
	for h := range seen {
		out = append(out, h)
	}
	sort.Strings(out)
	return out
}
