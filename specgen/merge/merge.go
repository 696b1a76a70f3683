package merge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"wirecensus/specgen/openapi"
)

// Source is one document.
type Source struct {
	Name string // of the service
	Text []byte // YAML or JSON
}

// Documents returns the sources as one document, as YAML or JSON.
func Documents(sources []Source, asJSON bool) ([]byte, error) {
	m := merger{out: mapping(), paths: mapping(), tags: &yaml.Node{Kind: yaml.SequenceNode}, components: mapping(), slugs: map[string]bool{}}
	for _, s := range sources {
		if err := m.add(s); err != nil {
			return nil, fmt.Errorf("merge %s: %w", s.Name, err)
		}
	}
	if m.version == "" {
		return nil, fmt.Errorf("merge: no document")
	}
	set(m.out, "openapi", text(m.version))
	info := mapping()
	set(info, "title", text(fmt.Sprintf("%d services", len(sources))))
	set(info, "description", text("Written from observed traffic: what was not seen is not here."))
	set(info, "version", text("observed"))
	set(m.out, "info", info)
	if len(m.tags.Content) > 0 {
		set(m.out, "tags", m.tags)
	}
	set(m.out, "paths", m.paths)
	if len(m.components.Content) > 0 {
		set(m.out, "components", m.components)
	}
	return encode(m.out, asJSON)
}

type merger struct {
	version                string
	out, paths, components *yaml.Node
	tags                   *yaml.Node
	slugs                  map[string]bool
}

var (
	notSlug = regexp.MustCompile(`[^A-Za-z0-9]+`)
	methods = regexp.MustCompile(`^(get|put|post|delete|options|head|patch|trace)$`)
)

// slug is a source's name as part of others; no two are the same.
func (m *merger) slug(name string) string {
	base := strings.Trim(notSlug.ReplaceAllString(name, "_"), "_")
	if base == "" {
		base = "service"
	}
	out := base
	for n := 2; m.slugs[out]; n++ {
		out = fmt.Sprintf("%s_%d", base, n)
	}
	m.slugs[out] = true
	return out
}

func (m *merger) add(s Source) error {
	if _, err := openapi.Tree(s.Text, s.Name); err != nil { // bounds and form
		return err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(s.Text, &doc); err != nil {
		return err
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return openapi.ErrNoDocument
	}
	root := doc.Content[0]
	version := get(root, "openapi")
	switch {
	case version == nil:
		return fmt.Errorf("it is no OpenAPI 3 document")
	case m.version == "":
		m.version = version.Value
	case m.version != version.Value:
		return fmt.Errorf("it is of OpenAPI %s, the others of %s", version.Value, m.version)
	}
	slug := m.slug(s.Name)
	rename(root, slug)
	if tags := get(root, "tags"); tags != nil {
		for _, t := range tags.Content {
			if name := get(t, "name"); name != nil {
				name.Value = slug + "/" + name.Value
			}
			m.tags.Content = append(m.tags.Content, t)
		}
	}
	each(get(root, "paths"), func(path string, item *yaml.Node) { m.path(path, item, root, slug) })
	each(get(root, "components"), func(kind string, list *yaml.Node) {
		into := get(m.components, kind)
		if into == nil {
			into = mapping()
			set(m.components, kind, into)
		}
		each(list, func(name string, v *yaml.Node) { set(into, slug+"."+name, v) })
	})
	return nil
}

// path adds one path; what the document said for all its operations, each now says.
func (m *merger) path(path string, item, root *yaml.Node, slug string) {
	servers, security := get(root, "servers"), get(root, "security")
	var have []string
	each(item, func(method string, op *yaml.Node) {
		if !methods.MatchString(method) {
			return
		}
		have = append(have, method)
		if id := get(op, "operationId"); id != nil {
			id.Value = slug + "_" + id.Value
		}
		if tags := get(op, "tags"); tags != nil {
			for _, t := range tags.Content {
				t.Value = slug + "/" + t.Value
			}
		}
		if security != nil && get(op, "security") == nil {
			set(op, "security", security)
		}
		if at := get(item, "servers"); at != nil {
			servers = at
		}
		if servers != nil && get(op, "servers") == nil {
			set(op, "servers", servers)
		}
	})
	old := get(m.paths, path)
	if old == nil {
		set(m.paths, path, item)
		return
	}
	shared := get(item, "parameters") != nil || get(old, "parameters") != nil
	if shared || slices.ContainsFunc(have, func(method string) bool { return get(old, method) != nil }) {
		set(m.paths, path+"#"+slug, item)
		return
	}
	each(item, func(key string, v *yaml.Node) {
		if methods.MatchString(key) {
			set(old, key, v)
		}
	})
}

// rename puts the slug in front of the names of components wherever they are
// referred to.
func rename(n *yaml.Node, slug string) {
	each(n, func(key string, v *yaml.Node) {
		switch {
		case key == "$ref" && v.Kind == yaml.ScalarNode:
			if rest, ok := strings.CutPrefix(v.Value, "#/components/"); ok {
				kind, name, _ := strings.Cut(rest, "/")
				v.Value = "#/components/" + kind + "/" + slug + "." + name
			}
		case key == "mapping" && v.Kind == yaml.MappingNode:
			each(v, func(_ string, target *yaml.Node) {
				if name, ok := strings.CutPrefix(target.Value, "#/components/schemas/"); ok {
					target.Value = "#/components/schemas/" + slug + "." + name
				}
			})
		case key == "security" && v.Kind == yaml.SequenceNode:
			for _, alternative := range v.Content {
				for i := 0; i+1 < len(alternative.Content); i += 2 {
					alternative.Content[i].Value = slug + "." + alternative.Content[i].Value
				}
			}
			return
		}
		rename(v, slug)
	})
	if n != nil && n.Kind == yaml.SequenceNode {
		for _, c := range n.Content {
			rename(c, slug)
		}
	}
}

func mapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"} }

func text(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s} }

// each visits the members of a mapping in their order.
func each(n *yaml.Node, visit func(key string, v *yaml.Node)) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		visit(n.Content[i].Value, n.Content[i+1])
	}
}

func get(n *yaml.Node, key string) (found *yaml.Node) {
	each(n, func(k string, v *yaml.Node) {
		if k == key {
			found = v
		}
	})
	return found
}

func set(n *yaml.Node, key string, v *yaml.Node) {
	n.Content = append(n.Content, text(key), v)
}

func encode(n *yaml.Node, asJSON bool) ([]byte, error) {
	var b bytes.Buffer
	if asJSON {
		if err := writeJSON(&b, n); err != nil {
			return nil, err
		}
		var out bytes.Buffer
		err := json.Indent(&out, b.Bytes(), "", "  ")
		out.WriteByte('\n')
		return out.Bytes(), err
	}
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	err := e.Encode(n)
	return b.Bytes(), err
}

// writeJSON keeps the order of keys, which decoding to a map would not.
func writeJSON(b *bytes.Buffer, n *yaml.Node) error {
	sep := ""
	switch n.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			b.WriteString(sep)
			key, err := json.Marshal(n.Content[i].Value)
			if err != nil {
				return err
			}
			b.Write(append(key, ':'))
			if err := writeJSON(b, n.Content[i+1]); err != nil {
				return err
			}
			sep = ","
		}
		b.WriteByte('}')
	case yaml.SequenceNode:
		b.WriteByte('[')
		for _, c := range n.Content {
			b.WriteString(sep)
			if err := writeJSON(b, c); err != nil {
				return err
			}
			sep = ","
		}
		b.WriteByte(']')
	default:
		var v any
		if err := n.Decode(&v); err != nil {
			return err
		}
		text, err := json.Marshal(v)
		b.Write(text)
		return err
	}
	return nil
}
