package template

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"
)

// plant makes a tree from lines "METHOD path [keys]": calls that succeeded, with
// the names in the answer.
func plant(lines []string) *Node {
	root := &Node{}
	for _, line := range lines {
		f := strings.Fields(line)
		n := root
		for _, seg := range strings.Split(strings.Trim(f[1], "/"), "/") {
			n = n.sprout(seg)
		}
		n.count(f[0], f[2:])
	}
	root.tidy()
	return root
}

func (n *Node) sprout(seg string) *Node {
	for _, c := range n.Children {
		if c.Text == seg {
			return c
		}
	}
	c := &Node{Text: seg, Class: Classify(seg)}
	n.Children = append(n.Children, c)
	return c
}

func (n *Node) count(method string, keys []string) {
	for i := range n.Ops {
		if n.Ops[i].Method == method {
			n.Ops[i].Calls++
			return
		}
	}
	o := Op{Method: method, Calls: 1}
	for _, k := range keys {
		o.Keys = append(o.Keys, Key{ID: hash(seed, k), Rate: 1})
	}
	sort.Slice(o.Keys, func(i, j int) bool { return o.Keys[i].ID < o.Keys[j].ID })
	n.Ops = append(n.Ops, o)
}

func (n *Node) tidy() {
	sort.Slice(n.Children, func(i, j int) bool { return n.Children[i].Text < n.Children[j].Text })
	sort.Slice(n.Ops, func(i, j int) bool { return n.Ops[i].Method < n.Ops[j].Method })
	for _, c := range n.Children {
		c.tidy()
	}
}

// templates lists what was decided.
func templates(p *Place) []string {
	var out []string
	var walk func(p *Place, at string)
	walk = func(p *Place, at string) {
		methods := map[string]bool{}
		for _, n := range p.Nodes {
			for _, o := range n.Ops {
				methods[o.Method] = true
			}
		}
		for m := range methods {
			out = append(out, m+" "+at)
		}
		for _, c := range p.Children {
			s := c.Segment
			if !s.Param {
				walk(c, at+"/"+s.Literal)
				continue
			}
			text := s.Prefix + "{}"
			for _, sep := range s.Separators() {
				text += sep + "{}"
			}
			walk(c, at+"/"+text+s.Suffix)
		}
	}
	walk(p, "")
	sort.Strings(out)
	return out
}

// each makes one line for each value in place of *.
func each(pattern string, values ...string) []string {
	var out []string
	for _, v := range values {
		out = append(out, strings.ReplaceAll(pattern, "*", v))
	}
	return out
}

func lines(groups ...[]string) []string {
	var out []string
	for _, g := range groups {
		out = append(out, g...)
	}
	return out
}

func times(n int, line string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = line
	}
	return out
}

var people = []string{"alice", "bob-smith", "carol", "dave77", "erin", "frank", "grace", "heidi"}

func cases() []struct {
	name  string
	calls []string
	want  string
} {
	return []struct {
		name  string
		calls []string
		want  string
	}{
		{"numbers beside words", lines(each("GET /users/* id name mail", "1", "17", "42"), times(9, "GET /users/me id name roles"), times(9, "GET /users users")),
			"GET /users, GET /users/me, GET /users/{}"},
		{"a version that is a number", lines(each("GET /1/boards/* id title", "5f1a2b3c4d5e6f7a8b9c0d1e", "5f1a2b3c4d5e6f7a8b9c0d1f"), times(5, "GET /1/members/me id")),
			"GET /1/boards/{}, GET /1/members/me"},
		{"names", lines(each("GET /profiles/* name bio image", people...), each("POST /profiles/*/follow name", people[:5]...), times(20, "POST /login token")),
			"GET /profiles/{}, POST /login, POST /profiles/{}/follow"},
		{"owners and repositories", repositories(),
			"GET /repos/search, GET /repos/{}/{}/issues, GET /repos/{}/{}/issues/{}, GET /repos/{}/{}/pulls, POST /repos/{}/{}/forks"},
		{"methods of a remote procedure call", lines(times(9, "POST /api/users.list ok members"), times(9, "POST /api/users.info ok user"), times(9, "POST /api/chat.postMessage ok ts"), times(9, "POST /api/chat.update ok text")),
			"POST /api/chat.postMessage, POST /api/chat.update, POST /api/users.info, POST /api/users.list"},
		{"a suffix on every value", lines(each("GET /calls/*.json sid to from", "CA0123456789abcdef0123456789abcdef", "CA1123456789abcdef0123456789abcdee", "CA2123456789abcdef0123456789abcdef"), times(6, "GET /calls.json calls page")),
			"GET /calls.json, GET /calls/{}.json"},
		{"verbs after a colon", lines(each("POST /values/*:append range", "Sheet1!A1", "Sheet1!B2", "Sheet2!C3"), each("POST /values/*:clear range", "Sheet1!A1", "Sheet2!D4"), each("GET /values/* values", "Sheet1!A1", "Sheet2!B7")),
			"GET /values/{}, POST /values/{}:append, POST /values/{}:clear"},
		{"two values in a segment", lines(each("GET /compare/* commits files", "main...dev", "v1...v2", "a...b")),
			"GET /compare/{}...{}"},
		{"coordinates", lines(each("GET /near/* stops", "52.5200,13.4050", "-33.86,151.20", "48.1,-11.5")),
			"GET /near/{},{}"},
		{"three values in a segment", lines(each("GET /readings/* celsius", "7,2024-01-15,3f2a9c1b7d", "12,2024-02-29,9b7d3f2a9c", "31,2024-03-01,0a1b2c3d4e")),
			"GET /readings/{},{},{}"},
		{"values between dashes", lines(each("GET /prices/* amount", "7-0c9f1e2d3b4a-2024", "12-9b7d3f2a9c1e-2023", "31-0a1b2c3d4e5f-2022", "8-7c6b5a4f3e2d-2021")),
			"GET /prices/{}-{}-{}"},
		{"dashes of an identifier", lines(each("GET /prices/* amount", "123e4567-e89b-42d3-a456-426614174000", "223e4567-e89b-42d3-a456-426614174000", "323e4567-e89b-42d3-a456-426614174000", "423e4567-e89b-42d3-a456-426614174000")),
			"GET /prices/{}"},
		{"a box is one value", lines(each("GET /within/* stops", "52.5,13.4,52.6,13.5", "-33.8,151.2,-33.7,151.3", "48.1,-11.5,48.2,-11.4")),
			"GET /within/{}"},
		{"lists of two numbers are one value", lines(each("GET /several/* items", "1,2", "7,31", "4,11")),
			"GET /several/{}"},
		{"hosts beside a verb", lines(times(9, "GET /domains/verify ok"), times(20, "DELETE /domains/glacier.example.org"), times(20, "DELETE /domains/whale.example.com"), times(20, "GET /users a")),
			"DELETE /domains/{}, GET /domains/verify, GET /users"},
		{"a service of everything below one plural noun", lines(times(20, "GET /stats/h5/matches a"), times(20, "GET /stats/h5/players b"), times(20, "GET /stats/hw2/campaign c"), times(20, "GET /stats/hw2/seasons d")),
			"GET /stats/h5/matches, GET /stats/h5/players, GET /stats/hw2/campaign, GET /stats/hw2/seasons"},
		{"false and true", lines(each("GET /clans/7/closed/*/list a", "true", "false"), times(9, "GET /clans/7/open a"), times(9, "GET /users a")),
			"GET /clans/{}/closed/{}/list, GET /clans/{}/open, GET /users"},
		{"true alone", lines(times(9, "GET /flags/true a"), times(9, "GET /flags/all b"), times(9, "GET /users a")),
			"GET /flags/all, GET /flags/true, GET /users"},
		{"methods in camel case", lines(each("POST /pbx/v0.1/* Message Success", "BulkCall", "CancelScheduledHangup", "ConferenceKick", "ConferenceList", "PlayStop", "RecordStart", "ScheduleHangup", "SendDigits"), times(3, "GET /pbx/v0.1/Status Up")),
			"GET /pbx/v0.1/Status, POST /pbx/v0.1/BulkCall, POST /pbx/v0.1/CancelScheduledHangup, POST /pbx/v0.1/ConferenceKick, POST /pbx/v0.1/ConferenceList, POST /pbx/v0.1/PlayStop, POST /pbx/v0.1/RecordStart, POST /pbx/v0.1/ScheduleHangup, POST /pbx/v0.1/SendDigits"},
		{"capitals where literals have none", lines(each("GET /last/stocks/* price time", "NFLX", "TSLA", "MSFT"), times(6, "GET /last/days a"), times(6, "GET /markets/open b"), times(6, "GET /markets/holidays c"), times(6, "GET /news d"), times(6, "GET /meta e")),
			"GET /last/days, GET /last/stocks/{}, GET /markets/holidays, GET /markets/open, GET /meta, GET /news"},
		{"a version that is a date", lines(each("PUT /v20180820/bucket/* name", "17", "42", "77"), times(9, "GET /v20180820/jobs id")),
			"GET /v20180820/jobs, PUT /v20180820/bucket/{}"},
		{"short identifiers of letters and digits", lines(times(20, "GET /key/q796LA-IuUe owner kind"), times(20, "PUT /key/q796LA-IuUe owner kind"), times(9, "GET /scopes a")),
			"GET /key/{}, GET /scopes, PUT /key/{}"},
		{"words that never recur", lines(secrets(), times(9, "GET /projects/1/keys a"), times(9, "GET /projects b")),
			"GET /projects, GET /projects/{}/keys, GET /projects/{}/vault/{}"},
		{"an enumeration", lines(kinds("feeds", "plain", "shared", "hidden"), times(9, "GET /me/2/feeds a b c")),
			"GET /me/{}/feeds, GET /things/{}/{}/feeds, GET /things/{}/{}/rules/{}, PUT /things/{}/{}/rules/{}"},
		{"masked by the sensor", lines(times(2, "GET /reset/{secret} ok"), times(3, "POST /reset ok")),
			"GET /reset/{}, POST /reset"},
		{"collections of one make", lines(resource("circuits", "cid", "provider"), resource("tenants", "slug", "group"), resource("sites", "latitude", "region")),
			"DELETE /circuits/{}, DELETE /sites/{}, DELETE /tenants/{}, GET /circuits, GET /circuits/{}, GET /sites, GET /sites/{}, GET /tenants, GET /tenants/{}"},
	}
}

// secrets are names each of which came up in one project.
func secrets() []string {
	var out []string
	for i, w := range strings.Fields("amber-gate brook cedar-hill delta ember-stone fjord grove-park harbour") {
		out = append(out, fmt.Sprintf("GET /projects/%d/vault/%s name value", i+1, w))
	}
	return out
}

// kinds are the same operations below each of some words, for several owners.
func kinds(below string, words ...string) []string {
	var out []string
	for i := range 4 {
		for j, w := range words {
			at := fmt.Sprintf("/things/%d/%s", i+1, w)
			out = append(out, "GET "+at+"/"+below+" title made owner size", fmt.Sprintf("GET %s/rules/%d from upto owner", at, i*7+j), fmt.Sprintf("PUT %s/rules/%d from upto owner", at, i*7+j))
		}
	}
	return out
}

func resource(name, a, b string) []string {
	return lines(times(12, "GET /"+name+" count next previous"), each("GET /"+name+"/* id "+a+" "+b, "1", "2", "30", "44"), each("DELETE /"+name+"/*", "2", "30"))
}

func repositories() []string {
	var out []string
	for i, o := range people[:5] {
		for j, r := range []string{"core", "web-app", "tools.py"} {
			repo := "/repos/" + o + "/" + r
			out = append(out, "GET "+repo+"/issues number title", "GET "+repo+fmt.Sprintf("/issues/%d number title body", i*7+j), "GET "+repo+"/pulls number head", "POST "+repo+"/forks id")
		}
	}
	return append(out, times(12, "GET /repos/search data ok")...)
}

func TestDecide(t *testing.T) {
	for _, c := range cases() {
		if got := strings.Join(templates(Decide(plant(c.calls), nil)), ", "); got != c.want {
			t.Errorf("%s:\n have %s\n want %s", c.name, got, c.want)
		}
	}
}

func TestDeclaredTemplatesWin(t *testing.T) {
	calls := lines(times(3, "GET /things/red a"), times(3, "GET /things/blue a"), times(4, "GET /things/red/parts b"), times(9, "GET /other c"))
	got := strings.Join(templates(Decide(plant(calls), []string{"/things/{colour}", "/things/{colour}/parts"})), ", ")
	if want := "GET /other, GET /things/{}, GET /things/{}/parts"; got != want {
		t.Errorf("have %s, want %s", got, want)
	}
	top := Decide(plant(each("GET /a/* x", "1", "2", "3")), []string{"/a/1", "/a/{n}"})
	if got := strings.Join(templates(top), ", "); got != "GET /a/1, GET /a/{}" {
		t.Errorf("a declared literal: %s", got)
	}
}

// TestCallsCommute: the order in which children were met does not matter once
// they are sorted, and repeating the decision changes nothing.
func TestCallsCommute(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, c := range cases() {
		want := strings.Join(templates(Decide(plant(c.calls), nil)), ", ")
		for range 5 {
			r.Shuffle(len(c.calls), func(i, j int) { c.calls[i], c.calls[j] = c.calls[j], c.calls[i] })
			root := plant(c.calls)
			Decide(root, nil)
			if got := strings.Join(templates(Decide(root, nil)), ", "); got != want {
				t.Fatalf("%s:\n have %s\n want %s", c.name, got, want)
			}
		}
	}
}

func TestNames(t *testing.T) {
	top := Decide(plant(lines(each("GET /users/*/orders/7 a", "1", "2", "3"), each("GET /users/1/orders/* a", "8", "9"), each("GET /users/2/orders/9/*/x b", "2024-01-01", "2024-01-02"))), nil)
	var names []string
	var walk func(p *Place, way []*Place)
	walk = func(p *Place, way []*Place) {
		if len(p.Children) == 0 {
			names = append(names, strings.Join(Names(way, Camel), " "))
		}
		for _, c := range p.Children {
			walk(c, append(way[:len(way):len(way)], c))
		}
	}
	walk(top, nil)
	if got := strings.Join(names, ", "); got != "userId orderId date" {
		t.Errorf("have %q", got)
	}
}

func TestStyles(t *testing.T) {
	for _, f := range []struct {
		names string
		want  Style
	}{
		{"", Camel}, {"id name", Camel}, {"created_at", Camel}, {"created_at owner_id", Snake}, {"created_at owner_id createdAt", Snake},
		{"created_at owner_id createdAt ownerId", Camel}, {"_links _id __v", Camel}, {"MAX_SIZE MIN_SIZE", Camel}, {"a-b_c d.e_f", Camel},
	} {
		var s Styles
		for _, name := range strings.Fields(f.names) {
			s.Add(name)
		}
		if got := s.Style(); got != f.want {
			t.Errorf("%q: %d, want %d", f.names, got, f.want)
		}
	}
	for name, want := range map[string]string{"orderId": "order_id", "id": "id", "ipAddress": "ip_address", "order2Id": "order2_id", "aPIKey": "a_pi_key", "userURL": "user_url", "order_id": "order_id", "": ""} {
		if got := Snake.write(name); got != want || Snake.write(got) != want || Camel.write(name) != name {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// TestSuggestedNames: what the names come from where bodies say nothing.
func TestSuggestedNames(t *testing.T) {
	numbers := []string{"17", "29", "31"}
	for _, f := range []struct {
		path   string
		values []string
		snake  string
		camel  string
	}{
		{"/orders/*", numbers, "order_id", "orderId"},
		{"/orderLines/*", numbers, "order_line_id", "orderLineId"},
		{"/push-mirrors/*", numbers, "push_mirror_id", "pushMirrorId"},
		{"/books/v1/*", numbers, "book_id", "bookId"},
		{"/statuses/*", numbers, "status_id", "statusId"},
		{"/houses/*", numbers, "house_id", "houseId"},
		{"/user-id/*", numbers, "user_id", "userId"},
		{"/users/by-number/*", numbers, "number", "number"},
		{"/users/findByTaxNumber/*", numbers, "tax_number", "taxNumber"},
		{"/standBy/*", numbers, "stand_by_id", "standById"},
		{"/compare/*", []string{"17...3", "29...4", "31...9"}, "compare_id_from compare_id_to", "compareIdFrom compareIdTo"},
	} {
		top := Decide(plant(lines(each("GET "+f.path+" answer", f.values...), times(9, "GET /zones list"))), nil)
		way, p := []*Place(nil), top
		for _, seg := range strings.Split(f.path[1:], "/") {
			for _, c := range p.Children {
				if c.Segment.Param == (seg == "*") && (seg == "*" || c.Segment.Literal == seg) {
					p, way = c, append(way, c)
					break
				}
			}
		}
		for style, want := range map[Style]string{Snake: f.snake, Camel: f.camel} {
			if got := strings.Join(Names(way, style), " "); got != want {
				t.Errorf("%s: %q, want %q", f.path, got, want)
			}
		}
	}
}

func FuzzClassify(f *testing.F) {
	for _, s := range []string{"", "a", "{x}", "v1", "1.2.3.4", "::1", "a@b.c", "cus_NffrFeUfNV2Hib", "%41", "2024-01-31T10:00:00Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := Classify(s)
		if c >= NumClasses || c.String() == "?" {
			t.Fatalf("Classify(%q) = %d", s, c)
		}
		digits := len(s) > 0 && strings.Trim(s, "0123456789") == ""
		if digits != (c == Int) {
			t.Fatalf("Classify(%q) = %v", s, c)
		}
		stem, suffix := cutSuffix(s)
		if stem+suffix != s {
			t.Fatalf("cutSuffix(%q) = %q, %q", s, stem, suffix)
		}
	})
}

func BenchmarkDecide(b *testing.B) {
	var calls []string
	for i := range 100 {
		for j := range 25 {
			calls = append(calls, each(fmt.Sprintf("GET /area%c%c/kind%c%c/*/part%c id name size", 'a'+i%26, 'a'+i/26, 'a'+j%26, 'a'+i%7, 'a'+j%4), "1", "2", "3")...)
			calls = append(calls, fmt.Sprintf("GET /area%c%c/kind%c%c count", 'a'+i%26, 'a'+i/26, 'a'+j%26, 'a'+i%7))
			calls = append(calls, each(fmt.Sprintf("GET /area%c%c/kind%c%c/* id name", 'a'+i%26, 'a'+i/26, 'a'+j%26, 'a'+i%7), "1", "2", "3")...)
			calls = append(calls, each(fmt.Sprintf("DELETE /area%c%c/kind%c%c/*", 'a'+i%26, 'a'+i/26, 'a'+j%26, 'a'+i%7), "2", "3")...)
		}
	}
	root := plant(calls)
	b.ReportMetric(float64(len(templates(Decide(root, nil)))), "templates")
	b.ReportAllocs()
	for b.Loop() {
		Decide(root, nil)
	}
}

// TestMarks: a segment of marks alone is a literal, alone at the top and beside
// the values of a parameter.
func TestMarks(t *testing.T) {
	lines := []string{"GET /api/v2/status a b", "GET /api/v2/alerts c", "GET /api/v2/silences d", "GET /-/ready", "GET /-/ready"}
	for _, group := range []string{"alpha", "bravo7", "delta-x", "k9", "omega12"} {
		lines = append(lines, "GET /projects/"+group+"/wiki id text", "GET /projects/"+group+"/issues id title", "GET /projects/-/wiki rows", "GET /projects/-/search hits")
	}
	got := strings.Join(templates(Decide(plant(lines), nil)), "\n")
	for _, want := range []string{"/-/ready", "/projects/-/search", "/projects/{}/wiki"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing:\n%s", want, got)
		}
	}
}

// TestNamesAfterTheirKind: a literal that says what the values are is their name.
func TestNamesAfterTheirKind(t *testing.T) {
	for _, c := range [][3]string{{"name", "name", "name"}, {"id", "id", "id"}, {"flow", "name", "flowName"}, {"", "id", "id"}} {
		if got := join(c[0], c[1]); got != c[2] {
			t.Errorf("%q, %q: %q, want %q", c[0], c[1], got, c[2])
		}
	}
}
