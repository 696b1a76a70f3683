package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// harFile is what is read of an HTTP Archive (HAR 1.2).
type harFile struct {
	Log struct {
		Version string `json:"version"`
		Entries []struct {
			Request struct {
				Method   string `json:"method"`
				URL      string `json:"url"`
				PostData *struct {
					MimeType string `json:"mimeType"`
				} `json:"postData"`
			} `json:"request"`
			Response struct {
				Status  int `json:"status"`
				Content struct {
					MimeType string `json:"mimeType"`
				} `json:"content"`
			} `json:"response"`
		} `json:"entries"`
	} `json:"log"`
}

var errNoRequests = errors.New("no request to an API in it")

// fromHAR makes a tree of the requests of an archive that succeeded and were not
// for a page's own parts.
func fromHAR(text []byte, name string) (*openapi3.T, error) {
	var f harFile
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("as HAR: %w", err)
	}
	if v := f.Log.Version; v != "" && !strings.HasPrefix(v, "1.") {
		return nil, fmt.Errorf("unsupported HAR version %.20q", v)
	}
	r := recorded{title: name}
	for _, e := range f.Log.Entries {
		u, err := url.Parse(e.Request.URL)
		method := strings.ToUpper(e.Request.Method)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || !knownMethod(method) || method == "OPTIONS" || method == "CONNECT" ||
			e.Response.Status < 200 || e.Response.Status >= 400 || part(method, mediaType(e.Response.Content.MimeType)) {
			continue
		}
		c := recordedCall{method: method, server: u.Scheme + "://" + strings.ToLower(u.Host), path: generalize(u.EscapedPath()), status: strconv.Itoa(e.Response.Status), query: sortedKeys(u.Query())}
		if c.path == "" {
			c.path = "/"
		}
		if e.Request.PostData != nil && e.Request.PostData.MimeType != "" {
			c.body = mediaType(e.Request.PostData.MimeType)
		}
		r.calls = append(r.calls, c)
	}
	if len(r.calls) == 0 {
		return nil, errNoRequests
	}
	return r.tree(), nil
}

// part says whether an answer is a part of a page rather than of an API.
func part(method, media string) bool {
	if method != "GET" && method != "HEAD" {
		return false
	}
	kind, sub, _ := strings.Cut(media, "/")
	switch kind {
	case "image", "font", "video", "audio":
		return true
	case "text":
		return sub == "html" || sub == "css" || sub == "javascript"
	}
	return strings.Contains(sub, "javascript") || strings.HasPrefix(sub, "font") || sub == "xhtml+xml" || sub == "wasm" || sub == "manifest+json"
}
