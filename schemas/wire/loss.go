package wire

import (
	"wirecensus/schemas"
	"wirecensus/schemas/pb"
)

// lossMessage fills what a coverage says of loss by host and interval, and of what was shed.
func lossMessage(m *pb.Coverage, c *schemas.Coverage) {
	m.Acks, m.AckGaps = c.Acks, c.AckGaps
	if len(c.Shed) > 0 {
		m.Shed = counts(c.Shed)
	}
	if len(c.Hosts) > 0 {
		m.Hosts = make(map[string]*pb.HostCoverage, len(c.Hosts))
	}
	for name, h := range c.Hosts {
		v := m.Hosts[mend(name)]
		if v == nil {
			v = &pb.HostCoverage{}
			m.Hosts[mend(name)] = v
		}
		v.Connections, v.OneSided, v.StreamBytes, v.GapBytes = v.Connections+h.Connections, v.OneSided+h.OneSided, v.StreamBytes+h.StreamBytes, v.GapBytes+h.GapBytes
		v.Gaps, v.Opaque, v.Shed = v.Gaps+h.Gaps, v.Opaque+h.Opaque, v.Shed+h.Shed
	}
	if v := c.Intervals; v != nil {
		m.Intervals = &pb.Intervals{Width: v.Width}
		for _, i := range v.List {
			m.Intervals.List = append(m.Intervals.List, &pb.Interval{
				From: int64(i.From), Frames: i.Frames, Undecoded: i.Undecoded, KernelDrops: i.KernelDrops, QueueDrops: i.QueueDrops, StreamBytes: i.StreamBytes,
				GapBytes: i.GapBytes, Acks: i.Acks, AckGaps: i.AckGaps, Connections: i.Connections, OneSided: i.OneSided, Calls: i.Calls, Shed: i.Shed,
			})
		}
	}
}

// lossOf reads what lossMessage wrote.
func lossOf(c *schemas.Coverage, m *pb.Coverage) {
	c.Acks, c.AckGaps, c.Shed = m.Acks, m.AckGaps, m.Shed
	if len(m.Hosts) > 0 {
		c.Hosts = make(map[string]*schemas.HostCoverage, len(m.Hosts))
	}
	for name, h := range m.Hosts {
		c.Hosts[name] = &schemas.HostCoverage{Connections: h.GetConnections(), OneSided: h.GetOneSided(), StreamBytes: h.GetStreamBytes(), GapBytes: h.GetGapBytes(),
			Gaps: h.GetGaps(), Opaque: h.GetOpaque(), Shed: h.GetShed()}
	}
	if v := m.Intervals; v != nil {
		c.Intervals = &schemas.Intervals{Width: v.Width}
		for _, i := range v.List {
			c.Intervals.List = append(c.Intervals.List, schemas.Interval{
				From: schemas.Time(i.GetFrom()), Frames: i.GetFrames(), Undecoded: i.GetUndecoded(), KernelDrops: i.GetKernelDrops(), QueueDrops: i.GetQueueDrops(),
				StreamBytes: i.GetStreamBytes(), GapBytes: i.GetGapBytes(), Acks: i.GetAcks(), AckGaps: i.GetAckGaps(), Connections: i.GetConnections(),
				OneSided: i.GetOneSided(), Calls: i.GetCalls(), Shed: i.GetShed(),
			})
		}
	}
}
