package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// toJSON returns a YAML or JSON text as JSON, within the limits. Keys become
// strings (a status code 200 is a number in YAML), dates stay text.
func toJSON(raw []byte) ([]byte, error) {
	if len(raw) > MaxBytes {
		return nil, errTooLarge
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if t := bytes.TrimLeft(raw, " \t\r\n"); len(t) > 0 && t[0] == '{' && json.Valid(raw) {
		return raw, checkJSON(raw)
	}
	if !utf8.Valid(raw) {
		return nil, errors.New("not UTF-8")
	}
	node, err := yamlNode(raw)
	if err != nil {
		return nil, err
	}
	c := converter{}
	if err := c.write(node, 0); err != nil {
		return nil, err
	}
	return c.out.Bytes(), nil
}

func yamlNode(raw []byte) (n *yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			n, err = nil, fmt.Errorf("not YAML: %v", p)
		}
	}()
	n = new(yaml.Node)
	if err := yaml.Unmarshal(raw, n); err != nil {
		return nil, fmt.Errorf("not YAML or JSON: %w", err)
	}
	return n, nil
}

// checkJSON bounds the depth and the number of values of a valid JSON text.
func checkJSON(raw []byte) error {
	depth, nodes, text := 0, 1, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case text:
			if c == '\\' {
				i++
			} else if c == '"' {
				text = false
			}
		case c == '"':
			text = true
		case c == '{' || c == '[':
			if depth++; depth > MaxDepth {
				return errTooDeep
			}
		case c == '}' || c == ']':
			depth--
		case c == ',':
			nodes++
		}
	}
	if nodes > MaxNodes {
		return errTooMany
	}
	return nil
}

// converter writes YAML nodes as JSON.
type converter struct {
	out   bytes.Buffer
	nodes int
}

func (c *converter) write(n *yaml.Node, depth int) error {
	if c.nodes++; c.nodes > MaxNodes || c.out.Len() > 4*MaxBytes {
		return errTooMany
	}
	if depth > MaxDepth {
		return errTooDeep
	}
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) == 1 {
			return c.write(n.Content[0], depth)
		}
	case yaml.AliasNode:
		return c.write(n.Alias, depth+1)
	case yaml.SequenceNode:
		return c.sequence(n, depth)
	case yaml.MappingNode:
		return c.mapping(n, depth)
	case yaml.ScalarNode:
		return c.scalar(n)
	}
	c.out.WriteString("null")
	return nil
}

func (c *converter) sequence(n *yaml.Node, depth int) error {
	c.out.WriteByte('[')
	for i, e := range n.Content {
		if i > 0 {
			c.out.WriteByte(',')
		}
		if err := c.write(e, depth+1); err != nil {
			return err
		}
	}
	c.out.WriteByte(']')
	return nil
}

func (c *converter) mapping(n *yaml.Node, depth int) error {
	var pairs []*yaml.Node
	seen := map[string]bool{}
	if err := c.pairs(n, depth, seen, &pairs); err != nil {
		return err
	}
	c.out.WriteByte('{')
	for i := 0; i < len(pairs); i += 2 {
		if i > 0 {
			c.out.WriteByte(',')
		}
		if err := c.text(pairs[i].Value); err != nil {
			return err
		}
		c.out.WriteByte(':')
		if err := c.write(pairs[i+1], depth+1); err != nil {
			return err
		}
	}
	c.out.WriteByte('}')
	return nil
}

// pairs gathers the keys and values of a mapping, those of merge keys (<<) after
// its own. The first of equal keys counts.
func (c *converter) pairs(n *yaml.Node, depth int, seen map[string]bool, out *[]*yaml.Node) error {
	if depth > MaxDepth {
		return errTooDeep
	}
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if c.nodes++; c.nodes > MaxNodes {
			return errTooMany
		}
		if k.Kind == yaml.AliasNode {
			k = k.Alias
		}
		if k.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: a key that is no scalar", k.Line)
		}
		if k.ShortTag() == "!!merge" {
			merged = append(merged, v)
			continue
		}
		if !seen[k.Value] {
			seen[k.Value] = true
			*out = append(*out, k, v)
		}
	}
	for _, m := range merged {
		if m.Kind == yaml.AliasNode {
			m = m.Alias
		}
		list := []*yaml.Node{m}
		if m.Kind == yaml.SequenceNode {
			list = m.Content
		}
		for _, e := range list {
			if e.Kind == yaml.AliasNode {
				e = e.Alias
			}
			if e.Kind != yaml.MappingNode {
				return fmt.Errorf("line %d: a merge of what is no mapping", e.Line)
			}
			if err := c.pairs(e, depth+1, seen, out); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *converter) scalar(n *yaml.Node) error {
	switch n.ShortTag() {
	case "!!null":
		c.out.WriteString("null")
		return nil
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			c.out.WriteString(strconv.FormatBool(b))
			return nil
		}
	case "!!int", "!!float":
		if json.Valid([]byte(n.Value)) {
			c.out.WriteString(n.Value)
			return nil
		}
		var f float64
		if n.Decode(&f) == nil && !math.IsNaN(f) && !math.IsInf(f, 0) {
			c.out.Write(strconv.AppendFloat(nil, f, 'g', -1, 64))
			return nil
		}
	}
	return c.text(n.Value)
}

func (c *converter) text(s string) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	c.out.Write(b)
	return nil
}
