package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/capture/bpf"
)

// sensorFlags are the flags of sensor as given.
type sensorFlags struct {
	ifaces         []string
	read           []string
	watch          watchFlags
	to             string
	coverage       string
	metrics        string
	filter         string
	ring           string
	ringBytes      int
	snapLen        int
	noPromiscuous  bool
	ignoreOutgoing bool
	hardwareTimes  bool
	user           string
	key            string
	protos         []string
	shards         int
	decoding       sensor.Decoding
	tls            secretFlags
	kafka          kafkaFlags
}

func parseSensor(args []string) (f sensorFlags, help bool, err error) {
	set := pflag.NewFlagSet("sensor", pflag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	set.StringArrayVarP(&f.ifaces, "interface", "i", nil, "")
	addWatch(set, &f.watch)
	set.StringArrayVarP(&f.read, "read", "r", nil, "")
	set.StringVarP(&f.to, "to", "t", "", "")
	set.StringVar(&f.coverage, "coverage", "", "")
	set.StringVar(&f.metrics, "metrics", "", "")
	set.StringVarP(&f.filter, "filter", "f", "", "")
	set.StringVar(&f.ring, "ring-size", "64MiB", "")
	set.IntVar(&f.snapLen, "snaplen", 0, "")
	set.BoolVar(&f.noPromiscuous, "no-promiscuous", false, "")
	set.BoolVar(&f.ignoreOutgoing, "ignore-outgoing", false, "")
	set.BoolVar(&f.hardwareTimes, "hardware-times", false, "")
	set.StringVar(&f.user, "user", "", "")
	set.StringVar(&f.key, "key", "", "")
	set.StringArrayVar(&f.protos, "proto", nil, "")
	set.IntVar(&f.shards, "shards", 1, "")
	addDecoding(set, &f.decoding)
	addSecrets(set, &f.tls)
	addKafka(set, &f.kafka)
	if err := set.Parse(args); errors.Is(err, pflag.ErrHelp) {
		return f, true, nil
	} else if err != nil {
		return f, false, sensorUsageError("%v", err)
	}
	if set.NArg() > 0 {
		return f, false, sensorUsageError("%q is no flag: captures are named with -r, a filter with --filter", set.Arg(0))
	}
	if len(f.ifaces) == 0 {
		for _, name := range []string{"filter", "ring-size", "snaplen", "no-promiscuous", "ignore-outgoing", "hardware-times"} {
			if set.Changed(name) {
				return f, false, sensorUsageError("--%s is for a live capture: it needs -i", name)
			}
		}
	}
	if err := f.check(); err != nil {
		return f, false, err
	}
	return f, false, f.kafka.check(f.to, set.Changed)
}

func sensorUsageError(format string, args ...any) error {
	return &usageError{see: "sensor --help", msg: fmt.Sprintf(format, args...)}
}

func (f *sensorFlags) check() (err error) {
	f.ringBytes, err = parseSize(f.ring)
	udp := slices.IndexFunc(f.ifaces, func(name string) bool { return strings.HasPrefix(name, "udp:") })
	repeated := slices.Compact(slices.Sorted(slices.Values(f.ifaces)))
	switch {
	case err != nil || f.ringBytes < capture.MinRing || f.ringBytes > capture.MaxRing:
		return sensorUsageError("--ring-size is 256KiB to 2GiB, not %q", f.ring)
	case len(f.ifaces) == 0 && len(f.read) == 0:
		return sensorUsageError("nothing to listen to: -i INTERFACE, or -r FILE")
	case len(f.ifaces) > 0 && len(f.read) > 0:
		return sensorUsageError("-i and -r exclude each other")
	case len(f.ifaces) > 1 && udp >= 0:
		return sensorUsageError("%s is listened to alone", f.ifaces[udp])
	case len(f.ifaces) > 1 && slices.Contains(f.ifaces, capture.Any):
		return sensorUsageError("-i any stands for all interfaces, so it is named alone")
	case len(f.ifaces) > capture.MaxInterfaces || len(repeated) < len(f.ifaces):
		return sensorUsageError("-i names at most %d interfaces, each once", capture.MaxInterfaces)
	case f.to == "":
		return sensorUsageError("nowhere to send the calls: --to -, --to file:PATH or --to kafka://BROKER/TOPIC")
	case f.to != "-" && !strings.HasPrefix(f.to, "kafka:") && (!strings.HasPrefix(f.to, "file:") || f.to == "file:"):
		return sensorUsageError("--to is -, file:PATH or kafka://BROKER/TOPIC, not %q", f.to)
	case f.snapLen < 0 || f.snapLen > capture.MaxFrame:
		return sensorUsageError("--snaplen is 0 (whole frames) to %d, not %d", capture.MaxFrame, f.snapLen)
	case f.shards < 1 || f.shards > 64:
		return sensorUsageError("--shards is 1 to 64, not %d", f.shards)
	case udp >= 0 && (f.hardwareTimes || f.filter != "" || f.snapLen != 0 || f.noPromiscuous || f.ignoreOutgoing):
		return sensorUsageError("--filter, --snaplen, --no-promiscuous, --ignore-outgoing and --hardware-times are for an interface, not for %s", f.ifaces[udp])
	}
	if err := f.watch.check(f.read); err != nil {
		return err
	}
	if _, err := bpf.Compile(f.filter, bpf.Ethernet, 1); err != nil {
		return filterError(err)
	}
	return nil
}

// filterError puts what to write instead behind what is wrong.
func filterError(err error) error {
	var e *bpf.SyntaxError
	if errors.As(err, &e) && e.Hint != "" {
		return sensorUsageError("%v: %s", err, e.Hint)
	}
	return sensorUsageError("%v", err)
}

// parseSize reads a number of bytes, with KiB, MiB or GiB behind it or nothing.
func parseSize(s string) (int, error) {
	shift := 0
	for i, unit := range []string{"KiB", "MiB", "GiB"} {
		if rest, ok := strings.CutSuffix(s, unit); ok {
			s, shift = rest, 10*(i+1)
		}
	}
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil || n<<shift > 1<<31 {
		return 0, fmt.Errorf("%q is no size", s)
	}
	return int(n << shift), nil
}

// sense captures and publishes.
func sense(ctx context.Context, sh shell, args []string) error {
	flags, help, err := parseSensor(args)
	if err != nil {
		return err
	}
	if help {
		_, err := io.WriteString(sh.out, sensorUsage)
		return err
	}
	s := &sensing{flags: flags, sh: sh, log: logger(sh.err)}
	if err := s.open(ctx); err != nil {
		return errors.Join(err, s.close())
	}
	err = s.run(ctx)
	return errors.Join(err, s.close())
}

// secrets reads the key, or makes one for a live capture that was given none.
func (s *sensing) secrets() error {
	key, err := readKey(s.flags.key)
	if err != nil {
		return err
	}
	if key == nil && s.isLive() {
		key = make([]byte, 32)
		rand.Read(key)
		s.log.Info().Msg("digests can be compared within this run only; give --key FILE to keep them comparable")
	}
	s.key = key
	if err := s.openSecrets(); err != nil {
		return err
	}
	if s.isLive() {
		var seed [8]byte
		rand.Read(seed[:])
		s.seed = binary.NativeEndian.Uint64(seed[:])
	}
	return nil
}
