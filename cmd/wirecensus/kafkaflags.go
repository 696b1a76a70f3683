package main

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"wirecensus/schemas/wire"
	"wirecensus/sensor/publish/kafka"
)

// kafkaFlags are the flags of sensor for --to kafka://… as given.
type kafkaFlags struct {
	name        string
	encoding    string
	noWords     bool
	compression string
	queue       string
	spool       string
	spoolSize   string
	whenFull    string
	flush       time.Duration
	coverage    time.Duration
	partitions  int
	replication int
	retention   time.Duration
	login       login

	// What check makes of them.
	brokers    []string
	topics     kafka.Topics
	binary     bool          // Protobuf where --to is no cluster
	form       wire.Encoding // of the records of a cluster
	queueBytes int
	spoolBytes int
}

// kafkaOnly are the names of the flags that mean nothing elsewhere.
var kafkaOnly = []string{
	"no-words", "compression", "queue-size", "spool", "spool-size", "when-full", "flush-timeout", "coverage-interval",
	"kafka-partitions", "kafka-replication", "kafka-retention", "kafka-sasl", "kafka-user", "kafka-password-file", "kafka-tls", "kafka-ca", "kafka-cert", "kafka-cert-key",
}

func addKafka(set *pflag.FlagSet, f *kafkaFlags) {
	set.StringVar(&f.name, "name", "", "")
	set.BoolVar(&f.noWords, "no-words", false, "")
	set.StringVar(&f.encoding, "encoding", "", "")
	set.StringVar(&f.compression, "compression", "zstd", "")
	set.StringVar(&f.queue, "queue-size", "64MiB", "")
	set.StringVar(&f.spool, "spool", "", "")
	set.StringVar(&f.spoolSize, "spool-size", "1GiB", "")
	set.StringVar(&f.whenFull, "when-full", "", "")
	set.DurationVar(&f.flush, "flush-timeout", 10*time.Second, "")
	set.DurationVar(&f.coverage, "coverage-interval", 10*time.Second, "")
	set.IntVar(&f.partitions, "kafka-partitions", 6, "")
	set.IntVar(&f.replication, "kafka-replication", -1, "")
	set.DurationVar(&f.retention, "kafka-retention", 7*24*time.Hour, "")
	addLogin(set, &f.login)
}

// check looks at the flags for --to to; changed are those that were given.
func (f *kafkaFlags) check(to string, changed func(string) bool) (err error) {
	switch f.encoding {
	case "protobuf":
		f.binary = true
	case "json":
		f.form = wire.JSON
	case "":
		f.binary = strings.HasSuffix(to, ".pb")
	default:
		return sensorUsageError("--encoding is protobuf or json, not %q", f.encoding)
	}
	if !strings.HasPrefix(to, "kafka:") {
		if i := slices.IndexFunc(kafkaOnly, changed); i >= 0 {
			return sensorUsageError("--%s is for Kafka: it needs --to kafka://BROKER/TOPIC", kafkaOnly[i])
		}
		return nil
	}
	if f.brokers, f.topics, err = kafka.ParseURL(to); err != nil {
		return sensorUsageError("--to %s: %v", to, err)
	}
	if f.queueBytes, err = parseSize(f.queue); err != nil || f.queueBytes < 1<<20 {
		return sensorUsageError("--queue-size is 1MiB to 2GiB, not %q", f.queue)
	}
	if f.spoolBytes, err = parseSize(f.spoolSize); err != nil || f.spoolBytes < 1<<20 {
		return sensorUsageError("--spool-size is 1MiB to 2GiB, not %q", f.spoolSize)
	}
	switch {
	case !slices.Contains([]string{"none", "gzip", "snappy", "lz4", "zstd"}, f.compression):
		return sensorUsageError("--compression is none, gzip, snappy, lz4 or zstd, not %q", f.compression)
	case !slices.Contains([]string{"", "wait", "shed"}, f.whenFull):
		return sensorUsageError("--when-full is wait or shed, not %q", f.whenFull)
	case f.partitions < 1 || f.partitions > 10000:
		return sensorUsageError("--kafka-partitions is 1 to 10000, not %d", f.partitions)
	case f.replication != -1 && (f.replication < 1 || f.replication > 1000):
		return sensorUsageError("--kafka-replication is -1 (as the cluster says) or at least 1, not %d", f.replication)
	case f.flush < 0 || f.coverage < time.Second || f.retention < 0:
		return sensorUsageError("--flush-timeout and --kafka-retention are not negative, --coverage-interval is at least 1s")
	case !changed("spool") && changed("spool-size"):
		return sensorUsageError("--spool-size needs --spool DIR")
	case len(f.name) > 200:
		return sensorUsageError("--name has at most 200 bytes")
	}
	return f.login.check(sensorUsageError)
}

// config reads the secrets that the flags name.
func (f *kafkaFlags) config() (kafka.Config, error) {
	cfg := kafka.Config{
		Brokers: f.brokers, Topics: f.topics, ClientID: "wirecensus-" + version, Compression: f.compression,
		Partitions: f.partitions, Replication: f.replication, Retention: f.retention,
		SASL: kafka.SASL{Mechanism: f.login.sasl, User: f.login.user},
	}
	var err error
	cfg.SASL.Password, cfg.TLS, err = f.login.secrets()
	return cfg, err
}
