package sensor_test

import (
	"bytes"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
)

// talk is one connection said by hand: "> text" from the client, "< text" from the server.
func talk(n int, lines ...string) *synth.Conversation {
	c := &synth.Conversation{
		Client: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(n)}), uint16(40000+n)),
		Server: netip.MustParseAddrPort("10.9.9.9:8080"),
		Start:  1_780_000_000e9 + int64(n)*1e9, RTT: time.Millisecond,
	}
	for _, l := range lines {
		side := synth.Client
		if l[0] == '<' {
			side = synth.Server
		}
		c.Say(side, l[2:], time.Millisecond)
	}
	return c
}

// listen runs the sensor over conversations and returns the calls as lines and the coverage.
func listen(t *testing.T, cs ...*synth.Conversation) ([]string, *schemas.Coverage) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.pcap")
	if err := os.WriteFile(path, synth.New(1, cs...).Bytes(synth.PCAPNano), 0o644); err != nil {
		t.Fatal(err)
	}
	src, err := capture.OpenFiles([]string{path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var calls []string
	ids := map[string]bool{}
	cov, err := sensor.Run(t.Context(), sensor.Config{Source: src, Sink: func(int) publish.Sink {
		return publish.Func(func(c *schemas.Call) {
			if ids[c.ID] {
				t.Errorf("two calls have the id %s", c.ID)
			}
			ids[c.ID] = true
			calls = append(calls, strings.TrimSpace(strings.Join([]string{c.Method, c.Host, c.Path, statusText(c.Status), strings.Join(c.Flags, ",")}, " ")))
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	return calls, cov
}

func statusText(status int) string {
	if status == 0 {
		return "-"
	}
	return string([]byte{byte('0' + status/100), byte('0' + status/10%10), byte('0' + status%10)})
}

const (
	ask    = "> GET /a HTTP/1.1\r\nHost: x.example\r\n\r\n"
	answer = "< HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
)

func hello(name string) string {
	msgs := synth.TLS(bytes.Repeat([]byte{7}, 4096), name, []string{"h2"}, nil)
	return "> " + string(msgs[0].Body)
}

// TestProtocols: what a connection is, is told from its first bytes on any port;
// what is not HTTP/1 is counted by name and gives no call.
func TestProtocols(t *testing.T) {
	cases := []struct {
		name   string
		talk   []string
		skip   int // packets at the beginning that are not captured
		calls  []string
		opaque string
	}{
		{name: "http", talk: []string{ask, answer, ask, answer}, calls: []string{"GET x.example /a 200", "GET x.example /a 200"}},
		{name: "http, split start", talk: []string{"> GE", "> T /a HTTP/1.1\r\nHost: x.example\r\n\r\n", answer}, calls: []string{"GET x.example /a 200"}},
		{name: "tls", talk: []string{hello("secret.example"), "< \x16\x03\x03\x00\x30\x02" + strings.Repeat("s", 47)}, opaque: "tls"},
		{name: "tls, joined later", talk: []string{hello("secret.example"), "< \x17\x03\x03\x00\x30" + strings.Repeat("s", 48)}, skip: 4, opaque: "tls"},
		{name: "ssh", talk: []string{"< SSH-2.0-x\r\n", "> SSH-2.0-y\r\n", ask}, opaque: "ssh"},
		{name: "http2", talk: []string{"> PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "< \x00\x00\x00\x04\x00\x00\x00\x00\x00"}},
		{name: "binary", talk: []string{"> " + strings.Repeat("\x01\x02", 3000), "< " + strings.Repeat("\x03\x04", 3000), ask, answer}, opaque: "unknown"},
		{name: "one byte", talk: []string{"> x"}, opaque: "unknown"},
		{name: "midstream", talk: []string{ask, answer, ask, answer}, skip: 5, calls: []string{"GET x.example /a 200 midstream"}},
		{name: "websocket", talk: []string{
			"> GET /ws HTTP/1.1\r\nHost: x.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
			"< HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
			"> \x81\x85abcd\x09\x07\x0f\x08\x0e", "< \x81\x05hello",
		}, calls: []string{"GET x.example /ws 101 upgrade"}, opaque: "websocket"},
		{name: "http in a tunnel", talk: []string{
			"> CONNECT y.example:80 HTTP/1.1\r\nHost: y.example:80\r\n\r\n", "< HTTP/1.1 200 OK\r\n\r\n", ask, answer,
		}, calls: []string{"CONNECT y.example y.example:80 200 upgrade", "GET x.example /a 200"}},
		{name: "tls in a tunnel", talk: []string{
			"> CONNECT y.example:443 HTTP/1.1\r\nHost: y.example:443\r\n\r\n", "< HTTP/1.1 200 OK\r\n\r\n", hello("y.example"),
		}, calls: []string{"CONNECT y.example y.example:443 200 upgrade"}, opaque: "tls"},
		{name: "refused tunnel", talk: []string{
			"> CONNECT y.example:443 HTTP/1.1\r\nHost: y.example:443\r\n\r\n", "< HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", ask, answer,
		}, calls: []string{"CONNECT y.example y.example:443 407", "GET x.example /a 200"}},
		{name: "http behind socks", talk: []string{"> \x05\x01\x00", "< \x05\x00", "> \x05\x01\x00\x01\x0a\x00\x00\x01\x00\x50", "< \x05\x00\x00\x01\x0a\x00\x00\x01\x00\x50", ask, answer},
			calls: []string{"GET x.example /a 200"}},
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			conv := talk(i+1, c.talk...)
			conv.Skip = c.skip
			calls, cov := listen(t, conv)
			if !slices.Equal(calls, c.calls) {
				t.Errorf("calls %q, want %q", calls, c.calls)
			}
			want := map[string]uint64{}
			if c.opaque != "" {
				want[c.opaque] = 1
			}
			if !maps.Equal(cov.Opaque, want) {
				t.Errorf("opaque %v, want %v", cov.Opaque, want)
			}
			if cov.Calls != uint64(len(c.calls)) {
				t.Errorf("coverage counts %d calls", cov.Calls)
			}
		})
	}
}

// TestTLSNames: encrypted connections are counted by server name.
func TestTLSNames(t *testing.T) {
	_, cov := listen(t, talk(1, hello("a.example")), talk(2, hello("a.example")), talk(3, hello("b.example")))
	if len(cov.TLS) != 2 || cov.TLS["a.example"] == nil || cov.TLS["a.example"].Connections != 2 || cov.TLS["b.example"].ALPN["h2"] != 1 {
		t.Errorf("got %+v", cov.TLS)
	}
}

// TestCoverageCounts: half calls, orphans and losses are booked where they belong.
func TestCoverageCounts(t *testing.T) {
	half := talk(1, ask)
	orphan := talk(2, "> x", answer)
	orphan.OneSided, orphan.Only = true, synth.Server
	_, cov := listen(t, half, orphan, talk(3, ask, answer))
	if cov.Calls != 2 || cov.Half != 1 || cov.Orphans != 1 || cov.OneSided != 1 || cov.Connections != 3 {
		t.Errorf("calls %d, half %d, orphans %d, one-sided %d, connections %d", cov.Calls, cov.Half, cov.Orphans, cov.OneSided, cov.Connections)
	}
	if s := cov.Services["x.example"]; s == nil || s.Calls != 2 || s.Half != 1 {
		t.Errorf("service %+v", s)
	}
}
