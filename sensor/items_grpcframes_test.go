package sensor_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// grpcFrame is a message with the five bytes in front.
func grpcFrame(flags byte, data string) string {
	return string(be.AppendUint32([]byte{flags}, uint32(len(data)))) + data
}

// rpc says a call by hand: each text of request and answer is a DATA frame; the trailer ends it unless it is nil.
func rpc(id uint32, path string, request, answer, trailer []string) (said []string) {
	c, s := speak(id == 1), speak(false)
	if id > 1 {
		c.said()
		s.said()
	}
	c.headers(id, false, ":method", "POST", ":scheme", "http", ":path", path, ":authority", "x.example", "content-type", "application/grpc", "te", "trailers", "grpc-timeout", "250m")
	for i, d := range request {
		c.data(id, i == len(request)-1, d)
	}
	said = append(said, "> "+c.said())
	if answer != nil {
		s.headers(id, false, ":status", "200", "content-type", "application/grpc")
		for _, d := range answer {
			s.data(id, false, d)
		}
		s.headers(id, true, trailer...)
	} else {
		s.headers(id, true, append([]string{":status", "200", "content-type", "application/grpc"}, trailer...)...)
	}
	return append(said, "< "+s.said())
}

// pieces cuts s into pieces of n bytes.
func pieces(s string, n int) (out []string) {
	for len(s) > n {
		out, s = append(out, s[:n]), s[n:]
	}
	return append(out, s)
}

// One message over many DATA frames, at any size of them; many in one.
func TestItem49Frames(t *testing.T) {
	m := "\x0a\x0bhello world\x10\x05"
	big := grpcFrame(0, "\x0a\xc0\x9a\x0c"+strings.Repeat("lorem ipsum ", 16_667)[:200_000]) // 200,004 bytes
	for _, n := range []int{1, 3, 7, 1000, 16384} {
		request := grpcFrame(0, m) + grpcFrame(0, m)
		if n >= 1000 {
			request = big
		}
		calls, cov := hear(t, raw(talk(1, rpc(1, "/a.B/C", pieces(request, n), pieces(grpcFrame(0, m)+grpcFrame(0, "")+grpcFrame(0, m), n), []string{"grpc-status", "0"})...)))
		wantLines(t, calls, "POST x.example /a.B/C 200")
		if len(calls) != 1 || cov.Half != 0 {
			t.Fatalf("%+v", cov)
		}
		c := calls[0]
		if kind := map[bool]string{true: "server-stream", false: "bidi-stream"}[n >= 1000]; c.Operations[0].Kind != kind || c.Operations[0].Status != "OK" {
			t.Errorf("frames of %d: %+v", n, c.Operations)
		}
		if c.Response.Messages != 3 || c.Response.Shape.Prop("2").Seen != 2 || c.Request.Unread != "" || c.Request.Shape.Prop("1") == nil {
			t.Errorf("frames of %d: %+v, %+v", n, c.Request, c.Response)
		}
	}
}

// The status is that of the trailer, or of the only head; the deadline is a name.
func TestItem49Trailers(t *testing.T) {
	one := []string{grpcFrame(0, "\x08\x01")}
	for _, x := range []struct {
		answer  []string
		trailer []string
		want    string
	}{
		{one, []string{"grpc-status", "0"}, "OK"}, {one, []string{"grpc-status", "4", "grpc-message", "context%20deadline"}, "DEADLINE_EXCEEDED"},
		{nil, []string{"grpc-status", "12"}, "UNIMPLEMENTED"}, {nil, []string{"grpc-status", "7", "grpc-message", "no"}, "PERMISSION_DENIED"}, {one, []string{"x-other", "1"}, ""},
	} {
		calls, _ := hear(t, raw(talk(1, rpc(1, "/a.B/C", one, x.answer, x.trailer)...)))
		if len(calls) != 1 || calls[0].Operations[0].Status != x.want || calls[0].Operations[0].Kind != "unary" || len(calls[0].ResponseHeaders) != 0 {
			t.Errorf("%s: %+v", x.want, calls)
		}
		if h := calls[0].Headers; len(h) != 1 || h[0].Name != "grpc-timeout" || h[0].Shape != nil {
			t.Errorf("deadline: %+v", h)
		}
	}
}

// A lost packet costs the messages that it held and those behind them, no call.
func TestItem49Loss(t *testing.T) {
	m := grpcFrame(0, "\x0a\x0bhello world")
	tp := raw(talk(1, rpc(1, "/a.B/C", []string{m}, pieces(strings.Repeat(m, 1000), 4000), []string{"grpc-status", "0"})...))
	whole, _ := hear(t, tp)
	if n := whole[0].Response.Messages; n != 1000 {
		t.Fatalf("%d messages", n)
	}
	cut := 0
	for i := range tp {
		if len(tp[i].Data) < 1000 {
			continue
		}
		calls, _ := hear(t, slices.Delete(slices.Clone(tp), i, i+1))
		if len(calls) != 1 || calls[0].Path != "/a.B/C" {
			t.Fatalf("without packet %d: %q", i, lines(calls))
		}
		if c := calls[0].Response; c.MediaType != "" && c.Messages < 1000 { // "": its head was lost
			cut++
			if c.Unread != "gap" || c.Messages > 0 && c.Shape.Prop("1").Seen != uint64(c.Messages) {
				t.Errorf("without packet %d: %+v", i, c)
			}
		}
	}
	if cut < 5 {
		t.Errorf("only %d packets mattered", cut)
	}
}

// gRPC-Web over HTTP/1.1, binary and in base64, its trailer within the content.
func TestItem49WebPipeline(t *testing.T) {
	request := grpcFrame(0, "\x08\x01")
	answer := grpcFrame(0, "\x0a\x05hello") + grpcFrame(0x80, "grpc-status: 3\r\ngrpc-message: bad\r\n")
	b64 := base64.StdEncoding.EncodeToString
	for mediaType, body := range map[string][2]string{
		"application/grpc-web+proto": {request, answer}, "application/grpc-web-text": {b64([]byte(request)), b64([]byte(answer[:9])) + b64([]byte(answer[9:]))},
	} {
		calls, _ := hear(t, raw(talk(1, fmt.Sprintf("> POST /a.B/C HTTP/1.1\r\nHost: x.example\r\nContent-Type: %s\r\nX-Grpc-Web: 1\r\nContent-Length: %d\r\n\r\n%s", mediaType, len(body[0]), body[0]),
			fmt.Sprintf("< HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", mediaType, len(body[1]), body[1]))))
		wantLines(t, calls, "POST x.example /a.B/C 200")
		c := calls[0]
		if c.Protocol != "grpc-web" || c.Operations[0].Status != "INVALID_ARGUMENT" || c.Operations[0].Name != "a.B/C" || c.Response.Messages != 1 || c.Response.Shape.Prop("1") == nil || c.Request.Shape.Prop("1") == nil {
			t.Errorf("%s: %+v", mediaType, c)
		}
	}
}
