package web

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's template, style and script
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"wirecensus/inventory/api"
)

//go:embed report/page.html
var pageText string

//go:embed report/page.css
var styleText string

//go:embed report/page.js
var scriptText string

// Meta is what a page says about itself. The names of the captures are not in it:
// the page is the same in whatever files the frames came.
type Meta struct {
	// Version of wirecensus.
	Version string
	// Documents are the OpenAPI documents written, relative to the page, by service.
	Documents map[string]string
	// Files are the other files written beside the page, in the order to be listed.
	Files []File
	// Assets is where the page finds what [Assets] returns, relative to itself; ""
	// puts style and script into the page. It ends in a slash.
	Assets string
}

// Asset is a file that a page can load instead of holding it.
type Asset struct{ Media, Text string }

// Assets are the files of a page by name.
func Assets() map[string]Asset {
	return map[string]Asset{"page.css": {"text/css; charset=utf-8", styleText}, "page.js": {"text/javascript; charset=utf-8", scriptText}}
}

// File is one file beside the page.
type File struct {
	Path string // relative to the page
	What string // a few words
}

// Report writes the page.
func Report(w io.Writer, r *api.Result, meta Meta) error {
	page, err := template.New("page").Funcs(functions()).Parse(pageText)
	if err != nil {
		return fmt.Errorf("parse the report's template: %w", err)
	}
	var b bytes.Buffer
	if err := page.Execute(&b, newView(r, meta)); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	_, err = io.WriteString(w, api.VisibleLines(b.String()))
	return err
}

// policy is the page's content security policy: its own style and script by
// digest, and nothing else.
func policy() string {
	digest := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; style-src " + digest(styleText) + "; script-src " + digest(scriptText) + "; base-uri 'none'; form-action 'none'"
}
