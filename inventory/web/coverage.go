package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// part is one named share of a whole.
type part struct {
	Name  string
	Count uint64
}

// parts returns the counts of a map that are not zero, largest first.
func parts(m map[string]uint64) []part {
	var list []part
	for name, n := range m {
		if n > 0 {
			list = append(list, part{name, n})
		}
	}
	slices.SortFunc(list, func(a, b part) int { return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Name, b.Name)) })
	return list
}

// coverage is what the verdicts of the page rest on.
type coverage struct {
	*schemas.Coverage
	Verdict, Tone string
	// Stream splits the bytes of the connections: read, passed over, lost.
	Stream   []part
	Checks   []check
	Blind    []part // connections whose protocol is not read
	Unread   []part // frames that were not decoded
	Oddities []part
	Degraded []api.Service
}

// check is one way of losing sight, with what it means for the reader.
type check struct {
	Name, Value, Meaning string
	Tone                 string
}

// The shares from which on a loss is worth a warning, and a strong one.
const (
	warnShare = 0.001
	badShare  = 0.05
)

func toneOf(part, whole uint64) string {
	switch {
	case part == 0:
		return "good"
	case float64(part) >= badShare*float64(whole):
		return "bad"
	case float64(part) >= warnShare*float64(whole):
		return "warn"
	}
	return ""
}

func newCoverage(c *schemas.Coverage, services []api.Service) coverage {
	v := coverage{Coverage: c, Blind: parts(c.Opaque), Unread: parts(c.Undecoded), Oddities: parts(c.Anomalies)}
	read := c.StreamBytes - min(c.Skipped, c.StreamBytes)
	v.Stream = []part{{"read", read}, {"passed over", c.Skipped}, {"cut off", c.CutBytes}, {"lost", c.GapBytes}}
	lost := c.GapBytes + c.CutBytes
	connections, _ := api.Traffic(c)
	v.Checks = []check{
		{"lost on the way", api.Bytes(lost) + " of " + api.Bytes(lost+c.StreamBytes), "bytes that the mirror dropped or cut: calls with such a gap are kept, and marked", toneOf(lost, lost+c.StreamBytes)},
		{"one direction only", fmt.Sprintf("%s of %s connections", api.Number(c.OneSided), api.Number(c.Connections)), "without the answers, whether an endpoint works is unknown", toneOf(c.OneSided, c.Connections)},
		{"half-seen calls", api.Number(c.Half), "requests whose response was not seen", toneOf(c.Half, c.Calls)},
		{"lone responses", api.Number(c.Orphans), "responses whose request was not seen: they are in no endpoint", toneOf(c.Orphans, c.Calls)},
		{"joined midway", fmt.Sprintf("%s of %s connections", api.Number(c.Midstream), api.Number(c.Connections)), "open before the capture began", toneOf(c.Midstream, c.Connections)},
		{"encrypted", fmt.Sprintf("%s of %s connections", api.Number(encrypted(c)), api.Number(connections)), sealed(c), toneOf(encrypted(c), connections)},
		{"dropped at a limit", api.Number(total(c.Evicted)), "state given up to stay within memory", toneOf(total(c.Evicted), c.Connections)},
		{"contradicting copies", api.Number(c.Conflicts), "overlapping segments that disagreed: two readers may have taken them differently", toneOf(c.Conflicts, c.Connections)},
	}
	worst := ""
	for _, k := range v.Checks[:5] {
		if k.Tone == "bad" || k.Tone == "warn" && worst == "" {
			worst = k.Tone
		}
	}
	v.Verdict, v.Tone = verdict(worst)
	for _, s := range services {
		if s.Coverage != "" && s.Coverage != "ok" {
			v.Degraded = append(v.Degraded, s)
		}
	}
	return v
}

func verdict(worst string) (text, tone string) {
	switch worst {
	case "bad":
		return "much was lost: read the coverage first", "bad"
	case "warn":
		return "some was lost: see below", "warn"
	}
	return "seen practically whole", "good"
}

// sealed says what the encrypted connections mean, and how many others could be opened.
func sealed(c *schemas.Coverage) string {
	text := "nothing inside is visible without the keys"
	if c.Decrypted > 0 {
		text += "; " + api.Plural(c.Decrypted, "more connection") + " decrypted with keys"
	}
	if c.DecryptedFailures > 0 {
		text += ", " + api.Plural(c.DecryptedFailures, "record") + " not opened"
	}
	return text
}

func encrypted(c *schemas.Coverage) uint64 {
	var n uint64
	for _, h := range c.TLS {
		n += h.Connections
	}
	quic := uint64(0)
	if c.QUIC != nil {
		quic = c.QUIC.Flows
	}
	return max(n, c.Opaque["tls"]+quic)
}

func total(m map[string]uint64) uint64 {
	var n uint64
	for _, v := range m {
		n += v
	}
	return n
}

// span writes an interval of packet time.
func span(first, last schemas.Time) string {
	if last == 0 {
		return ""
	}
	return fmt.Sprintf("%s to %s UTC (%s)", api.Minute(first), api.Minute(last), api.Lasting(time.Duration(last-first)))
}
