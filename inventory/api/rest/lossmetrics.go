package rest

import (
	"github.com/prometheus/client_golang/prometheus"

	"wirecensus/inventory/api"
	"wirecensus/schemas"
)

// sendLoss sends what one sensor lost. No label holds anything observed but causes from fixed lists.
func sendLoss(send func(*prometheus.Desc, prometheus.ValueType, float64, ...string), sensor string, c *schemas.Coverage) {
	count := func(name, help string, n uint64) {
		send(gauge(name, help, "sensor"), prometheus.CounterValue, float64(n), sensor)
	}
	causes := func(name, help, label string, m map[string]uint64) {
		d := gauge(name, help, "sensor", label)
		seen := map[string]uint64{}
		for cause, n := range m {
			seen[api.Visible(cause)] += n
		}
		for cause, n := range seen {
			send(d, prometheus.CounterValue, float64(n), sensor, cause)
		}
	}
	count("sensor_frames_total", "Frames captured.", c.Frames)
	count("sensor_segments_total", "TCP segments decoded.", c.Segments)
	count("sensor_duplicate_frames_total", "Frames dropped as second copies of a mirror.", c.Duplicates)
	count("sensor_calls_total", "Calls made of what was captured.", c.Calls)
	count("sensor_half_calls_total", "Requests whose response was not seen.", c.Half)
	count("sensor_connections_total", "TCP connections.", c.Connections)
	count("sensor_one_sided_connections_total", "Connections of which one direction was never seen.", c.OneSided)
	count("sensor_stream_bytes_total", "Bytes of connections put in order.", c.StreamBytes)
	count("sensor_gap_bytes_total", "Bytes of connections lost before the sensor.", c.GapBytes)
	count("sensor_cut_bytes_total", "Bytes of connections cut off by the snap length.", c.CutBytes)
	count("sensor_acks_total", "Segments that acknowledged something new.", c.Acks)
	count("sensor_ack_gaps_total", "Gaps that an acknowledgement proved.", c.AckGaps)
	send(gauge("sensor_gap_ratio", "Share of the bytes of connections that was lost or cut off.", "sensor"), prometheus.GaugeValue, ratio(c.GapBytes+c.CutBytes, c.GapBytes+c.CutBytes+c.StreamBytes), sensor)
	send(gauge("sensor_ack_gap_ratio", "Gaps proved by an acknowledgement per acknowledgement.", "sensor"), prometheus.GaugeValue, ratio(c.AckGaps, c.Acks), sensor)
	causes("sensor_undecoded_frames_total", "Frames that carried no TCP segment that could be read, by reason.", "reason", c.Undecoded)
	causes("sensor_evicted_total", "State dropped at a limit, by cause.", "cause", c.Evicted)
	causes("sensor_opaque_connections_total", "Connections whose protocol is not read, by protocol.", "protocol", c.Opaque)
	causes("sensor_left_out_total", "What was left out because the sensor could not keep up, by kind.", "kind", c.Shed)
	if l := c.Live; l != nil {
		count("sensor_kernel_packets_total", "Packets that passed the filter of a live capture.", l.KernelPackets)
		count("sensor_kernel_drops_total", "Packets dropped for want of space in the ring.", l.KernelDrops)
		count("sensor_queue_drops_total", "Segments dropped because a worker was behind.", l.QueueDrops)
		count("sensor_outages_total", "Times when the interface was down or away.", uint64(len(l.Outages))+l.MoreOutages)
	}
}

func ratio(part, whole uint64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
