package shape

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// kindNames are the keys of Node.Kinds in JSON.
var kindNames = [numKinds]string{"null", "bool", "integer", "number", "string", "object", "array"}

// String returns the kind's name.
func (k Kind) String() string {
	if k >= numKinds {
		return "invalid"
	}
	return kindNames[k]
}

// MarshalJSON writes the form described in the package documentation. The same
// shape always gives the same bytes.
func (n *Node) MarshalJSON() ([]byte, error) { return n.AppendJSON(nil), nil }

// AppendJSON appends the JSON form of n to dst.
func (n *Node) AppendJSON(dst []byte) []byte {
	if n == nil {
		return append(dst, "null"...)
	}
	return append(n.appendMembers(append(dst, '{')), '}')
}

// member appends a comma where one is needed, and a key that needs no escapes.
func member(dst []byte, key string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, '"')
	dst = append(dst, key...)
	return append(dst, '"', ':')
}

func (n *Node) appendMembers(dst []byte) []byte {
	for k, c := range n.Kinds {
		if c > 0 {
			dst = strconv.AppendUint(member(dst, kindNames[k]), c, 10)
		}
	}
	if n.Str != nil {
		dst = n.Str.append(dst)
	}
	if n.Num != nil {
		dst = n.Num.append(dst)
	}
	if n.Kinds[Array] > 0 {
		dst = n.Lens.append(member(dst, "lens"))
	}
	if n.Tuple != 0 {
		dst = append(member(dst, "tuple"), '[')
		for i := range n.Lens.Max {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = strconv.AppendUint(dst, n.Tuple>>(8*i)&0xff, 10)
		}
		dst = append(dst, ']')
	}
	if n.Items != nil {
		dst = n.Items.AppendJSON(member(dst, "items"))
	}
	if n.Props != nil {
		dst = append(member(dst, "props"), '{')
		for _, p := range n.Props {
			if dst[len(dst)-1] != '{' {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, p.Name), ':', '{')
			if p.Seen != p.Node.Total() {
				dst = strconv.AppendUint(member(dst, "seen"), p.Seen, 10)
			}
			dst = append(p.Node.appendMembers(dst), '}')
		}
		dst = append(dst, '}')
	}
	if n.Cases != nil {
		dst = n.appendCases(dst)
	}
	if n.Extra != nil {
		dst = n.Extra.AppendJSON(member(dst, "extra"))
	}
	if n.Truncated {
		dst = append(member(dst, "truncated"), "true"...)
	}
	return dst
}

func (n *Node) appendCases(dst []byte) []byte {
	dst = append(member(dst, "cases"), '[')
	for i, c := range n.Cases {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(member(append(dst, '{'), "by"), n.Props[c.By].Name)
		dst = append(appendHex(append(member(dst, "token"), '"'), c.Token), '"')
		dst = strconv.AppendUint(member(dst, "objects"), c.Count, 10)
		dst = append(strconv.AppendUint(append(member(dst, "some"), '"'), c.Some, 16), '"')
		dst = append(strconv.AppendUint(append(member(dst, "lack"), '"'), c.Lack, 16), '"', '}')
	}
	return append(dst, ']')
}

func (r Range) append(dst []byte) []byte {
	dst = strconv.AppendUint(append(dst, '['), r.Min, 10)
	return append(strconv.AppendUint(append(dst, ','), r.Max, 10), ']')
}

func (s *Strings) append(dst []byte) []byte {
	dst = s.Len.append(member(dst, "len"))
	open := false
	for f, c := range s.Formats.All() {
		if f == None {
			continue
		}
		if !open {
			dst, open = append(member(dst, "formats"), '{'), true
		}
		dst = strconv.AppendUint(member(dst, formatNames[f]), c, 10)
	}
	if open {
		dst = append(dst, '}')
	}
	if len(s.Tokens) > 0 {
		dst = append(member(dst, "tokens"), '[')
		for i, t := range s.Tokens {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendHex(append(dst, '"'), t)
			dst = append(dst, '"')
		}
		dst = append(dst, ']')
	}
	if !s.TokensFull {
		dst = append(member(dst, "words"), "true"...)
	}
	if s.Class != "" {
		dst = appendString(member(dst, "class"), s.Class)
	}
	return dst
}

func (v *Numbers) append(dst []byte) []byte {
	if v.Negative > 0 {
		dst = strconv.AppendUint(member(dst, "negative"), v.Negative, 10)
	}
	if v.Zero > 0 {
		dst = strconv.AppendUint(member(dst, "zero"), v.Zero, 10)
	}
	if v.MaxBits > 0 {
		dst = strconv.AppendUint(member(dst, "bits"), uint64(v.MaxBits), 10)
	}
	if v.Decimals > 0 {
		dst = strconv.AppendUint(member(dst, "decimals"), uint64(v.Decimals), 10)
	}
	if v.Class != "" {
		dst = appendString(member(dst, "number_class"), v.Class)
	}
	return dst
}

func appendHex(dst []byte, v uint64) []byte {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, digits[v>>uint(shift)&15])
	}
	return dst
}

// appendString appends s as a JSON string; what is not UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == 0x2028 || r == 0x2029 {
				dst = append(dst, `\u202`...)
				dst = append(dst, byte('8'+r-0x2028))
			} else {
				dst = utf8.AppendRune(dst, r)
			}
			i += n
			continue
		}
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ' || c == 0x7f || c == '<' || c == '>' || c == '&':
			dst = append(dst, `\u00`...)
			dst = append(dst, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		default:
			dst = append(dst, c)
		}
		i++
	}
	return append(dst, '"')
}

// wire is the JSON form of a Node.
type wire struct {
	Null, Bool, Integer, Number, String, Object, Array uint64

	Len         [2]uint64         `json:"len"`
	Formats     map[string]uint64 `json:"formats"`
	Tokens      []string          `json:"tokens"`
	Words       bool              `json:"words"`
	Class       string            `json:"class"`
	Negative    uint64            `json:"negative"`
	Zero        uint64            `json:"zero"`
	Bits        uint8             `json:"bits"`
	Decimals    uint8             `json:"decimals"`
	NumberClass string            `json:"number_class"`
	Lens        [2]uint64         `json:"lens"`
	Tuple       []uint8           `json:"tuple"`
	Cases       []wireCase        `json:"cases"`
	Items       *wire             `json:"items"`
	Props       map[string]*wire  `json:"props"`
	Extra       *wire             `json:"extra"`
	Truncated   bool              `json:"truncated"`
	Seen        *uint64           `json:"seen"`
}

// wireCase is the JSON form of a Case.
type wireCase struct {
	By, Token, Some, Lack string
	Objects               uint64
}

// errForm is returned for JSON that is no Node.
var errForm = errors.New("shape: not the JSON form of a shape")

// UnmarshalJSON reads what MarshalJSON writes. It fails on unknown formats,
// tokens that are not hexadecimal, and nesting beyond the limits.
func (n *Node) UnmarshalJSON(b []byte) error {
	var w wire
	if err := json.Unmarshal(b, &w); err != nil {
		return fmt.Errorf("decode shape: %w", err)
	}
	m, err := w.node(0)
	if err != nil {
		return err
	}
	*n = *m
	return nil
}

func (w *wire) node(depth int) (*Node, error) {
	if w == nil {
		return nil, nil
	}
	if depth > 2*MaxDepth || len(w.Props) > MaxProps {
		return nil, errForm
	}
	n := &Node{
		Kinds: [numKinds]uint64{w.Null, w.Bool, w.Integer, w.Number, w.String, w.Object, w.Array},
		Lens:  Range{w.Lens[0], w.Lens[1]}, Truncated: w.Truncated,
	}
	if w.String > 0 {
		s, err := w.strings()
		if err != nil {
			return nil, err
		}
		n.Str = s
	}
	if w.Integer > 0 || w.Number > 0 {
		n.Num = &Numbers{Negative: w.Negative, Zero: w.Zero, MaxBits: w.Bits, Decimals: w.Decimals, Class: w.NumberClass}
	}
	var err error
	if n.Items, err = w.Items.node(depth + 1); err != nil {
		return nil, err
	}
	if n.Extra, err = w.Extra.node(depth + 1); err != nil {
		return nil, err
	}
	if err := w.props(n, depth); err != nil {
		return nil, err
	}
	return n, w.told(n)
}

// told sets what tells elements and objects apart.
func (w *wire) told(n *Node) error {
	if w.Tuple != nil {
		var v uint64
		for i, k := range w.Tuple {
			v |= uint64(k) << (8 * i)
		}
		if len(w.Tuple) > MaxTuple || n.Kinds[Array] == 0 || !n.ReadTuple(v) {
			return errForm
		}
	}
	var cs []Case
	for _, c := range w.Cases {
		by := slices.IndexFunc(n.Props, func(p Prop) bool { return p.Name == c.By })
		token, err1 := strconv.ParseUint(c.Token, 16, 64)
		some, err2 := strconv.ParseUint(c.Some, 16, 64)
		lack, err3 := strconv.ParseUint(c.Lack, 16, 64)
		if by < 0 || by >= MaxCaseProps || errors.Join(err1, err2, err3) != nil {
			return errForm
		}
		cs = append(cs, Case{By: uint8(by), Token: token, Count: c.Objects, Some: some, Lack: lack})
	}
	if cs != nil && !n.ReadCases(cs) {
		return errForm
	}
	return nil
}

func (w *wire) props(n *Node, depth int) error {
	for name, pw := range w.Props {
		if pw == nil {
			return errForm
		}
		c, err := pw.node(depth + 1)
		if err != nil {
			return err
		}
		p := Prop{Name: name, Node: c, Seen: c.Total()}
		if pw.Seen != nil {
			p.Seen = *pw.Seen
		}
		n.Props = append(n.Props, p)
	}
	slices.SortFunc(n.Props, func(a, b Prop) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

func (w *wire) strings() (*Strings, error) {
	s := &Strings{Len: Range{w.Len[0], w.Len[1]}, TokensFull: !w.Words, Class: w.Class}
	rest := w.String
	for name, c := range w.Formats {
		f := slices.Index(formatNames[:], name)
		if f <= 0 || c > rest {
			return nil, errForm
		}
		s.Formats.Add(Format(f), c)
		rest -= c
	}
	s.Formats.Add(None, rest)
	if len(w.Tokens) > MaxTokens {
		return nil, errForm
	}
	for _, t := range w.Tokens {
		v, err := strconv.ParseUint(t, 16, 64)
		if err != nil {
			return nil, errForm
		}
		s.Tokens = append(s.Tokens, v)
	}
	slices.Sort(s.Tokens)
	return s, nil
}
