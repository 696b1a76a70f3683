package inventory

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"wirecensus/inventory/ingest"
)

// Counters returns what this process read from Kafka.
func (s *Service) Counters() ingest.Snapshot { return s.counters.Snapshot() }

// Collector returns the metrics of ingest. No label holds anything that was observed.
func (s *Service) Collector() prometheus.Collector { return collector{&s.counters} }

// collector reads counters when it is asked.
type collector struct{ from *ingest.Counters }

// Describe sends nothing: the collector is unchecked.
func (c collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends the counters.
func (c collector) Collect(out chan<- prometheus.Metric) {
	s := c.from.Snapshot()
	for _, m := range []struct {
		name, help string
		value      uint64
	}{
		{"records_total", "Records of calls and coverage read.", s.Records},
		{"bytes_total", "Bytes of those records, unpacked.", s.Bytes},
		{"calls_total", "Calls folded in; those of a batch that was not committed are counted again when they are read again.", s.Calls},
		{"duplicate_calls_total", "Calls dropped as second copies.", s.Duplicates},
		{"commits_total", "Batches written to the store.", s.Commits},
		{"fenced_total", "Batches refused because another process was first.", s.Fenced},
		{"restarts_total", "Times a partition began again from the store.", s.Restarts},
		{"rebalances_total", "Times the group dealt out its partitions.", s.Generations},
		{"dead_unpublished_total", "Dead letters that could not be published.", s.DeadUnpublished},
		{"bad_definitions_total", "Records of the topic of definitions that are none.", s.BadDefinitions},
	} {
		desc := prometheus.NewDesc("wirecensus_ingest_"+m.name, m.help, nil, nil)
		out <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(m.value))
	}
	dead := prometheus.NewDesc("wirecensus_ingest_dead_letters_total", "Records that could not be read, by reason.", []string{"reason"}, nil)
	for reason, n := range s.Dead {
		out <- prometheus.MustNewConstMetric(dead, prometheus.CounterValue, float64(n), reason)
	}
	lag := prometheus.NewDesc("wirecensus_ingest_lag_records", "Records of a partition that are not committed yet.", []string{"topic", "partition"}, nil)
	for _, p := range s.Positions {
		out <- prometheus.MustNewConstMetric(lag, prometheus.GaugeValue, float64(max(0, p.End-p.Next)), p.Topic, strconv.Itoa(p.Partition))
	}
}
