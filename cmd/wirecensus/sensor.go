package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
	rawbpf "golang.org/x/net/bpf"

	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/capture/bpf"
)

// sensorFlags are the flags of sensor as given.
type sensorFlags struct {
	iface          string
	read           []string
	to             string
	coverage       string
	filter         string
	ring           string
	ringBytes      int
	snapLen        int
	noPromiscuous  bool
	ignoreOutgoing bool
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
	set.StringVarP(&f.iface, "interface", "i", "", "")
	set.StringArrayVarP(&f.read, "read", "r", nil, "")
	set.StringVarP(&f.to, "to", "t", "", "")
	set.StringVar(&f.coverage, "coverage", "", "")
	set.StringVarP(&f.filter, "filter", "f", "", "")
	set.StringVar(&f.ring, "ring-size", "64MiB", "")
	set.IntVar(&f.snapLen, "snaplen", 0, "")
	set.BoolVar(&f.noPromiscuous, "no-promiscuous", false, "")
	set.BoolVar(&f.ignoreOutgoing, "ignore-outgoing", false, "")
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
	if f.iface == "" {
		for _, name := range []string{"filter", "ring-size", "snaplen", "no-promiscuous", "ignore-outgoing"} {
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
	_, udp := strings.CutPrefix(f.iface, "udp:")
	switch {
	case err != nil || f.ringBytes < capture.MinRing || f.ringBytes > capture.MaxRing:
		return sensorUsageError("--ring-size is 256KiB to 2GiB, not %q", f.ring)
	case f.iface == "" && len(f.read) == 0:
		return sensorUsageError("nothing to listen to: -i INTERFACE, or -r FILE")
	case f.iface != "" && len(f.read) > 0:
		return sensorUsageError("-i and -r exclude each other")
	case f.to == "":
		return sensorUsageError("nowhere to send the calls: --to -, --to file:PATH or --to kafka://BROKER/TOPIC")
	case f.to != "-" && !strings.HasPrefix(f.to, "kafka:") && (!strings.HasPrefix(f.to, "file:") || f.to == "file:"):
		return sensorUsageError("--to is -, file:PATH or kafka://BROKER/TOPIC, not %q", f.to)
	case f.snapLen < 0 || f.snapLen > capture.MaxFrame:
		return sensorUsageError("--snaplen is 0 (whole frames) to %d, not %d", capture.MaxFrame, f.snapLen)
	case f.shards < 1 || f.shards > 64:
		return sensorUsageError("--shards is 1 to 64, not %d", f.shards)
	case udp && (f.filter != "" || f.snapLen != 0 || f.noPromiscuous || f.ignoreOutgoing):
		return sensorUsageError("--filter, --snaplen, --no-promiscuous and --ignore-outgoing are for an interface, not for %s", f.iface)
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
	if key == nil && s.live != nil {
		key = make([]byte, 32)
		rand.Read(key)
		s.log.Info().Msg("digests can be compared within this run only; give --key FILE to keep them comparable")
	}
	s.key = key
	if err := s.openSecrets(); err != nil {
		return err
	}
	if s.live != nil {
		var seed [8]byte
		rand.Read(seed[:])
		s.seed = binary.NativeEndian.Uint64(seed[:])
	}
	return nil
}

// openSource opens what is listened to.
func (s *sensing) openSource(ctx context.Context) error {
	f := &s.flags
	var err error
	if s.protos, err = readProtos(ctx, f.protos); err != nil {
		return err
	}
	if f.iface == "" {
		files, err := capture.OpenFiles(f.read, &interruptible{ctx: ctx, stream: s.sh.in})
		if err != nil {
			return openHint(err)
		}
		s.src, s.files, s.closers = files, files, append(s.closers, files)
		return nil
	}
	if addr, ok := strings.CutPrefix(f.iface, "udp:"); ok {
		var u *capture.UDP
		if u, err = capture.ListenUDP(addr, f.ringBytes); err == nil {
			s.live = u
		}
	} else {
		var l *capture.Live
		if l, err = capture.OpenLive(f.live()); err == nil {
			s.live = l
		}
	}
	if err != nil {
		return liveHint(f.iface, err)
	}
	s.src, s.closers = &watched{liveSource: s.live, log: s.log}, append(s.closers, s.live)
	return nil
}

func (f *sensorFlags) live() capture.LiveConfig {
	cfg := capture.LiveConfig{Interface: f.iface, Ring: f.ringBytes, SnapLen: f.snapLen, Promiscuous: !f.noPromiscuous, IgnoreOutgoing: f.ignoreOutgoing}
	if f.filter != "" {
		cfg.Filter = func(link capture.LinkType, keep int) ([]rawbpf.RawInstruction, error) {
			if link == capture.LinkRaw {
				return bpf.Compile(f.filter, bpf.RawIP, uint32(keep))
			}
			return bpf.Compile(f.filter, bpf.Ethernet, uint32(keep))
		}
	}
	return cfg
}

// liveHint adds what to do about an interface that cannot be listened to.
func liveHint(iface string, err error) error {
	err = fmt.Errorf("capture on %s: %w", iface, err)
	var none *capture.NoInterfaceError
	switch {
	case errors.As(err, &none):
		return &hinted{err, "there are: " + strings.Join(none.Have, ", ")}
	case errors.Is(err, fs.ErrPermission):
		program, _ := os.Executable()
		return &hinted{err, "needs CAP_NET_RAW: run it with sudo, or once: sudo setcap cap_net_raw+ep " + program}
	case strings.HasPrefix(iface, "udp:"):
		return &hinted{err, "write -i udp:ADDRESS:PORT with an address of this host, as in -i udp:0.0.0.0:4789"}
	}
	return err
}
