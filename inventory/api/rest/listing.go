package rest

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"wirecensus/schemas"
)

// listing says how a list is ordered and where a page begins.
type listing[T any] struct {
	id   func(*T) string            // unique
	keys map[string]func(*T) string // by name of the sort; keys compare as text
}

// count makes a number a key.
func count[N ~int | ~uint64](n N) string { return fmt.Sprintf("%020d", n) }

func moment(t schemas.Time) string { return count(uint64(max(t, 0))) }

// page returns the items from the cursor on, in the order that the request wants.
// An item that came or went in the meantime moves no other to another page.
func (l listing[T]) page(r *request, items []T, version string) (*answer, error) {
	sort := r.text("sort")
	name, down := strings.CutPrefix(sort, "-")
	type place struct {
		key, id string
		item    *T
	}
	places := make([]place, len(items))
	for i := range items {
		p := place{id: l.id(&items[i]), item: &items[i]}
		if key := l.keys[name]; key != nil {
			p.key = key(p.item)
		}
		places[i] = p
	}
	order := func(a, b place) int {
		c := cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.id, b.id))
		if down {
			return -c
		}
		return c
	}
	slices.SortFunc(places, order)
	from, err := cursorOf(r.text("cursor"), sort)
	if err != nil {
		return nil, err
	}
	out := List[T]{Items: []T{}, Total: len(items), Version: version}
	start := 0
	if from != nil {
		start, _ = slices.BinarySearchFunc(places, place{key: from[0], id: from[1]}, order)
		if start < len(places) && places[start].id == from[1] {
			start++
		}
	}
	places = places[start:]
	limit := r.number("limit")
	if len(places) > limit {
		last := places[limit-1]
		out.Next = cursor(sort, last.key, last.id)
		places = places[:limit]
	}
	for _, p := range places {
		out.Items = append(out.Items, *p.item)
	}
	a, err := jsonAnswer(out)
	if err == nil && out.Next != "" {
		q := r.query
		q.Set("cursor", out.Next)
		a.header = http.Header{"Link": {"<" + r.URL.EscapedPath() + "?" + q.Encode() + `>; rel="next"`}}
	}
	return a, err
}

// cursor names a place in an order.
func cursor(parts ...string) string {
	for i, p := range parts {
		parts[i] = base64.RawURLEncoding.EncodeToString([]byte(p))
	}
	return strings.Join(parts, ".")
}

// cursorOf returns key and id of the last item before a page; nil for the first page.
func cursorOf(text, sort string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	parts := strings.Split(text, ".")
	for i, p := range parts {
		b, err := base64.RawURLEncoding.DecodeString(p)
		if err != nil {
			parts = nil
			break
		}
		parts[i] = string(b)
	}
	if len(parts) != 3 || parts[0] != sort {
		return nil, problem(http.StatusBadRequest, "take cursor from next of the page before, and keep sort as it was", "query parameter cursor: %s", quoted(text))
	}
	return parts[1:], nil
}

// oneOf reports whether a filter lets a value pass; an empty filter lets all.
func oneOf(filter []string, value string) bool {
	return len(filter) == 0 || slices.Contains(filter, value)
}

// words reports whether all words of a filter are in one of the texts, in any case.
func words(filter string, texts ...string) bool {
	all := strings.ToLower(strings.Join(texts, "\n"))
	for w := range strings.FieldsSeq(strings.ToLower(filter)) {
		if !strings.Contains(all, w) {
			return false
		}
	}
	return true
}

// keep returns the items that pass.
func keep[T any](items []T, pass func(*T) bool) []T {
	var out []T
	for i := range items {
		if pass(&items[i]) {
			out = append(out, items[i])
		}
	}
	return out
}
