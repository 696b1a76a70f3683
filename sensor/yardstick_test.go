package sensor_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
	"github.com/google/gopacket/reassembly"
)

// tally is what a program counted in a capture.
type tally struct {
	Requests, Responses, Pairs uint64
	JSON, Payload              uint64 // bytes; JSON decoded
	Unread                     uint64 // messages whose content got no shape
	Mallocs                    uint64
	GC                         float64 // CPU seconds of the collector
	Peak                       uint64  // memory, KiB
}

// walk is the first yardstick: it decodes headers with the fastest that gopacket
// offers and adds up the payload. It knows no connections.
func walk(path string) (t tally, err error) {
	f, err := os.Open(path)
	if err != nil {
		return t, err
	}
	defer f.Close()
	r, err := pcapgo.NewReader(bufio.NewReaderSize(f, 1<<18))
	if err != nil {
		return t, err
	}
	var eth layers.Ethernet
	var ip4 layers.IPv4
	var ip6 layers.IPv6
	var tcp layers.TCP
	parser := gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet, &eth, &ip4, &ip6, &tcp)
	parser.IgnoreUnsupported = true
	var decoded []gopacket.LayerType
	for {
		data, _, err := r.ZeroCopyReadPacketData()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return t, err
		}
		if parser.DecodeLayers(data, &decoded) == nil {
			t.Payload += uint64(len(tcp.Payload))
		}
	}
}

// textbook is the second yardstick: what one writes in Go with what there is.
// gopacket reassembles, net/http reads the messages of each direction in a
// goroutine, compress/gzip and encoding/json open the contents.
func textbook(path string) (tally, error) {
	f, err := os.Open(path)
	if err != nil {
		return tally{}, err
	}
	defer f.Close()
	r, err := pcapgo.NewReader(bufio.NewReaderSize(f, 1<<18))
	if err != nil {
		return tally{}, err
	}
	var eth layers.Ethernet
	var ip4 layers.IPv4
	var ip6 layers.IPv6
	var tcp layers.TCP
	parser := gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet, &eth, &ip4, &ip6, &tcp)
	parser.IgnoreUnsupported = true
	books := &books{}
	assembler := reassembly.NewAssembler(reassembly.NewStreamPool(books))
	var decoded []gopacket.LayerType
	for {
		data, ci, err := r.ZeroCopyReadPacketData()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return tally{}, err
		}
		if parser.DecodeLayers(data, &decoded) != nil || len(decoded) < 3 || decoded[2] != layers.LayerTypeTCP {
			continue
		}
		flow := ip4.NetworkFlow()
		if decoded[1] == layers.LayerTypeIPv6 {
			flow = ip6.NetworkFlow()
		}
		assembler.AssembleWithContext(flow, &tcp, &captured{ci})
	}
	assembler.FlushAll()
	books.readers.Wait()
	q, p := books.requests.Load(), books.responses.Load()
	return tally{Requests: q, Responses: p, Pairs: min(q, p), JSON: books.json.Load()}, nil
}

// captured is the context of a packet.
type captured struct{ ci gopacket.CaptureInfo }

func (c *captured) GetCaptureInfo() gopacket.CaptureInfo { return c.ci }

// books makes the streams of textbook and holds its counts.
type books struct {
	readers                         sync.WaitGroup
	requests, responses, json, keys atomic.Uint64
}

// New implements reassembly.StreamFactory.
func (b *books) New(_, _ gopacket.Flow, _ *layers.TCP, _ reassembly.AssemblerContext) reassembly.Stream {
	s := &twoWay{}
	for i, read := range []func(*bufio.Reader) error{b.request, b.response} {
		h := &half{feed: make(chan []byte, 16)}
		s.halves[i] = h
		b.readers.Go(func() {
			r := bufio.NewReader(h)
			for read(r) == nil {
			}
			for range h.feed {
			}
		})
	}
	return s
}

// twoWay is a connection, half one direction of it as an io.Reader.
type twoWay struct{ halves [2]*half }

type half struct {
	feed chan []byte
	rest []byte
}

func (h *half) Read(p []byte) (int, error) {
	for len(h.rest) == 0 {
		var more bool
		if h.rest, more = <-h.feed; !more {
			return 0, io.EOF
		}
	}
	n := copy(p, h.rest)
	h.rest = h.rest[n:]
	return n, nil
}

func (s *twoWay) Accept(*layers.TCP, gopacket.CaptureInfo, reassembly.TCPFlowDirection, reassembly.Sequence, *bool, reassembly.AssemblerContext) bool {
	return true
}

func (s *twoWay) ReassembledSG(sg reassembly.ScatterGather, _ reassembly.AssemblerContext) {
	n, _ := sg.Lengths()
	if n == 0 {
		return
	}
	h := s.halves[0]
	if dir, _, _, _ := sg.Info(); dir == reassembly.TCPDirServerToClient {
		h = s.halves[1]
	}
	h.feed <- append([]byte(nil), sg.Fetch(n)...)
}

func (s *twoWay) ReassemblyComplete(reassembly.AssemblerContext) bool {
	close(s.halves[0].feed)
	close(s.halves[1].feed)
	return true
}

func (b *books) request(r *bufio.Reader) error {
	m, err := http.ReadRequest(r)
	if err != nil {
		return err
	}
	b.requests.Add(1)
	return b.content(m.Body, m.Header)
}

func (b *books) response(r *bufio.Reader) error {
	m, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	b.responses.Add(1)
	return b.content(m.Body, m.Header)
}

// content reads a body to its end and walks it when it is JSON.
func (b *books) content(body io.ReadCloser, h http.Header) error {
	defer body.Close()
	var in io.Reader = body
	if h.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(body)
		if err != nil {
			return err
		}
		in = z
	}
	data, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	var v any
	if len(data) > 0 && json.Unmarshal(data, &v) == nil {
		b.json.Add(uint64(len(data)))
		b.keys.Add(keys(v))
	}
	_, err = io.Copy(io.Discard, body)
	return err
}

// keys counts the names of all objects in v.
func keys(v any) (n uint64) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			n += keys(e)
			if k != "" {
				n++
			}
		}
	case []any:
		for _, e := range v {
			n += keys(e)
		}
	}
	return n
}
