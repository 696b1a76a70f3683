package synth

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"
)

// Truth is what is known about a capture because it was made.
type Truth struct {
	Seed        uint64    `json:"seed"`
	First       time.Time `json:"first,omitzero"`
	Last        time.Time `json:"last,omitzero"`
	Frames      uint64    `json:"frames"`
	DataFrames  uint64    `json:"data_frames"` // frames with TCP payload
	FrameBytes  uint64    `json:"frame_bytes"` // of TCP frames on the wire
	Dropped     uint64    `json:"dropped"`     // packets the mirror lost
	Connections uint64    `json:"connections"`
	StreamBytes uint64    `json:"stream_bytes"` // said on all connections
	LostBytes   uint64    `json:"lost_bytes"`   // said, but in no captured frame

	Summary   Summary    `json:"summary"`
	Services  []Service  `json:"services,omitempty"`
	Endpoints []Endpoint `json:"endpoints,omitempty"`
	Calls     []*Call    `json:"calls,omitempty"`
	// Probed are the places, "host path", that only scanners asked for and nothing answered: no endpoints.
	Probed []string `json:"probed,omitempty"`
	// Canaries are sensitive strings that are somewhere in the traffic and must
	// be in no output; sorted, each once.
	Canaries []Canary `json:"canaries,omitempty"`
	// Hidden are the server names of the TLS connections with their number.
	Hidden map[string]int `json:"hidden,omitempty"`
	// Actors are the clients worth noticing and what they are.
	Actors map[string]string `json:"actors,omitempty"`
}

// Summary counts calls by what was captured of them.
type Summary struct {
	Calls        uint64 `json:"calls"`
	RequestHeads uint64 `json:"request_heads"` // captured whole
	Requests     uint64 `json:"requests"`      // captured whole, content included
	Responses    uint64 `json:"responses"`     // captured whole
	Whole        uint64 `json:"whole"`         // both
	JSONBytes    uint64 `json:"json_bytes"`    // decoded, of all calls
}

// Service is one authority.
type Service struct {
	Host     string `json:"host"` // as in Host, with the port where it is not 80
	Declared string `json:"declared,omitempty"`
}

// Endpoint is one endpoint and what should be said of it.
type Endpoint struct {
	Service  string `json:"service"`
	Method   string `json:"method"`
	Template string `json:"template"`
	// Verdict: documented, shadow, undocumented, zombie, orphan; for places that
	// are no endpoints: static, fallback, probed, health where none is declared.
	Verdict string  `json:"verdict"`
	Calls   int     `json:"calls"`
	Drift   []Drift `json:"drift,omitempty"`
	// Protocol is what HTTP carries there, "" nothing, Operations what was asked for in it.
	Protocol   string      `json:"protocol,omitempty"`
	Operations []Operation `json:"operations,omitempty"`
	Note       string      `json:"note,omitempty"`
}

// Operation is one operation of a protocol that HTTP carries, and how often it was asked for.
type Operation struct {
	Kind  string `json:"kind"` // query, mutation; call
	Name  string `json:"name"`
	Calls int    `json:"calls"`
}

// Drift is one planted difference from the declared operation.
type Drift struct {
	Kind  string `json:"kind"` // undeclared-field, missing-required-field, undeclared-parameter, type-mismatch, undeclared-status
	In    string `json:"in"`   // query, request, response 200
	At    string `json:"at"`
	Calls int    `json:"calls"`
}

// Canary is one sensitive string.
type Canary struct {
	Class string `json:"class"`
	Value string `json:"value"`
}

// Call is one request and its response.
type Call struct {
	Time     time.Time `json:"time"`
	Client   string    `json:"client"`
	Server   string    `json:"server"`
	Method   string    `json:"method"`
	Host     string    `json:"host"`
	Path     string    `json:"path"`
	Status   int       `json:"status"`
	Template string    `json:"template,omitempty"`
	// Head says that the request's head was captured whole; Request and Response
	// are "whole", "part" or "none".
	Head     bool   `json:"head"`
	Request  string `json:"request"`
	Response string `json:"response"`

	timed, settled   bool
	size, got        [2]int
	headLen, headGot int
	bytesJSON        int
}

func (c *Call) seen(at int64) {
	if c != nil && !c.timed {
		c.timed = true
		c.Time = time.Unix(0, at).UTC()
	}
}

// settle adds what was captured of the batch that k has sent.
func (t *Truth) settle(k *conn) {
	for i := range k.pieces {
		s := &k.pieces[i]
		m := &k.msgs[s.msg]
		t.StreamBytes += uint64(s.n)
		t.LostBytes += uint64(s.n - s.got)
		c := m.Call
		if c == nil {
			continue
		}
		c.size[m.Side] += int(s.n)
		c.got[m.Side] += int(s.got)
		if m.Side == Client && int(s.off) < len(m.Head) {
			c.headLen += min(int(s.n), len(m.Head)-int(s.off))
			c.headGot += min(int(s.got), len(m.Head)-int(s.off))
		}
	}
	for i := range k.msgs {
		if c := k.msgs[i].Call; c != nil && !c.settled {
			t.finish(c)
		}
	}
}

// finish sums up a call all of whose messages are out.
func (t *Truth) finish(c *Call) {
	c.settled = true
	c.Head = c.headGot == c.headLen
	c.Request, c.Response = portion(c.got[Client], c.size[Client]), portion(c.got[Server], c.size[Server])
	s := &t.Summary
	s.Calls++
	s.JSONBytes += uint64(c.bytesJSON)
	if c.Head {
		s.RequestHeads++
	}
	if c.Request == "whole" {
		s.Requests++
	}
	if c.Response == "whole" {
		s.Responses++
		if c.Request == "whole" {
			s.Whole++
		}
	}
}

func portion(got, size int) string {
	switch {
	case got == size:
		return "whole"
	case got == 0:
		return "none"
	}
	return "part"
}

// WriteTo writes the truth as JSON.
func (t *Truth) WriteTo(w io.Writer) (int64, error) {
	b, err := json.MarshalIndent(t, "", " ")
	if err != nil {
		return 0, err
	}
	n, err := w.Write(append(b, '\n'))
	return int64(n), err
}

// sortCanaries sorts the canaries and drops repetitions.
func (t *Truth) sortCanaries() {
	cmp := func(a, b Canary) int { return strings.Compare(a.Value, b.Value) }
	slices.SortFunc(t.Canaries, cmp)
	t.Canaries = slices.CompactFunc(t.Canaries, func(a, b Canary) bool { return a.Value == b.Value })
}
