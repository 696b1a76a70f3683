package rest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"reflect"
	"strconv"
	"strings"
)

// answer is what a handler returns; write sends it.
type answer struct {
	status int // 0 means 200
	media  string
	body   []byte
	etag   string // without quotes; "" for the digest of the body
	header http.Header
}

// jsonAnswer returns v as JSON; nil slices and maps become empty ones.
func jsonAnswer(v any) (*answer, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(whole(reflect.ValueOf(v)).Interface()); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return &answer{media: "application/json", body: b.Bytes()}, nil
}

// whole returns a copy of v in which no slice and no map is nil.
func whole(v reflect.Value) reflect.Value {
	if v.Type().Implements(reflect.TypeFor[json.Marshaler]()) && v.Kind() != reflect.Pointer {
		return v
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		out := reflect.New(v.Type().Elem())
		out.Elem().Set(whole(v.Elem()))
		return out
	case reflect.Slice:
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(whole(v.Index(i)))
		}
		return out
	case reflect.Map:
		out := reflect.MakeMapWithSize(v.Type(), v.Len())
		for it := v.MapRange(); it.Next(); {
			out.SetMapIndex(it.Key(), whole(it.Value()))
		}
		return out
	case reflect.Struct:
		out := reflect.New(v.Type()).Elem()
		out.Set(v)
		for i := range v.NumField() {
			if out.Field(i).CanSet() {
				out.Field(i).Set(whole(v.Field(i)))
			}
		}
		return out
	}
	return v
}

// digest is an entity tag: of the same bytes always the same.
func digest(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:", len(p))
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// leastGzip is the size from which on compressing pays.
const leastGzip = 1024

// write sends a to the client that asked with r: not again what it has, without
// a body for HEAD, compressed where it takes that.
func (a *answer) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	for name, values := range a.header {
		h[name] = values
	}
	status := a.status
	if status == 0 {
		status = http.StatusOK
	}
	body := a.body
	if a.media != "" {
		h.Set("Content-Type", a.media)
	}
	if reads(r.Method) && status == http.StatusOK || a.etag != "" {
		tag := a.etag
		if tag == "" {
			tag = digest(a.body)
		}
		compress := len(body) >= leastGzip && accepts(r.Header.Values("Accept-Encoding"), "gzip", false)
		h.Add("Vary", "Accept-Encoding")
		if reads(r.Method) && status == http.StatusOK && hasTag(r.Header.Values("If-None-Match"), tag, true) {
			h.Set("ETag", quoteTag(tag, compress))
			h.Del("Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if compress {
			body = squeeze(body)
			h.Set("Content-Encoding", "gzip")
		}
		h.Set("ETag", quoteTag(tag, compress))
	}
	if status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead && status != http.StatusNoContent {
		// A client that has gone is told nothing.
		_, _ = w.Write(body)
	}
}

func squeeze(body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(body) // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

func reads(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// gzipMark ends the tags of compressed bodies: other bytes, another strong tag.
const gzipMark = "-gzip"

func quoteTag(tag string, compressed bool) string {
	if compressed {
		tag += gzipMark
	}
	return `"` + tag + `"`
}

// hasTag reports whether a list of entity tags (RFC 9110, Section 13.1) has tag.
// weak says that W/ may stand before it, which a condition on a change forbids.
func hasTag(lists []string, tag string, weak bool) bool {
	for _, one := range split(lists) {
		if one == "*" {
			return true
		}
		if weak {
			one = strings.TrimPrefix(one, "W/")
		}
		if inner, ok := strings.CutPrefix(one, `"`); ok && strings.TrimSuffix(strings.TrimSuffix(inner, `"`), gzipMark) == tag {
			return true
		}
	}
	return false
}

// split returns the elements of a comma-separated field.
func split(fields []string) []string {
	var out []string
	for _, f := range fields {
		for one := range strings.SplitSeq(f, ",") {
			if one = strings.TrimSpace(one); one != "" {
				out = append(out, one)
			}
		}
	}
	return out
}

// accepts reports whether a field of the Accept family takes what. Without the
// field the answer is absent.
func accepts(fields []string, what string, absent bool) bool {
	list := split(fields)
	if len(list) == 0 {
		return absent
	}
	kind, _, _ := strings.Cut(what, "/")
	best, q := -1, 0.0
	for _, one := range list {
		name, params, err := mime.ParseMediaType(one)
		if err != nil {
			continue
		}
		rank := -1
		switch {
		case name == what:
			rank = 2
		case name == kind+"/*":
			rank = 1
		case name == "*/*" || name == "*":
			rank = 0
		}
		if rank > best {
			best, q = rank, 1
			if s, ok := params["q"]; ok {
				q, _ = strconv.ParseFloat(s, 64)
			}
		}
	}
	return best >= 0 && q > 0
}
