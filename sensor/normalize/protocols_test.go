package normalize

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"wirecensus/schemas"
	"wirecensus/schemas/shape"
)

func TestJSONRPC(t *testing.T) {
	for _, c := range []struct{ name, req, resp, want string }{
		{"by name", `{"jsonrpc":"2.0","method":"user.get","params":{"id":7,"full":true},"id":1}`, `{"jsonrpc":"2.0","result":{"name":"x"},"id":1}`, "call user.get(full:bool, id:integer) ok object"},
		{"by position", `{"jsonrpc":"2.0","method":"eth_call","params":["0xab",null,3],"id":"a"}`, `{"jsonrpc":"2.0","result":null,"id":"a"}`, "call eth_call(0:string, 1:null, 2:integer) ok null"},
		{"many positions", `{"jsonrpc":"2.0","method":"m","params":[0,1,2,3,4,5,6,7,8,9,"a",11],"id":1}`, ``,
			"call m(0:integer, 1:integer, 10:string, 11:integer, 2:integer, 3:integer, 4:integer, 5:integer, 6:integer, 7:integer, 8:integer, 9:integer) -"},
		{"error", `{"jsonrpc":"2.0","method":"m","id":1}`, `{"jsonrpc":"2.0","error":{"code":-32601,"message":"no"},"id":1}`, "call m() error -32601 -"},
		{"an error code that is a value", `{"jsonrpc":"2.0","method":"m","id":1}`, `{"jsonrpc":"2.0","error":{"code":4111111111111111},"id":1}`, "call m() error -"},
		{"notification", `{"jsonrpc":"2.0","method":"m"}`, ``, "notification m() -"},
		{"batch, any order", `[{"jsonrpc":"2.0","method":"a","id":1},{"jsonrpc":"2.0","method":"b","id":2},{"jsonrpc":"2.0","method":"c"},{"jsonrpc":"2.0","method":"a","id":3}]`,
			`[{"jsonrpc":"2.0","result":"x","id":3},{"jsonrpc":"2.0","error":{"code":1},"id":2},{"jsonrpc":"2.0","result":5,"id":1}]`, "call a ×2() ok integer|string\ncall b() error 1 -\nnotification c() -"},
		{"1.0", `{"method":"getinfo","params":[],"id":1}`, `{"result":{"a":1},"error":null,"id":1}`, "call getinfo() ok object"},
		{"1.0 notification", `{"method":"ping","params":[],"id":null}`, ``, "notification ping() -"},
		{"other answer", `{"jsonrpc":"2.0","method":"m","id":1}`, `{"jsonrpc":"2.0","result":1,"id":2}`, "call m() -"},
		{"method is a value", `{"jsonrpc":"2.0","method":"ann@example.org","id":1}`, ``, "call {email}() -"},
		{"method is no name", `{"jsonrpc":"2.0","method":"a b\n<c>","id":1}`, ``, "call ?() -"},
		{"not JSON-RPC", `{"method":"POST","url":"/x","id":1}`, ``, ""},
		{"a payment", `{"method":"card","params":{"a":1}}`, ``, ""},
		{"a list", `[{"method":"card"}]`, ``, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			resp := ""
			if c.resp != "" {
				resp = okJSON(c.resp)
			}
			call := callOf(t, postJSON(c.req), resp)
			if got := ops(call); got != c.want || (call.Protocol == "json-rpc") != (c.want != "") {
				t.Errorf("%q, got\n%s\nwant\n%s", call.Protocol, got, c.want)
			}
		})
	}
}

const (
	soap11 = `<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:x="urn:x"><soapenv:Header/><soapenv:Body>%s</soapenv:Body></soapenv:Envelope>`
	soap12 = `<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope"><env:Body>%s</env:Body></env:Envelope>`
)

func TestSOAP(t *testing.T) {
	mtom := "--b\r\nContent-Type: application/xop+xml; charset=UTF-8; type=\"text/xml\"\r\nContent-ID: <0>\r\n\r\n" + fmt.Sprintf(soap11, `<x:Store><file><xop:Include href="cid:1"/></file></x:Store>`) + "\r\n--b\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--b--\r\n"
	for _, c := range []struct{ name, fields, req, resp, want string }{
		{"1.1", "Content-Type: text/xml\nSOAPAction: \"http://x.example/svc/IUsers/GetUser\"", fmt.Sprintf(soap11, `<x:GetUserRequest><id>7</id><tag>a</tag><tag>b</tag></x:GetUserRequest>`),
			fmt.Sprintf(soap11, `<x:GetUserResponse/>`), "action GetUserRequest(id:string, tag:array) ok -"},
		{"1.2, fault", "Content-Type: application/soap+xml; action=\"urn:Get\"", fmt.Sprintf(soap12, `<Get xmlns="urn:y"/>`), fmt.Sprintf(soap12, `<env:Fault><env:Code/></env:Fault>`), "action Get() fault -"},
		{"no element", "Content-Type: text/xml\nSOAPAction: \"urn:svc#Ping\"", fmt.Sprintf(soap11, ``), "", "action Ping() -"},
		{"encrypted", "Content-Type: text/xml\nSOAPAction: urn:svc:Pay/", fmt.Sprintf(soap11, `<xenc:EncryptedData><a/></xenc:EncryptedData>`), "", "action Pay() -"},
		{"empty action, cut", "Content-Type: text/xml\nSOAPAction: \"\"", fmt.Sprintf(soap11, `<Put><a>1`)[:165], "", "action Put() -"},
		{"MTOM", "Content-Type: multipart/related; boundary=b; type=\"application/xop+xml\"", mtom, "", "action Store(file:object) -"},
		{"an envelope of another kind", "Content-Type: text/xml", `<Envelope><Body><a/></Body></Envelope>`, "", ""},
		{"another text", "Content-Type: text/xml\nSOAPAction: x", `<a/>`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			resp := ""
			if c.resp != "" {
				resp = "HTTP/1.1 200 OK\nContent-Type: text/xml\n\n" + c.resp
			}
			call := callOf(t, "POST /svc HTTP/1.1\nHost: x.example\n"+c.fields+"\n\n"+c.req, resp)
			if got := ops(call); got != c.want || (call.Protocol == "soap") != (c.want != "") {
				t.Errorf("%q, got\n%s\nwant\n%s", call.Protocol, got, c.want)
			}
		})
	}
}

// tree is a shape as text: names with kinds, children in braces.
func tree(n *shape.Node) string {
	if n == nil {
		return "-"
	}
	s := kinds(n)
	if n.Str != nil && n.Kinds[shape.String] > 0 {
		var f []string
		for name, count := range n.Str.Formats.All() {
			f = append(f, fmt.Sprint(name, "×", count))
		}
		s += " " + strings.Join(f, ",")
		if n.Str.Class != "" {
			s += " " + n.Str.Class
		}
	}
	if n.Items != nil {
		s += "[" + tree(n.Items) + "]"
	}
	if len(n.Props) > 0 {
		var p []string
		for _, c := range n.Props {
			p = append(p, c.Name+": "+tree(c.Node))
		}
		s += "{" + strings.Join(p, "; ") + "}"
	}
	return s
}

func TestXML(t *testing.T) {
	n := New(Config{Key: testKey})
	for _, c := range []struct{ name, body, want string }{
		{"scalars", `<a><i>1</i><d>1.5</d><b>true</b><t>2020-01-02</t><e/><w>word</w></a>`, "object{a: object{b: string boolean×1; d: string decimal×1; e: string empty×1; i: string int×1; t: string date×1; w: string token×1}}"},
		{"repeated", `<a><b>1</b><c/><b>2</b></a>`, "object{a: object{b: array[string int×2]; c: string empty×1}}"},
		{"repeated in two parents", `<a><p><b>1</b><b>2</b></p><p><b>3</b></p></a>`, "object{a: object{p: array[object{b: string|array int×1[string int×2]}]}}"},
		{"attributes, text", `<a x="1" xmlns:p="urn:p" p:y='two words'>text <b/> more</a>`, "object{a: object{#text: string token×2; @x: string int×1; @y: string text×1; b: string empty×1}}"},
		{"prefixes", `<p:a xmlns:p="urn:p"><p:b/><q:b/></p:a>`, "object{a: object{b: array[string empty×2]}}"},
		{"references", `<a>&lt;&#65;&#x42;&amp;&gt; x&unknown;</a>`, "object{a: string text×1}"},
		{"pieces", "<a>20<!-- c --><![CDATA[20-01]]>-02</a>", "object{a: string date×1}"},
		{"nil", `<a><b xsi:nil="true"/></a>`, "object{a: object{b: null}}"},
		{"sensitive", `<a><email>ann@example.org</email><card number="4111111111111111">x</card><password strength="low">hunter2hunter2</password></a>`,
			"object{a: object{card: object{#text: string token×1; @number: string int×1 card}; email: string email×1 email; password: object{#text: string token×1 password; @strength: string token×1}}}"},
		{"doctype", `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y>"><!-- ]> -->]><a>&x;</a>`, "object{a: string text×1}"},
	} {
		got := contentOf(n, "application/xml", "", []byte(c.body), nil)
		if s := tree(got.Shape); s != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, s, c.want)
		}
	}
	for _, bad := range []string{"", "<a>", "<a></b>", "<a/><b/>", "x<a/>", "<a b></a>", "<a b=c/>", "<a", "<!DOCTYPE a [", "<a>]]</a", "<a/>x"} {
		if got := contentOf(n, "application/xml", "", []byte(bad), nil); got.Shape != nil || bad != "" && got.Unread != unreadSyntax {
			t.Errorf("%q: %q, %s", bad, got.Unread, tree(got.Shape))
		}
	}
}

// TestXMLHostile: texts made to cost much cost little, and nothing is expanded.
func TestXMLHostile(t *testing.T) {
	laughs := `<!DOCTYPE l [<!ENTITY l0 "lol">`
	for i := range 9 {
		laughs += fmt.Sprintf(`<!ENTITY l%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&l%d;", i), 10))
	}
	n := New(Config{Key: testKey})
	got := contentOf(n, "text/xml", "", []byte(laughs+"]><l>&l9;</l>"), nil)
	if got.Shape == nil || got.Shape.Prop("l").Node.Str.Len.Max != 4 {
		t.Errorf("a billion laughs: %s", tree(got.Shape))
	}
	var names strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&names, "<b%d/>", i)
	}
	for name, body := range map[string]string{
		"deep":       strings.Repeat("<a>", 300_000),
		"wide":       "<a>" + strings.Repeat("<b/>", 250_000) + "</a>",
		"names":      "<a>" + names.String() + "</a>",
		"attributes": "<a" + strings.Repeat(` b="c"`, 170_000) + "/>",
		"mixed":      "<a>" + strings.Repeat("x<b/>", 200_000) + "</a>",
		"comments":   "<a>" + strings.Repeat("<!---->", 140_000) + "</a>",
		"references": "<a>" + strings.Repeat("&", 1_000_000) + "</a>",
		"open":       strings.Repeat("<!--", 250_000),
		"brackets":   "<!" + strings.Repeat("<", 1_000_000),
	} {
		from := time.Now()
		contentOf(n, "text/xml", "", []byte(body), nil)
		if took := time.Since(from); took > 5*time.Second {
			t.Errorf("%s: %v", name, took)
		}
	}
}

func TestEvents(t *testing.T) {
	for _, c := range []struct {
		name, body string
		messages   int
		want       string
	}{
		{"lines", "data: {\"a\":1}\n\ndata:{\"b\":2}\n\n", 2, "object{a: integer; b: integer}"},
		{"several data lines", "data: {\ndata: \"a\":\ndata: 1}\n\n", 1, "object{a: integer}"},
		{"CR and CRLF", "data: {\"a\":1}\r\rdata: {\"a\":2}\r\n\r\n", 2, "object{a: integer}"},
		{"names, ids, comments", ": hi\nevent: x\nid: 1\nretry: 10\ndata: [1]\n\n: ping\n\nevent: y\n\n", 1, "array[integer]"},
		{"mark", "\xef\xbb\xbfdata: {\"a\":1}\n\n", 1, "object{a: integer}"},
		{"unfinished", "data: {\"a\":1}\n\ndata: {\"b\":1}\n", 1, "object{a: integer}"},
		{"text", "data: hello\n\ndata\n\n", 2, "-"},
	} {
		call := callOf(t, "GET /e HTTP/1.1\nHost: x.example", "HTTP/1.1 200 OK\nContent-Type: text/event-stream; charset=utf-8\n\n"+c.body)
		if got := tree(call.Response.Shape); call.Response.Messages != c.messages || got != c.want || call.Protocol != "event-stream" {
			t.Errorf("%s: %q, %d messages, %s", c.name, call.Protocol, call.Response.Messages, got)
		}
	}
	ex := pairOf("GET /e HTTP/1.1\nHost: x.example", "HTTP/1.1 200 OK\nContent-Type: text/event-stream\n\ndata: {\"a\":1}\n\nda")
	ex.Response.Incomplete = true
	call := New(Config{Key: testKey}).Call(ex)
	if len(call.Flags) != 0 || call.Response.Unread != "" || call.Response.Messages != 1 {
		t.Errorf("a stream that goes on: flags %q, unread %q", call.Flags, call.Response.Unread)
	}
}

// TestTalk: operations in WebSocket messages, and what a call of them holds.
func TestTalk(t *testing.T) {
	n := New(Config{Key: testKey})
	ex := pairOf("GET /ws?access_token=abcdefgh12345678 HTTP/1.1\nHost: x.example\nAuthorization: Bearer abcdefgh12345678\nUpgrade: websocket", "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket")
	ex.Upgrade = true
	talk := n.NewTalk(ex)
	hear := func(client bool, text string) {
		n.Hear(talk, client, []byte(text), uint64(len(text)), "", 1_700_000_001e9)
	}
	hear(true, `{"type":"connection_init","payload":{"token":"x"}}`)
	for range 2 {
		hear(true, `{"id":"1","type":"subscribe","payload":`+graphqlBody("subscription S($n: Int) { ticks(n: $n) }", `,"variables":{"n":3}`)+`}`)
	}
	hear(false, `{"id":"1","type":"next","payload":{"data":{"ticks":1}}}`)
	c := n.Say(talk, 5, 0)
	if got := ops(c); got != "subscription S/ticks ×2(n:integer) -" || c.Protocol != "graphql" || c.Request.Messages != 3 || c.Response.Messages != 1 {
		t.Errorf("%s %s, %d and %d messages", c.Protocol, got, c.Request.Messages, c.Response.Messages)
	}
	if len(c.Auth) != 0 || len(c.Query) != 0 || !slices.Equal(c.Flags, []string{"continued"}) || c.Status != 101 || c.Host != "x.example" || c.Path != "/ws" || !c.RequestSeen {
		t.Errorf("%+v", c)
	}
	if n.Say(talk, 6, 0) != nil {
		t.Error("a call of no messages")
	}
	hear(false, `{"jsonrpc":"2.0","method":"tick","params":{"email":"ann@example.org"}}`)
	d := n.Say(talk, 6, 0)
	if got := ops(d); got != "notification tick(email:string email) -" || d.ID == c.ID || len(d.Sensitive) != 1 || d.Sensitive[0].At != "$.params.email" || d.Request.Messages != 0 {
		t.Errorf("%s, %+v", got, d.Sensitive)
	}
	if full := n.Call(ex); full.Protocol != "websocket" || len(full.Auth) == 0 {
		t.Errorf("the upgrade: %q", full.Protocol)
	}
}

// theirs are the tokens of an XML text as encoding/xml reads it in strict mode; ok is false when it does not.
func theirs(text []byte) (out []string, ok bool) {
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return out, true
		}
		if err != nil {
			return nil, false
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			s := "<" + tok.Name.Local
			for i, a := range tok.Attr {
				if i < maxXMLAttrs {
					s += " " + a.Name.Local + "=" + a.Value
				}
			}
			out = append(out, s)
		case xml.EndElement:
			out = append(out, ">")
		case xml.CharData:
			if n := len(out); n > 0 && strings.HasPrefix(out[n-1], "'") {
				out[n-1] += string(tok)
			} else {
				out = append(out, "'"+string(tok))
			}
		}
	}
}

// ours are the tokens of an XML text in the same form.
func ours(text []byte) (out []string, ok bool) {
	x := xmlText{in: text}
	norm := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace
	for {
		x.next()
		switch x.kind {
		case xmlEnd:
			return out, true
		case xmlBad:
			return out, false
		case xmlOpen:
			s := "<" + string(localName(x.name))
			for _, a := range x.attrs {
				s += " " + string(localName(a.name)) + "=" + string(appendChars(nil, []byte(norm(string(a.value)))))
			}
			if out = append(out, s); x.empty {
				out = append(out, ">")
			}
		case xmlClose:
			out = append(out, ">")
		case xmlChars:
			v := norm(string(x.chars))
			if !x.cdata {
				v = string(appendChars(nil, []byte(v)))
			}
			if n := len(out); n > 0 && strings.HasPrefix(out[n-1], "'") {
				out[n-1] += v
			} else if v != "" || x.cdata {
				out = append(out, "'"+v)
			}
		}
	}
}

// FuzzXML: what encoding/xml accepts has the same elements, attributes and text here.
func FuzzXML(f *testing.F) {
	for _, s := range []string{
		`<a b="c" d='e'>f<g/>h<!-- i --><![CDATA[j]]>k</a>`, `<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE a [<!ENTITY b "c>">]><a>&lt;&#65;&#x42;</a >`, `<p:a xmlns:p="q"><p:b p:c="&amp;"/></p:a>`,
		"<a>\r\n\r</a>", `<a><b></b></a><c/>`, `<!x<y>"z>"><a/>`, `<a b = "c"d="e"/>`, `<a:b:c/>`, `<:a/>`, `<a>]]</a>`, `<!--a--><?b?><a/>`, `<!><a/>>`,
	} {
		f.Add([]byte(s))
	}
	n := New(Config{Key: testKey})
	f.Fuzz(func(t *testing.T, text []byte) {
		contentOf(n, "application/xml", "", text, nil)
		want, ok := theirs(text)
		if !ok {
			return
		}
		got, ok := ours(text)
		if !ok || !slices.Equal(got, want) {
			t.Fatalf("%q: %v %q, want %q", text, ok, got, want)
		}
	})
}

// FuzzJSONRPC: whatever a request and its response hold, each request of a batch gives at most one
// operation, the operations stand in order, and a second reading gives the same.
func FuzzJSONRPC(f *testing.F) {
	f.Add([]byte(`{"jsonrpc":"2.0","method":"a.b","params":[1,{"x":"y"}],"id":1}`), []byte(`{"jsonrpc":"2.0","result":{},"id":1}`))
	f.Add([]byte(`[{"jsonrpc":"2.0","method":"a","params":{"b":[]},"id":"x"},{"jsonrpc":"2.0","method":"c"}]`), []byte(`[{"jsonrpc":"2.0","error":{"code":-1},"id":"x"}]`))
	f.Add([]byte(`{"method":"x","params":[],"id":null}`), []byte(`{"result":null,"error":"e","id":1}`))
	f.Add([]byte(`{"query":"{a(b:\"c\")}","variables":{"x":1}}`), []byte(`{"data":{"a":1},"errors":[{"path":["a"]}]}`))
	n := New(Config{Key: testKey})
	f.Fuzz(func(t *testing.T, req, resp []byte) {
		ex := pairOf(postJSON(string(req)), okJSON(string(resp)))
		c := n.Call(ex)
		requests := 1 + bytes.Count(req, []byte("{"))
		total := 0
		for i := range c.Operations {
			o := &c.Operations[i]
			total += max(1, o.Count)
			if i > 0 && compareOperation(&c.Operations[i-1], o) >= 0 {
				t.Fatalf("order: %s", ops(c))
			}
			if !slices.IsSortedFunc(o.Args, func(a, b schemas.Param) int { return strings.Compare(a.Name, b.Name) }) {
				t.Fatalf("arguments: %s", ops(c))
			}
		}
		if total > maxOperations || c.Protocol == protocolJSONRPC && total > requests || (c.Protocol == "") != (total == 0) {
			t.Fatalf("%q: %q, %s", req, c.Protocol, ops(c))
		}
		if again := text(t, n.Call(ex)); again != text(t, c) {
			t.Fatalf("a second reading gives\n%s", again)
		}
	})
}
