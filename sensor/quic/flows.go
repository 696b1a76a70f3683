package quic

import (
	"bytes"

	"wirecensus/reassembly"
)

// keyOf returns the key that both directions of a flow have.
func keyOf(f *reassembly.Flow) key {
	k := key{low: f.Src, high: f.Dst, net: f.Overlay()}
	if c := bytes.Compare(k.low.IP[:], k.high.IP[:]); c > 0 || c == 0 && k.low.Port > k.high.Port {
		k.low, k.high = k.high, k.low
	}
	return k
}

// add opens the flow of a client's Initial packet.
func (t *Table) add(dst []Event, d *reassembly.Segment, p *Packet) ([]Event, *Flow) {
	if len(t.flows) >= t.cfg.MaxFlows {
		t.stats.Evicted++
		dst = t.close(dst, t.oldest)
	}
	f := &Flow{Client: d.Flow.Src, Server: d.Flow.Dst, Version: p.Version, Start: d.Time, Last: d.Time, key: keyOf(&d.Flow)}
	f.begin(p)
	t.stats.Flows++
	t.stats.Versions[VersionName(p.Version)]++
	t.flows[f.key] = f
	t.link(f)
	h := &handshake{flow: f, older: t.last}
	if t.last != nil {
		t.last.newer = h
	} else {
		t.first = h
	}
	t.last, f.hand = h, h
	return dst, f
}

// close ends a flow.
func (t *Table) close(dst []Event, f *Flow) []Event {
	if f.hand != nil {
		t.forget(f.hand)
	}
	if !f.Read {
		t.stats.Unread++
	}
	t.unlink(f)
	delete(t.flows, f.key)
	return append(dst, Event{Kind: Closed, Flow: f})
}

// forget drops a handshake.
func (t *Table) forget(h *handshake) {
	t.held -= h.held
	h.flow.hand = nil
	if h.older != nil {
		h.older.newer = h.newer
	} else {
		t.first = h.newer
	}
	if h.newer != nil {
		h.newer.older = h.older
	} else {
		t.last = h.older
	}
}

// link puts a flow behind all others.
func (t *Table) link(f *Flow) {
	f.older, f.newer = t.newest, nil
	if t.newest != nil {
		t.newest.newer = f
	} else {
		t.oldest = f
	}
	t.newest = f
}

func (t *Table) unlink(f *Flow) {
	if f.older != nil {
		f.older.newer = f.newer
	} else {
		t.oldest = f.newer
	}
	if f.newer != nil {
		f.newer.older = f.older
	} else {
		t.newest = f.older
	}
	f.older, f.newer = nil, nil
}
