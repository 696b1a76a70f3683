package sensor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/reflection"
	reflectpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"

	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/protobuf"
	"wirecensus/sensor/publish"
)

// relay passes bytes between two sockets and keeps them in the order in which they came.
type relay struct {
	mu   sync.Mutex
	said []string // as talk takes them
	done sync.WaitGroup
}

func (r *relay) pass(to, from net.Conn, mark string) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			r.mu.Lock()
			r.said = append(r.said, mark+string(buf[:n]))
			r.mu.Unlock()
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			to.Close()
			return
		}
	}
}

// tapped connects a client to the server at addr through a relay.
func tapped(t *testing.T, addr string, r *relay) *grpc.ClientConn {
	t.Helper()
	c, err := grpc.NewClient("passthrough:///shop.example:8080", grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		server, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, err
		}
		near, far := net.Pipe()
		r.done.Go(func() { r.pass(server, far, "> ") })
		r.done.Go(func() { r.pass(far, server, "< ") })
		return near, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// grpcServer answers each of the four kinds of calls; a response_status is the call's status.
type grpcServer struct {
	testpb.UnimplementedTestServiceServer
}

func echoed(s *testpb.EchoStatus) error {
	if s == nil {
		return nil
	}
	return status.Error(codes.Code(s.Code), s.Message)
}

func payload(n int32) *testpb.Payload { return &testpb.Payload{Body: make([]byte, n)} }

func (grpcServer) EmptyCall(context.Context, *testpb.Empty) (*testpb.Empty, error) {
	return new(testpb.Empty), nil
}

func (grpcServer) UnaryCall(ctx context.Context, q *testpb.SimpleRequest) (*testpb.SimpleResponse, error) {
	if q.FillUsername {
		<-ctx.Done()
		return nil, status.FromContextError(ctx.Err()).Err()
	}
	return &testpb.SimpleResponse{Payload: payload(q.ResponseSize), Username: "jane.doe@example.com"}, echoed(q.ResponseStatus)
}

func (grpcServer) StreamingOutputCall(q *testpb.StreamingOutputCallRequest, s grpc.ServerStreamingServer[testpb.StreamingOutputCallResponse]) error {
	for _, p := range q.ResponseParameters {
		if err := s.Send(&testpb.StreamingOutputCallResponse{Payload: payload(p.Size)}); err != nil {
			return err
		}
	}
	return echoed(q.ResponseStatus)
}

func (grpcServer) StreamingInputCall(s grpc.ClientStreamingServer[testpb.StreamingInputCallRequest, testpb.StreamingInputCallResponse]) error {
	for n := int32(0); ; n++ {
		if _, err := s.Recv(); errors.Is(err, io.EOF) {
			return s.SendAndClose(&testpb.StreamingInputCallResponse{AggregatedPayloadSize: n})
		} else if err != nil {
			return err
		}
	}
}

func (grpcServer) FullDuplexCall(s grpc.BidiStreamingServer[testpb.StreamingOutputCallRequest, testpb.StreamingOutputCallResponse]) error {
	for {
		q, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			if err = echoed(q.ResponseStatus); err == nil {
				err = s.Send(&testpb.StreamingOutputCallResponse{Payload: payload(3)})
			}
		}
		if err != nil {
			return err
		}
	}
}

// serveGRPC starts the server and returns its address.
func serveGRPC(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	testpb.RegisterTestServiceServer(s, grpcServer{})
	reflection.Register(s)
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.Serve(l) }) // ends with Stop
	t.Cleanup(func() { s.Stop(); serving.Wait() })
	return l.Addr().String()
}

// truth is what a client did: "path kind status" of each call, in order of its end.
type truth []string

// conduct makes calls of every kind, sizes and outcomes.
func conduct(t *testing.T, conn *grpc.ClientConn) (did truth) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c := testpb.NewTestServiceClient(conn)
	note := func(method, kind string, err error) {
		did = append(did, fmt.Sprintf("/grpc.testing.TestService/%s %s %s", method, kind, strings.ToUpper(codeName(status.Code(err)))))
	}
	_, err := c.EmptyCall(ctx, new(testpb.Empty))
	note("EmptyCall", "unary", err)
	for _, q := range []*testpb.SimpleRequest{
		{ResponseSize: 10, Payload: payload(10)}, {ResponseSize: 200_004, Payload: payload(199_996)}, {ResponseStatus: &testpb.EchoStatus{Code: 5, Message: "no such jane.doe@example.com"}},
		{ResponseStatus: &testpb.EchoStatus{Code: 16}}, {ResponseStatus: &testpb.EchoStatus{Code: 2, Message: "ü%"}},
	} {
		_, err := c.UnaryCall(ctx, q)
		note("UnaryCall", "unary", err)
		_, err = c.UnaryCall(ctx, q, grpc.UseCompressor(gzip.Name))
		note("UnaryCall", "unary", err)
	}
	_, err = c.UnimplementedCall(ctx, new(testpb.Empty))
	note("UnimplementedCall", "unary", err)
	soon, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, err = c.UnaryCall(soon, &testpb.SimpleRequest{ResponseSize: 1})
	note("UnaryCall", "unary", err)
	for _, n := range []int{2, 20} {
		out, err := c.StreamingOutputCall(ctx, &testpb.StreamingOutputCallRequest{ResponseParameters: slices.Repeat([]*testpb.ResponseParameters{{Size: 5000}}, n)})
		for err == nil {
			_, err = out.Recv()
		}
		note("StreamingOutputCall", "server-stream", eof(err))
		in, err := c.StreamingInputCall(ctx)
		for i := 0; i < n && err == nil; i++ {
			err = in.Send(&testpb.StreamingInputCallRequest{Payload: payload(5000)})
		}
		if err == nil {
			_, err = in.CloseAndRecv()
		}
		note("StreamingInputCall", "client-stream", err)
		both, err := c.FullDuplexCall(ctx)
		for i := 0; i < n && err == nil; i++ {
			if err = both.Send(&testpb.StreamingOutputCallRequest{Payload: payload(50)}); err == nil {
				_, err = both.Recv()
			}
		}
		if err == nil {
			err = both.CloseSend()
		}
		if err == nil {
			_, err = both.Recv()
		}
		note("FullDuplexCall", "bidi-stream", eof(err))
	}
	return did
}

func eof(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func codeName(c codes.Code) string {
	var words []byte
	for i, b := range []byte(c.String()) {
		if i > 0 && 'A' <= b && b <= 'Z' && c != codes.OK {
			words = append(words, '_')
		}
		words = append(words, b)
	}
	return string(words)
}

// told are the calls as truth has them.
func told(calls []*schemas.Call) (out truth) {
	for _, c := range calls {
		for _, o := range c.Operations {
			if c.Method != "POST" || c.Protocol != "grpc" || c.Status != 200 || c.Path != "/"+o.Name || c.Host != "shop.example" {
				out = append(out, "odd "+line(c))
				continue
			}
			out = append(out, strings.Join([]string{c.Path, o.Kind, o.Status}, " "))
		}
	}
	return out
}

// Every call of grpc-go comes out, with its path, kind and status.
func TestItem49GRPCGo(t *testing.T) {
	var r relay
	conn := tapped(t, serveGRPC(t), &r)
	want := conduct(t, conn)
	conn.Close()
	r.done.Wait()
	tp := raw(talk(1, r.said...))
	calls, cov := hear(t, tp)
	if got := told(calls); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if len(cov.Opaque) != 0 || cov.Half+cov.Orphans != 0 {
		t.Errorf("%+v", cov)
	}
	large := calls[3].Response
	if large.Messages != 1 || large.Shape.Prop("1").Node.Prop("2").Node.Str.Len.Max < 200_004 || large.Unread != "" {
		t.Errorf("the message of 200,004 bytes: %+v", large)
	}
	text, err := json.Marshal(calls)
	if err != nil || bytes.Contains(text, []byte("jane")) {
		t.Errorf("a value of a message or trailer is in the calls: %v", err)
	}
	set := protodesc.ToFileDescriptorProto(testpb.File_grpc_testing_messages_proto)
	s := protobuf.NewSchemas(protobuf.Given())
	for _, f := range []proto.Message{set, protodesc.ToFileDescriptorProto(testpb.File_grpc_testing_test_proto), protodesc.ToFileDescriptorProto(testpb.File_grpc_testing_empty_proto)} {
		b, err := proto.Marshal(f)
		if err != nil || s.Add(b) != nil {
			t.Fatal(err)
		}
	}
	named, _ := run(t, sensor.Config{Source: &source{tape: tp}, Schemas: s})
	if got := told(named); !slices.Equal(got, want) {
		t.Errorf("with names: got %q\nwant %q", got, want)
	}
	if p := named[1].Request.Shape.Prop("responseSize"); p == nil || named[1].Response.Shape.Prop("username") == nil {
		t.Errorf("names are missing: %+v", named[1].Request.Shape)
	}
}

// Descriptors that reflection shows name the calls of their connection that end
// later, for any cut of the stream into segments and any number of shards.
func TestItem49Reflection(t *testing.T) {
	addr := serveGRPC(t)
	var r, other relay
	conn := tapped(t, addr, &r)
	c := testpb.NewTestServiceClient(conn)
	before, err := c.UnaryCall(t.Context(), &testpb.SimpleRequest{ResponseSize: 10})
	if err != nil || len(before.Payload.Body) != 10 {
		t.Fatal(before, err)
	}
	stream, err := reflectpb.NewServerReflectionClient(conn).ServerReflectionInfo(t.Context())
	if err == nil {
		err = stream.Send(&reflectpb.ServerReflectionRequest{MessageRequest: &reflectpb.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: "grpc.testing.TestService"}})
	}
	if err == nil {
		_, err = stream.Recv()
	}
	if err != nil {
		t.Fatal(err)
	}
	want := conduct(t, conn) // while the stream is open
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	conn.Close()
	conn = tapped(t, addr, &other)
	conduct(t, conn)
	conn.Close()
	r.done.Wait()
	other.done.Wait()

	calls, _ := hear(t, raw(talk(1, r.said...)))
	if len(calls) != len(want)+2 || !slices.Equal(told(calls[1:len(calls)-1]), want) {
		t.Fatalf("got %q\nwant %q", told(calls), want)
	}
	if calls[0].Request.Shape.Prop("2") == nil || calls[2].Request.Shape.Prop("responseSize") == nil {
		t.Errorf("names: %+v, then %+v", calls[0].Request.Shape, calls[2].Request.Shape)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	all := plain(t, calls)
	for range 5 {
		cut, _ := hear(t, raw(talk(1, resay(rnd, r.said)...)))
		if got := plain(t, cut); !slices.Equal(got, all) {
			t.Fatal("another cut into segments gives other calls")
		}
	}
	both := raw(talk(1, r.said...), talk(2, other.said...))
	one, _ := hear(t, both)
	four, _ := runShards(t, both, 4)
	a, b := plain(t, one), plain(t, four)
	slices.Sort(a)
	slices.Sort(b)
	if !slices.Equal(a, b) {
		t.Error("four shards give other calls than one")
	}
}

// plain are the calls as JSON without their times.
func plain(t *testing.T, calls []*schemas.Call) (out []string) {
	t.Helper()
	for _, c := range calls {
		d := *c
		d.Time, d.Duration = 0, 0
		text, err := json.Marshal(&d)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(text))
	}
	return out
}

// resay says the same in other pieces.
func resay(r *rand.Rand, said []string) (out []string) {
	for _, s := range said {
		mark, s := s[:2], s[2:]
		for len(s) > 0 {
			n := min(1+r.IntN(3000), len(s))
			if len(out) > 0 && r.IntN(2) == 0 && strings.HasPrefix(out[len(out)-1], mark) {
				out[len(out)-1] += s[:n]
			} else {
				out = append(out, mark+s[:n])
			}
			s = s[n:]
		}
	}
	return out
}

func runShards(t *testing.T, tp tape, shards int) ([]*schemas.Call, *schemas.Coverage) {
	t.Helper()
	var mu sync.Mutex
	var calls []*schemas.Call
	cfg := sensor.Config{Source: &source{tape: tp}, Shards: shards, Key: []byte("k"), Sink: collect(&mu, &calls)}
	cov, err := sensor.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return calls, cov
}

// collect returns sinks that all append to calls.
func collect(mu *sync.Mutex, calls *[]*schemas.Call) func(int) publish.Sink {
	return func(int) publish.Sink {
		return publish.Func(func(c *schemas.Call) {
			mu.Lock()
			defer mu.Unlock()
			*calls = append(*calls, c)
		})
	}
}
