package template

import (
	"math"
	"strings"
)

// context is what stands around the children of a place.
type context struct {
	base    bool
	parents int    // nodes of the place that have children
	before  string // the literal before, "" when it is a parameter or the root
	param   bool   // the place is a parameter
	depth   int
	words   int            // children that are words
	seen    int            // of parents they came up below, each
	once    int            // of them called once
	truths  bool           // true and false are both children
	files   bool           // of the dotted names are those of files
	heads   map[string]int // dotted names by what stands before the first dot
}

func (d *decider) context(p *Place, above []*Place, base bool) context {
	ctx := context{base: base, param: p.Segment.Param, before: p.Segment.Literal, depth: len(above)}
	if n := len(above); n > 2 && Classify(ctx.before) == Version && !above[n-2].Segment.Param {
		ctx.before = above[n-2].Segment.Literal // /books/v1/{title}
	}
	for _, n := range p.Nodes {
		if len(n.Children) > 0 {
			ctx.parents++
		}
	}
	return ctx
}

// form is the log-odds that a child is a value, from all that needs no comparison.
func (d *decider) form(c *child, ctx context) float64 {
	u := &c.parts
	*u = [numParts]float64{}
	switch {
	case c.by != nil && c.literal:
		u[byOverride] = -1000
		return -1000
	case c.by != nil:
		u[byOverride] = 1000
	case c.literal:
		u[byDeclared] = -1000
		return -1000
	case c.declared:
		u[byDeclared] = 8
	}
	if c.rest {
		u[byClass] = 9
		if c.class.Strong() {
			u[byClass] = 20
		}
		return c.sum()
	}
	u[byClass], u[byEcho] = d.classOdds(c, ctx), echoOdds(c)
	switch {
	case ctx.param:
		u[byBefore] = -1
	case ctx.before != "" && plural(ctx.before) && !ctx.base:
		u[byBefore] = 0.8
	case ctx.depth == 1 || Classify(ctx.before) == Version || ctx.before == "api":
		u[byBefore] = -1.5
	}
	if !c.class.Strong() {
		d.wordForm(c, ctx)
	}
	return c.sum()
}

// wordForm is the part of form that only words have.
func (d *decider) wordForm(c *child, ctx context) {
	u := &c.parts
	if d.pass > 0 {
		v, l := float64(d.values[c.stem]), float64(d.places[c.text])
		if c.nodes[0].value {
			v--
		} else if l > 0 {
			l--
		}
		u[byElsewhere] = max(-2.5, min(3, 1.3*math.Log((v+0.4)/(l+0.4))))
	}
	if c.parents > 1 {
		u[byRecurrence] = -0.9 * math.Log(float64(c.parents))
	} else if ctx.parents > 8 {
		u[byRecurrence] = 0.7
	}
	if c.parents == 1 && ctx.parents > 2 && ctx.words > 2 && 4*ctx.seen <= 5*ctx.words {
		u[byRecurrence] = max(u[byRecurrence], min(1.5, 0.5*math.Log2(float64(ctx.words))))
	}
	if c.around.Suffix != "" && c.around.Suffix[0] == ':' && !c.alone && ctx.words > 2 {
		u[byVerb] = 1.5
	}
	if ctx.truths && truth(c.stem) {
		u[byClass] += 6
	}
	if c.class == Dotted && ctx.files {
		u[byClass] += 3
	}
	if ctx.words > 8 && c.calls*4 < d.usual {
		u[byCalls] = 0.35 * math.Log(float64(ctx.words)/8)
	}
	if d.usual > 0 {
		often := max(-2, min(2.5, 0.8*math.Log(d.usual*0.15/c.calls)))
		if c.calls < 2 {
			often = max(0, often) // of an operation that is called once nobody knows how often it is called
			if ctx.words >= manyWords && 2*ctx.once >= ctx.words && d.usual >= usualCalls && c.ordinary() {
				often = max(often, onceOdds)
			}
		}
		u[byCalls] += often
	}
}

// sum is the log-odds of what needs no comparison.
func (c *child) sum() float64 {
	u := 0.0
	for _, x := range c.parts[:byCompany] {
		u += x
	}
	return u
}

func (d *decider) classOdds(c *child, ctx context) float64 {
	switch c.class {
	case Masked:
		return 30
	case UUID:
		return 14
	case Hex, Token:
		return 9
	case Email, IP:
		return 8
	case Date:
		return 5
	case Int:
		if ctx.before == "" && !ctx.param && len(c.stem) < 3 {
			return 1
		}
		return 6
	case Number:
		return 5
	case Version:
		if ctx.depth <= 3 && !plural(ctx.before) {
			return -5
		}
		return 1
	}
	if strings.Trim(c.text, "-._~") == "" {
		return -6 // a mark that sets routes apart from names: /-/ready
	}
	switch c.class {
	case Other:
		if strings.HasPrefix(c.stem, "@") {
			return 0.5
		}
		if stem, suf := cutSuffix(c.stem); suf != "" && Classify(stem) == Word {
			return d.wordOdds(stem) - 1
		}
		return 3.5
	}
	c.made = d.style.odds(count(c.stem))
	u := d.wordOdds(c.stem)
	if head, _, dotted := strings.Cut(c.stem, "."); dotted && ctx.heads[head] > 1 {
		u -= 2 // one name with several endings: methods of an object
	}
	return u
}

func (d *decider) wordOdds(s string) float64 {
	c := count(s)
	u := -1.5
	switch {
	case c.humps > 0 && c.upper <= c.humps+1 && c.dash+c.under == 0:
		u -= humped
	case c.humps > 0:
		u -= 0.7
	}
	if plural(s) {
		u -= 0.8
	}
	switch {
	case c.digit == 1 && c.n < 5 && c.upper == 0:
		u += 0.6 // h5, s3, oauth2: names have digits too
	case c.digit > 0:
		u += 1.8
	}
	if c.dot > 0 {
		u += 0.8
		if hostName(s) {
			u += 3
		}
	}
	if c.upper > 1 && c.under+c.dash > 0 && c.lower > 0 {
		u++
	}
	if routeWords[strings.ToLower(s)] {
		u -= 2.5
	}
	if verbal(s) {
		u -= 1.5
	}
	return u + d.style.odds(c)
}

func echoOdds(c *child) float64 {
	var self, other uint64
	for _, n := range c.nodes {
		self += n.Self
		other |= n.Elsewhere
	}
	switch {
	case self > 0:
		return 4
	case other > 0:
		return 2.5
	}
	return 0
}

// truth: the segment is a Boolean.
func truth(s string) bool { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }

// fileEndings counts the kinds of files that names end in, of those that people keep, rather than programs answer in.
func fileEndings(kids []*child) int {
	kinds := map[string]bool{}
	for _, c := range kids {
		if c.class != Dotted {
			continue
		}
		switch e := strings.ToLower(c.stem[strings.LastIndexByte(c.stem, '.')+1:]); e {
		case "txt", "md", "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "rtf", "csv", "tsv", "zip", "gz", "tar", "tgz", "rar", "7z", "jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "svg", "webp",
			"mp3", "mp4", "wav", "ogg", "avi", "mov", "webm", "log", "bak", "ini", "cfg", "conf", "bin", "exe", "iso", "dat", "db", "sql", "xml", "html", "yaml", "yml", "json":
			kinds[e] = true
		}
	}
	return len(kinds)
}

// hostName: labels with dots between, the last one of the usual top-level domains that is no
// extension of a file and no word of routes.
func hostName(s string) bool {
	switch s[strings.LastIndexByte(s, '.')+1:] {
	case "com", "org", "net", "edu", "gov", "io", "eu", "uk", "de", "fr", "nl", "it", "es", "ch", "at", "be", "se", "no", "fi", "dk", "pt", "ca", "us", "au", "jp", "cn", "br", "kr", "local", "internal", "localhost":
		return s[0] != '.' && !strings.ContainsAny(s, "_:")
	}
	return false
}

// plural: a plain English plural.
func plural(s string) bool {
	n := len(s)
	if n < 4 || s[n-1] != 's' {
		return false
	}
	return s[n-2] != 's' && s[n-2] != 'u' && s[n-2] != 'i'
}

// verbal: a verb and its object, or a way of finding.
func verbal(s string) bool {
	for _, v := range [...]string{"get", "set", "list", "create", "update", "delete", "remove", "find", "search", "add", "by", "is", "check", "send"} {
		if len(s) > len(v) && strings.HasPrefix(s, v) {
			if b := s[len(v)]; b == '-' || b == '_' || b == '.' || b >= 'A' && b <= 'Z' {
				return true
			}
		}
	}
	return false
}

// routeWords are words that are literals nearly everywhere.
var routeWords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`search me self current login logout signin signup register count status health
		batch bulk export import upload download settings config configuration preferences summary stats statistics
		latest all new edit list query validate verify confirm cancel refresh reset activate deactivate enable disable
		start stop restart pause resume approve reject publish unpublish archive restore metadata info version ping
		token authorize callback webhook test preview default history audit attach detach follow rename merge move copy
		clone sync retry revoke rotate lock unlock close open reopen subscribe unsubscribe invite accept decline complete
		json html xml csv api rest graphql rpc admin internal public private`) {
		m[w] = true
	}
	return m
}()

// What the letters of a word say.
const (
	humped   = 1.7 // against a value, of capitals that each start a word: saveDraft
	capsOdds = 2.0 // for a value, of capitals only where literals have others: NFLX, IN_PROGRESS
)

// Where most of so many words are called once, while operations are called some times, they are few of many.
const (
	manyWords  = 6
	usualCalls = 2.5
	onceOdds   = 1.5
)

// caps: three capitals or more, and no small letter.
func (c chars) caps() bool { return c.upper > 2 && c.lower == 0 }

// style is how the literals and the values of a service are written.
type style struct {
	literals, values                                     float64
	dashL, dashV, underL, underV                         float64
	dotL, dotV, humpL, humpV, upperL, upperV, digL, digV float64
	capsL                                                float64 // literals without a lower-case letter
}

func (s *style) add(p *Place) {
	if !p.Segment.Param && !p.sure {
		return
	}
	seen := map[string]bool{}
	for _, n := range p.Nodes {
		if n.Class > Dotted || n.Rest || seen[n.Text] || len(seen) > 30 {
			continue
		}
		seen[n.Text] = true
		c := count(n.Text)
		if p.Segment.Param {
			s.values++
			bump(&s.dashV, c.dash)
			bump(&s.underV, c.under)
			bump(&s.humpV, c.humps)
			bump(&s.dotV, c.dot)
			bump(&s.upperV, c.upper)
			bump(&s.digV, c.digit)
			continue
		}
		s.literals++
		bump(&s.dashL, c.dash)
		bump(&s.underL, c.under)
		bump(&s.humpL, c.humps)
		bump(&s.dotL, c.dot)
		bump(&s.upperL, c.upper)
		bump(&s.digL, c.digit)
		if c.caps() {
			s.capsL++
		}
	}
}

func bump(f *float64, n int) {
	if n > 0 {
		*f++
	}
}

// odds says what a word's make says after what the service's are like.
func (s *style) odds(c chars) float64 {
	if s.literals < 5 {
		return 0
	}
	u := 0.0
	if c.caps() && 10*s.capsL < s.literals {
		u += capsOdds
	}
	for _, x := range [...]struct {
		has  bool
		l, v float64
	}{{c.dash > 0, s.dashL, s.dashV}, {c.under > 0, s.underL, s.underV}, {c.humps > 0, s.humpL, s.humpV}, {c.dot > 0, s.dotL, s.dotV}, {c.upper > 0, s.upperL, s.upperV}, {c.digit > 0, s.digL, s.digV}} {
		l, v := (x.l+1)/(s.literals+5), (x.v+2)/(s.values+8)
		if !x.has {
			l, v = 1-l, 1-v
		}
		u += max(-2, min(2, math.Log(v/l)))
	}
	return max(-3, min(3, u))
}
