package normalize

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"

	"wirecensus/schemas"
	"wirecensus/sensor/exchange"
	"wirecensus/sensor/message"
	"wirecensus/sensor/protobuf"
)

// frame returns data with the five bytes in front.
func frame(flags byte, data []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{flags}, uint32(len(data))), data...)
}

// pb returns a message of a text as field 1 and a number as field 2.
func pb(text string, number uint64) []byte {
	b := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), text)
	return protowire.AppendVarint(protowire.AppendTag(b, 2, protowire.VarintType), number)
}

func fieldsOf(pairs ...string) (out []message.Field) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, message.Field{Name: []byte(pairs[i]), Value: []byte(pairs[i+1])})
	}
	return out
}

// rpcOf makes the exchange of a call: content of both sides as given, trailer ok.
func rpcOf(mediaType string, request, response []byte) *exchange.Exchange {
	ex := pairOf("POST /shop.v1.Orders/Place HTTP/2\ncontent-type: "+mediaType+"\nte: trailers\ngrpc-timeout: 1500m", "HTTP/2 200\ncontent-type: "+mediaType)
	ex.Request.Version, ex.Response.Version = "2", "2"
	ex.Request.Body, ex.Request.Size = request, int64(len(request))
	ex.Response.Body, ex.Response.Size = response, int64(len(response))
	ex.Response.Trailer = fieldsOf("grpc-status", "0", "grpc-message", "")
	return ex
}

// told is what a call tells of its operation and messages.
func told(c *schemas.Call) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", c.Protocol, c.Path)
	for _, o := range c.Operations {
		fmt.Fprintf(&b, " %s %s %s", o.Kind, o.Name, o.Status)
	}
	for _, m := range []*schemas.Content{&c.Request, &c.Response} {
		fmt.Fprintf(&b, " %d%s", m.Messages, m.Unread)
		if m.Shape != nil {
			for i := range m.Shape.Props {
				b.WriteString(" " + m.Shape.Props[i].Name)
			}
		}
		b.WriteByte(';')
	}
	return b.String()
}

func tell(ex *exchange.Exchange) string { return told(New(Config{Key: testKey}).Call(ex)) }

func check(t *testing.T, name, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", name, got, want)
	}
}

var aFrame = frame(0, pb("a word", 5))

func TestItem49Kinds(t *testing.T) {
	two := append(bytes.Clone(aFrame), aFrame...)
	const op = "/shop.v1.Orders/Place"
	for _, c := range []struct {
		name              string
		request, response []byte
		want              string
	}{
		{"unary", aFrame, aFrame, "unary shop.v1.Orders/Place OK 1 1 2; 1 1 2;"},
		{"client stream", two, aFrame, "client-stream shop.v1.Orders/Place OK 2 1 2; 1 1 2;"},
		{"server stream", aFrame, two, "server-stream shop.v1.Orders/Place OK 1 1 2; 2 1 2;"},
		{"bidirectional stream", two, two, "bidi-stream shop.v1.Orders/Place OK 2 1 2; 2 1 2;"},
		{"empty streams", nil, nil, "bidi-stream shop.v1.Orders/Place OK 0; 0;"},
		{"empty messages", frame(0, nil), frame(0, nil), "unary shop.v1.Orders/Place OK 1; 1;"},
	} {
		check(t, c.name, tell(rpcOf("application/grpc", c.request, c.response)), "grpc "+op+" "+c.want)
	}
	ex := rpcOf("application/grpc+proto", aFrame, aFrame)
	c := New(Config{Key: testKey}).Call(ex)
	if len(c.Headers) != 1 || c.Headers[0].Name != "grpc-timeout" || c.Headers[0].Shape != nil || c.ResponseHeaders != nil {
		t.Errorf("the deadline is a name: %v", text(t, c))
	}
}

func TestItem49Status(t *testing.T) {
	for _, c := range []struct{ value, want string }{
		{"0", "OK"}, {"1", "CANCELLED"}, {"5", "NOT_FOUND"}, {"16", "UNAUTHENTICATED"}, {"17", "UNKNOWN"}, {"x", "UNKNOWN"}, {"", "UNKNOWN"}, {"00000", "UNKNOWN"},
	} {
		ex := rpcOf("application/grpc", aFrame, aFrame)
		ex.Response.Trailer = fieldsOf("Grpc-Status", c.value, "grpc-message", "no%20such%20secret")
		out := New(Config{Key: testKey}).Call(ex)
		if got := out.Operations[0].Status; got != c.want {
			t.Errorf("%q is %s, want %s", c.value, got, c.want)
		}
		if strings.Contains(text(t, out), "such") {
			t.Error("the message is kept")
		}
	}
	ex := rpcOf("application/grpc", aFrame, nil)
	ex.Response.Trailer = nil
	ex.Response.Fields = append(ex.Response.Fields, fieldsOf("grpc-status", "5", "grpc-message", "no such secret")...)
	c := New(Config{Key: testKey}).Call(ex)
	check(t, "trailers-only", told(c), "grpc /shop.v1.Orders/Place unary shop.v1.Orders/Place NOT_FOUND 1 1 2; 0;")
	if c.ResponseHeaders != nil {
		t.Errorf("%v", text(t, c.ResponseHeaders))
	}
	ex = rpcOf("application/grpc", aFrame, nil)
	ex.Response = nil
	check(t, "no response", tell(ex), "grpc /shop.v1.Orders/Place unary shop.v1.Orders/Place  1 1 2; 0;")
	ex = rpcOf("application/grpc", aFrame, []byte("<html>bad gateway</html>"))
	ex.Response.Status, ex.Response.Trailer, ex.Response.Fields = 502, nil, fieldsOf("content-type", "text/html")
	check(t, "an answer that is no gRPC", tell(ex), "grpc /shop.v1.Orders/Place unary shop.v1.Orders/Place  1 1 2; 0type;")
}

func compressed(t *testing.T, coding string, data []byte) []byte {
	var b bytes.Buffer
	var w io.WriteCloser
	var err error
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "snappy":
		w = snappy.NewBufferedWriter(&b)
	case "zstd":
		w, err = zstd.NewWriter(&b)
	default:
		return data
	}
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestItem49Compressed(t *testing.T) {
	for _, coding := range []string{"gzip", "deflate", "zstd", "snappy", "identity"} {
		body := append(frame(1, compressed(t, coding, pb("a word", 5))), aFrame...)
		ex := rpcOf("application/grpc", body, append(bytes.Clone(body), frame(1, compressed(t, coding, protowire.AppendVarint(protowire.AppendTag(nil, 9, 0), 1)))...))
		for _, m := range []*exchange.Message{ex.Request, ex.Response} {
			m.Fields = append(m.Fields, fieldsOf("grpc-encoding", coding)...)
		}
		check(t, coding, tell(ex), "grpc /shop.v1.Orders/Place bidi-stream shop.v1.Orders/Place OK 2 1 2; 3 1 2 9;")
	}
	ex := rpcOf("application/grpc", frame(1, []byte("\x01\x02\x03\x04")), aFrame)
	ex.Request.Fields = append(ex.Request.Fields, fieldsOf("grpc-encoding", "lz4")...)
	check(t, "unknown coding", tell(ex), "grpc /shop.v1.Orders/Place unary shop.v1.Orders/Place OK 0coding; 1 1 2;")
	// A bomb: 16 messages of 1 MiB each in 1 KiB.
	body := bytes.Repeat(frame(1, compressed(t, "gzip", protowire.AppendBytes(protowire.AppendTag(nil, 1, 2), make([]byte, 1<<20-16)))), 16)
	ex = rpcOf("application/grpc", body, aFrame)
	ex.Request.Fields = append(ex.Request.Fields, fieldsOf("grpc-encoding", "gzip")...)
	check(t, "bomb", tell(ex), "grpc /shop.v1.Orders/Place client-stream shop.v1.Orders/Place OK 1truncated 1; 1 1 2;")
}

func TestItem49Large(t *testing.T) {
	large := frame(0, protowire.AppendBytes(protowire.AppendTag(nil, 1, 2), bytes.Repeat([]byte("lorem "), 33_334)[:200_000]))
	if len(large) != 5+200_004 {
		t.Fatalf("%d bytes", len(large))
	}
	c := New(Config{Key: testKey}).Call(rpcOf("application/grpc", large, aFrame))
	check(t, "200,004 bytes", told(c), "grpc /shop.v1.Orders/Place unary shop.v1.Orders/Place OK 1 1; 1 1 2;")
	if l := c.Request.Shape.Prop("1").Node.Str.Len.Max; l != 200_000 {
		t.Errorf("length %d", l)
	}
}

// What is missing takes only what is behind it.
func TestItem49Loss(t *testing.T) {
	two := append(bytes.Clone(aFrame), frame(0, protowire.AppendVarint(protowire.AppendTag(nil, 9, 0), 1))...)
	for cut := range len(two) {
		ex := rpcOf("application/grpc", two[:cut:cut], aFrame)
		ex.Request.Gap, ex.Request.Size = true, int64(len(two))
		got := tell(ex)
		want := "grpc /shop.v1.Orders/Place unary shop.v1.Orders/Place OK 0gap; 1 1 2;"
		if cut >= len(aFrame) {
			want = strings.Replace(want, "0gap", "1gap 1 2", 1)
		}
		if cut >= len(aFrame)+5 {
			want = strings.Replace(want, "unary", "client-stream", 1)
		}
		check(t, fmt.Sprint("cut at ", cut), got, want)
	}
	ex := rpcOf("application/grpc", append(bytes.Clone(aFrame), 0, 0, 0, 1), aFrame)
	check(t, "half a head", tell(ex), "grpc /shop.v1.Orders/Place unary shop.v1.Orders/Place OK 1truncated 1 2; 1 1 2;")
	ex = rpcOf("application/grpc", append(bytes.Clone(aFrame), frame(4, nil)...), aFrame)
	check(t, "unknown flag", tell(ex), "grpc /shop.v1.Orders/Place unary shop.v1.Orders/Place OK 1syntax; 1 1 2;")
	ex = rpcOf("application/grpc", frame(0, []byte{0xff}), aFrame)
	check(t, "no protobuf", tell(ex), "grpc /shop.v1.Orders/Place unary shop.v1.Orders/Place OK 1syntax; 1 1 2;")
	ex = rpcOf("application/grpc+thrift", frame(0, []byte{0xff}), aFrame)
	check(t, "another form", tell(ex), "grpc /shop.v1.Orders/Place unary shop.v1.Orders/Place OK 1type; 1type;")
	ex = rpcOf("application/grpc+json", frame(0, []byte(`{"id":1}`)), append(frame(0, []byte(`{"ok":true}`)), frame(0, []byte(`{"more":1}`))...))
	check(t, "JSON", tell(ex), "grpc /shop.v1.Orders/Place server-stream shop.v1.Orders/Place OK 1 id; 2 more ok;")
}

func TestItem49Web(t *testing.T) {
	response := append(bytes.Clone(aFrame), frame(0x80, []byte("grpc-status:5\r\ngrpc-message:no such secret\r\nx-custom: 1\r\n"))...)
	const want = "grpc-web /shop.v1.Orders/Place unary shop.v1.Orders/Place NOT_FOUND 1 1 2; 1 1 2;"
	web := func(mediaType string, request, response []byte) *exchange.Exchange {
		ex := rpcOf(mediaType, request, response)
		ex.Request.Version, ex.Response.Version, ex.Response.Trailer = "1.1", "1.1", nil
		return ex
	}
	check(t, "binary", tell(web("application/grpc-web+proto", aFrame, response)), want)
	check(t, "binary without form", tell(web("application/grpc-web", aFrame, response)), want)
	e := base64.StdEncoding.EncodeToString
	check(t, "text", tell(web("application/grpc-web-text", []byte(e(aFrame)), []byte(e(response)))), want)
	for cut := range len(response) {
		check(t, fmt.Sprint("text in two, at ", cut), tell(web("application/grpc-web-text+proto", []byte(e(aFrame)), []byte(e(response[:cut])+e(response[cut:])))), want)
	}
	ex := web("application/grpc-web", aFrame, nil)
	ex.Response.Fields = append(ex.Response.Fields, fieldsOf("grpc-status", "5")...)
	check(t, "trailers-only", tell(ex), strings.Replace(want, "1 1 2; 1 1 2;", "1 1 2; 0;", 1))
	check(t, "no base64", tell(web("application/grpc-web-text", []byte("!!!!"), []byte(e(response)))), strings.Replace(want, "1 1 2; 1 1 2;", "0syntax; 1 1 2;", 1))
	zipped := web("application/grpc-web", aFrame, append(bytes.Clone(aFrame), frame(0x81, compressed(t, "gzip", []byte("grpc-status: 5\r\n")))...))
	zipped.Response.Fields = append(zipped.Response.Fields, fieldsOf("grpc-encoding", "gzip")...)
	check(t, "compressed trailer", tell(zipped), want)
}

func TestConnect(t *testing.T) {
	stream := append(bytes.Clone(aFrame), frame(2, []byte(`{"error":{"code":"not_found","message":"secret"}}`))...)
	ex := rpcOf("application/connect+proto", aFrame, stream)
	ex.Response.Trailer = nil
	check(t, "stream", tell(ex), "connect /shop.v1.Orders/Place unary shop.v1.Orders/Place NOT_FOUND 1 1 2; 1 1 2;")
	ex = rpcOf("application/connect+json", frame(0, []byte(`{"id":1}`)), append(frame(0, []byte(`{"ok":true}`)), frame(2, []byte(`{}`))...))
	ex.Response.Trailer = nil
	check(t, "JSON stream", tell(ex), "connect /shop.v1.Orders/Place unary shop.v1.Orders/Place OK 1 id; 1 ok;")
	ex = rpcOf("application/proto", pb("a word", 5), pb("a word", 5))
	ex.Response.Trailer = nil
	ex.Request.Fields = append(ex.Request.Fields, fieldsOf("connect-protocol-version", "1")...)
	check(t, "unary", tell(ex), "connect /shop.v1.Orders/Place unary shop.v1.Orders/Place OK 0 1 2; 0 1 2;")
	ex.Response.Status, ex.Response.Fields, ex.Response.Body = 404, fieldsOf("content-type", "application/json"), []byte(`{"code":"canceled"}`)
	check(t, "error", tell(ex), "connect /shop.v1.Orders/Place unary shop.v1.Orders/Place CANCELLED 0 1 2; 0 code;")
}

// Names are the client's choice until the server knows them.
func TestRPCNames(t *testing.T) {
	for _, c := range []struct{ path, status, want string }{
		{"/shop.v1.Orders/Place", "0", "/shop.v1.Orders/Place unary shop.v1.Orders/Place OK"},
		{"/proxy/shop.v1.Orders/Place", "0", "/proxy/shop.v1.Orders/Place unary shop.v1.Orders/Place OK"},
		{"/sessions/kR7xW2pL9vQ4tB8nY3mZ6cF1", "0", "/sessions/kR7xW2pL9vQ4tB8nY3mZ6cF1 unary sessions/kR7xW2pL9vQ4tB8nY3mZ6cF1 OK"},
		{"/sessions/kR7xW2pL9vQ4tB8nY3mZ6cF1", "12", "/sessions/{secret} unary sessions/? UNIMPLEMENTED"},
		{"/shop.Orders/ghp_Ab3dEf6hIj9lMn2pQr5tUv8xYz1bCd4fGh7j", "0", "/shop.Orders/{secret} unary shop.Orders/{secret} OK"},
		{"/shop.v1.Orders", "0", "/shop.v1.Orders"},
		{"/shop..Orders/Place", "0", "/shop..Orders/Place"},
		{"/1shop/Place", "0", "/1shop/Place"},
		{"/", "0", "/"},
	} {
		ex := rpcOf("application/grpc", aFrame, aFrame)
		ex.Request.Target, ex.Response.Trailer = []byte(c.path), fieldsOf("grpc-status", c.status)
		got := strings.TrimSuffix(tell(ex), " 1 1 2; 1 1 2;")
		check(t, c.path, got, "grpc "+c.want)
	}
}

const shopProto = `syntax = "proto3"; package shop.v1;
service Orders { rpc Place(stream Order) returns (Receipt); }
message Order { string customer_email = 1; int32 amount = 2; State state = 3; }
message Receipt { string card_number = 1; int64 total = 2; map<string, int32> lines = 3; }
enum State { UNKNOWN = 0; OPEN = 1; }`

func shopFile(t testing.TB) []byte {
	t.Helper()
	c := protocompile.Compiler{Resolver: &protocompile.SourceResolver{Accessor: protocompile.SourceAccessorFromMap(map[string]string{"x.proto": shopProto})}}
	files, err := c.Compile(context.Background(), "x.proto")
	if err != nil {
		t.Fatal(err)
	}
	b, err := proto.Marshal(protodesc.ToFileDescriptorProto(files[0]))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSchemas(t *testing.T) {
	s := protobuf.NewSchemas(protobuf.Given())
	if err := s.Add(shopFile(t)); err != nil {
		t.Fatal(err)
	}
	n := New(Config{Key: testKey, Schemas: s})
	ex := rpcOf("application/grpc", frame(0, append(pb("jane@example.com", 5), 0x18, 1)), frame(0, pb("4111111111111111", 5)))
	c := n.Call(ex)
	check(t, "with names", told(c), "grpc /shop.v1.Orders/Place client-stream shop.v1.Orders/Place OK 1 amount customerEmail state; 1 cardNumber total;")
	want := `[{"class":"email","in":"request.body","at":"$.customerEmail","count":1,"validated":true},{"class":"card","in":"response.body","at":"$.cardNumber","count":1,"validated":true}]`
	if got := text(t, c.Sensitive); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// Descriptors that reflection shows serve the connection that showed them, until it ends.
func TestReflection(t *testing.T) {
	for _, version := range []string{"v1", "v1alpha"} {
		n := New(Config{Key: testKey})
		file := protowire.AppendBytes(protowire.AppendTag(nil, 1, 2), shopFile(t))
		answer := frame(0, protowire.AppendBytes(protowire.AppendTag(nil, 4, 2), file))
		reflection := rpcOf("application/grpc", aFrame, answer)
		reflection.Request.Target = []byte("/grpc.reflection." + version + ".ServerReflection/ServerReflectionInfo")
		// Learning goes on where it stopped, whatever has arrived by then.
		whole := reflection.Response.Body
		for k := range whole {
			reflection.Response.Body = whole[:k+1]
			n.Learn(reflection)
		}
		if reflection.Taken != len(whole) {
			t.Fatalf("read %d of %d bytes", reflection.Taken, len(whole))
		}
		ex := rpcOf("application/grpc", aFrame, aFrame)
		check(t, "same connection", told(n.Call(ex)), "grpc /shop.v1.Orders/Place client-stream shop.v1.Orders/Place OK 1 amount customerEmail; 1 cardNumber total;")
		other := rpcOf("application/grpc", aFrame, aFrame)
		other.ConnStart++
		check(t, "other connection", told(n.Call(other)), "grpc /shop.v1.Orders/Place unary shop.v1.Orders/Place OK 1 1 2; 1 1 2;")
		n.Forget(ex.Server, ex.Client, ex.Net, ex.ConnStart)
		check(t, "forgotten", told(n.Call(ex)), "grpc /shop.v1.Orders/Place unary shop.v1.Orders/Place OK 1 1 2; 1 1 2;")
		if len(n.learnt) != 0 || n.learntBytes != 0 {
			t.Errorf("%d bytes of %d connections are kept", n.learntBytes, len(n.learnt))
		}
	}
}

// What connections show is bounded, each and together, and what the user gave comes first.
func TestReflectionLimits(t *testing.T) {
	given := protobuf.NewSchemas(protobuf.Given())
	if err := given.Add(shopFile(t)); err != nil {
		t.Fatal(err)
	}
	n := New(Config{Key: testKey, Schemas: given})
	false1 := bytes.ReplaceAll(shopFile(t), []byte("amount"), []byte("forged"))
	for i := range 2 * maxLearners {
		ex := rpcOf("application/grpc", aFrame, nil)
		ex.ConnStart += int64(i)
		ex.Request.Target = []byte("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
		for range 200 {
			n.learnFile(connOf(ex), append(bytes.Clone(false1), protowire.AppendBytes(protowire.AppendTag(nil, 99, 2), make([]byte, 4<<10))...))
		}
		n.learnFile(connOf(ex), []byte("no descriptor"))
	}
	if len(n.learnt) > maxLearners || n.learntBytes > maxLearnt {
		t.Errorf("%d connections, %d bytes", len(n.learnt), n.learntBytes)
	}
	check(t, "given", told(n.Call(rpcOf("application/grpc", aFrame, aFrame))), "grpc /shop.v1.Orders/Place client-stream shop.v1.Orders/Place OK 1 amount customerEmail; 1 cardNumber total;")
}

func TestBareMessage(t *testing.T) {
	ex := rpcOf("application/x-protobuf", pb("a word", 5), []byte{0xff})
	check(t, "bare", tell(ex), " /shop.v1.Orders/Place 0 1 2; 0syntax;")
	block := snappy.Encode(nil, pb("a word", 5))
	ex = rpcOf("application/x-protobuf", block, snappy.Encode(nil, make([]byte, 8<<20)))
	for _, m := range []*exchange.Message{ex.Request, ex.Response} {
		m.Fields = append(m.Fields, fieldsOf("content-encoding", "snappy")...)
	}
	check(t, "a block of Snappy", tell(ex), " /shop.v1.Orders/Place 0 1 2; 0truncated;")
}
