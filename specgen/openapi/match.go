package openapi

import (
	"net/url"
	"sort"
	"strings"
)

// trie finds the operations of a path. Every node is one segment; a final slash
// is an empty last segment, so /a and /a/ are two paths.
type trie struct {
	literal  map[string]*trie
	patterns []*pattern // segments with literal and variable parts, most literal text first
	param    *trie
	ops      map[string]*Operation // by method
}

// pattern is a segment such as {sid}.json: literals around parameters.
type pattern struct {
	parts []string // literal text before, between and after the parameters
	next  *trie
}

// indexes builds one trie for every base path and one, "*", for all.
func indexes(ops []*Operation) map[string]*trie {
	out := map[string]*trie{"*": {}}
	for _, o := range ops {
		if out[o.Base] == nil {
			out[o.Base] = &trie{}
		}
		out[o.Base].add(o)
		out["*"].add(o)
	}
	return out
}

func (t *trie) add(o *Operation) {
	for _, seg := range strings.Split(strings.TrimPrefix(o.Template, "/"), "/") {
		t = t.child(seg)
	}
	if t.ops == nil {
		t.ops = map[string]*Operation{}
	}
	if t.ops[o.Method] == nil {
		t.ops[o.Method] = o
	}
}

func (t *trie) child(seg string) *trie {
	parts := splitSegment(seg)
	switch {
	case len(parts) == 1:
		if t.literal == nil {
			t.literal = map[string]*trie{}
		}
		if t.literal[seg] == nil {
			t.literal[seg] = &trie{}
		}
		return t.literal[seg]
	case len(parts) == 2 && parts[0] == "" && parts[1] == "":
		if t.param == nil {
			t.param = &trie{}
		}
		return t.param
	}
	for _, p := range t.patterns {
		if strings.Join(p.parts, "{}") == strings.Join(parts, "{}") {
			return p.next
		}
	}
	p := &pattern{parts: parts, next: &trie{}}
	t.patterns = append(t.patterns, p)
	sort.SliceStable(t.patterns, func(i, j int) bool { return t.patterns[i].weight() > t.patterns[j].weight() })
	return p.next
}

func (p *pattern) weight() int { return len(strings.Join(p.parts, "")) }

// splitSegment returns the literal texts around the parameters of a segment: one
// text when it has none.
func splitSegment(seg string) []string {
	var parts []string
	for {
		open := strings.IndexByte(seg, '{')
		if open < 0 {
			break
		}
		end := strings.IndexByte(seg[open:], '}')
		if end < 0 {
			break
		}
		parts = append(parts, seg[:open])
		seg = seg[open+end+1:]
	}
	return append(parts, seg)
}

// matches says whether a text has the literals in order with something between.
func (p *pattern) matches(text string) bool {
	if !strings.HasPrefix(text, p.parts[0]) {
		return false
	}
	text = text[len(p.parts[0]):]
	for i, part := range p.parts[1:] {
		if i == len(p.parts)-2 {
			return len(text) > len(part) && strings.HasSuffix(text, part)
		}
		if text == "" {
			return false
		}
		n := strings.Index(text[1:], part)
		if n < 0 {
			return false
		}
		text = text[1+n+len(part):]
	}
	return true
}

// Match returns the operation of a concrete path, nil when there is none.
// Literal segments are preferred to parameters, where both have the method.
func (d *Document) Match(method, path string) *Operation { return d.MatchAt("*", method, path) }

// MatchAt is Match among the operations of one base path.
func (d *Document) MatchAt(base, method, path string) *Operation {
	return d.index[base].find(cut(path), false, method)
}

// MatchTemplate returns the operation that an observed template stands for, nil
// when there is none: parameters match parameters whatever their names, and an
// observed literal may be a value of a declared parameter.
func (d *Document) MatchTemplate(base, method, template string) *Operation {
	return d.index[base].find(cut(template), true, method)
}

// Methods returns the methods that are declared for an observed template, sorted.
func (d *Document) Methods(base, template string) []string {
	found := map[string]bool{}
	d.index[base].walk(cut(template), true, func(t *trie) bool {
		for m := range t.ops {
			found[m] = true
		}
		return false
	})
	return sortedKeys(found)
}

func cut(path string) string {
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		path = path[:i]
	}
	return strings.TrimPrefix(path, "/")
}

func (t *trie) find(path string, template bool, method string) (op *Operation) {
	t.walk(path, template, func(t *trie) bool {
		op = t.ops[method]
		return op != nil
	})
	return op
}

// walk visits the nodes that a path without its first slash leads to, best
// first, until one is taken. The path is fixed, so every node of the trie is
// visited at most once.
func (t *trie) walk(path string, template bool, take func(*trie) bool) bool {
	if t == nil {
		return false
	}
	seg, rest, more := strings.Cut(path, "/")
	step := func(next *trie) bool {
		if next == nil {
			return false
		}
		if more {
			return next.walk(rest, template, take)
		}
		return take(next)
	}
	if template && strings.IndexByte(seg, '{') >= 0 {
		if parts := splitSegment(seg); len(parts) > 1 {
			return t.walkSlot(parts, step)
		}
	}
	if step(t.literal[seg]) {
		return true
	}
	text := seg
	if strings.IndexByte(seg, '%') >= 0 {
		if u, err := url.PathUnescape(seg); err == nil && u != seg {
			text = u
			if step(t.literal[text]) {
				return true
			}
		}
	}
	for _, p := range t.patterns {
		if p.matches(text) && step(p.next) {
			return true
		}
	}
	return text != "" && step(t.param)
}

// walkSlot goes on below a segment with parameters: a declared segment with the
// same literals, else a whole parameter.
func (t *trie) walkSlot(parts []string, step func(*trie) bool) bool {
	whole := len(parts) == 2 && parts[0] == "" && parts[1] == ""
	for _, p := range t.patterns {
		if !whole && strings.Join(p.parts, "{}") == strings.Join(parts, "{}") && step(p.next) {
			return true
		}
	}
	return step(t.param)
}
