package term

import (
	"fmt"
	"strings"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// Loss says in a few lines what was read, what was lost before it could be read,
// and what was there but cannot be read: an inventory is as good as this.
func Loss(c *schemas.Coverage, s Screen) string {
	const indent = 10
	var b strings.Builder
	line := func(name, text string, bad bool) {
		st := bold
		if bad {
			st = yellow
		}
		b.WriteString(s.paint(st, pad(name, indent)) + s.wrap(indent, text) + "\n")
	}
	read := fmt.Sprintf("%s (%s), %s, %s of streams", api.Plural(c.Frames, "frame"), api.Bytes(c.Bytes), api.Plural(c.Connections, "connection"), api.Bytes(c.StreamBytes))
	if c.Duplicates > 0 {
		read += ", " + api.Plural(c.Duplicates, "duplicate frame") + " dropped"
	}
	line("read", read, false)
	lost, bad := lossOf(c)
	line("lost", lost, bad)
	if unread := unreadOf(c); unread != "" {
		line("not read", unread, true)
	}
	if n := len(c.TLS); n > 0 {
		line("encrypted", encryptedOf(c), true)
	}
	if c.Decrypted > 0 || c.DecryptedFailures > 0 {
		line("decrypted", decryptedOf(c), c.DecryptedFailures > 0)
	}
	if text := counted(c.Anomalies, maxNames); text != "" {
		line("oddities", text, false)
	}
	return b.String()
}

func lossOf(c *schemas.Coverage) (text string, bad bool) {
	var parts []string
	if c.GapBytes > 0 {
		parts = append(parts, fmt.Sprintf("%s (%s) in %s", api.Bytes(c.GapBytes), api.Share(c.GapBytes, c.GapBytes+c.StreamBytes), api.Plural(c.Gaps, "gap")))
	}
	for _, l := range []struct {
		n    uint64
		text string
	}{
		{c.CutBytes, api.Bytes(c.CutBytes) + " cut off by the snap length"},
		{c.Skipped, api.Bytes(c.Skipped) + " passed over to find the next message"},
		{c.Half, api.Plural(c.Half, "call") + " without a response"},
		{c.Orphans, api.Plural(c.Orphans, "response") + " without a request"},
		{c.OneSided, fmt.Sprintf("%s of %s seen in one direction only (%s)", api.Number(c.OneSided), api.Plural(c.Connections, "connection"), api.Share(c.OneSided, c.Connections))},
		{c.Midstream, api.Plural(c.Midstream, "connection") + " joined after the start"},
		{c.Conflicts, api.Plural(c.Conflicts, "overlap") + " that disagreed"},
		{c.AckGaps, fmt.Sprintf("%s of %s acknowledged what was not captured (%s)", api.Number(c.AckGaps), api.Plural(c.Acks, "segment"), api.Share(c.AckGaps, c.Acks))},
	} {
		if l.n > 0 {
			parts = append(parts, l.text)
		}
	}
	parts = append(parts, droppedOf(c)...)
	if text := counted(c.Evicted, maxNames); text != "" {
		parts = append(parts, "state dropped at a limit: "+text)
	}
	if len(parts) == 0 {
		return "nothing", false
	}
	return strings.Join(parts, "; "), true
}

// droppedOf says what a live capture dropped and what was left out because it could not keep up.
func droppedOf(c *schemas.Coverage) (parts []string) {
	if l := c.Live; l != nil {
		if l.KernelDrops > 0 {
			parts = append(parts, fmt.Sprintf("%s of %s dropped in the ring (%s)", api.Number(l.KernelDrops), api.Plural(l.KernelPackets, "packet"), api.Share(l.KernelDrops, l.KernelPackets)))
		}
		if l.QueueDrops > 0 {
			parts = append(parts, api.Plural(l.QueueDrops, "segment")+" dropped because a worker was behind")
		}
		if n := uint64(len(l.Outages)) + l.MoreOutages; n > 0 {
			parts = append(parts, api.Plural(n, "outage")+" of the interface")
		}
	}
	if len(c.Shed) > 0 {
		parts = append(parts, fmt.Sprintf("left out, because the sensor could not keep up: content of %s, of them the responses of %s; %s in part or whole (%s)",
			api.Plural(c.Shed["bodies"], "call"), api.Number(c.Shed["responses"]), api.Plural(c.Shed["connections"], "connection"), api.Bytes(c.Shed["bytes"])))
	}
	return parts
}

func unreadOf(c *schemas.Coverage) string {
	var parts []string
	if text := counted(c.Undecoded, maxNames); text != "" {
		parts = append(parts, "frames: "+text)
	}
	if text := counted(c.Opaque, maxNames); text != "" {
		parts = append(parts, "connections: "+text)
	}
	return strings.Join(parts, "; ")
}

func decryptedOf(c *schemas.Coverage) string {
	text := api.Plural(c.Decrypted, "connection") + " in TLS, with the secrets given"
	if c.DecryptedFailures > 0 {
		text += "; " + api.Plural(c.DecryptedFailures, "record") + " could not be opened"
	}
	return text
}

func encryptedOf(c *schemas.Coverage) string {
	byName := map[string]uint64{}
	var connections, volume uint64
	for name, h := range c.TLS {
		byName[name] = h.Connections
		connections += h.Connections
		volume += h.Bytes
	}
	_, whole := api.Traffic(c)
	return fmt.Sprintf("%s (%s, %s of all bytes) to %s: %s", api.Plural(connections, "connection"), api.Bytes(volume), api.Share(volume, whole), api.Plural(uint64(len(c.TLS)), "service"), counted(byName, maxNames))
}
