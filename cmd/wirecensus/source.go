package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"
	rawbpf "golang.org/x/net/bpf"

	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/capture/bpf"
)

// liveSource is a capture that goes on until it is stopped.
type liveSource interface {
	Next(*capture.Frame) error
	Stop()
	Close() error
}

// lossy is one that loses frames, and counts them.
type lossy interface {
	liveSource
	Stats() capture.LiveStats
	Pressed() bool
}

func (s *sensing) isLive() bool { return len(s.live) > 0 }

func (s *sensing) stopLive() {
	for _, l := range s.live {
		l.Stop()
	}
}

// listensTo makes l what is read, or one ring of it.
func (s *sensing) listensTo(l liveSource) sensor.Source {
	s.live, s.closers = append(s.live, l), append(s.closers, l)
	if l, ok := l.(lossy); ok {
		return &watched{lossy: l, log: s.log}
	}
	return l
}

// openSource opens what is listened to.
func (s *sensing) openSource(ctx context.Context) error {
	f := &s.flags
	var err error
	if s.protos, err = readProtos(ctx, f.protos); err != nil {
		return err
	}
	switch {
	case f.watch.on:
		return s.openWatch()
	case len(f.ifaces) == 0:
		files, err := capture.OpenFiles(f.read, &interruptible{ctx: ctx, stream: s.sh.in})
		if err != nil {
			return openHint(err)
		}
		s.src, s.files, s.closers = files, files, append(s.closers, files)
		return nil
	}
	if addr, ok := strings.CutPrefix(f.ifaces[0], "udp:"); ok {
		u, err := capture.ListenUDP(addr, f.ringBytes)
		if err != nil {
			return liveHint(s.source(), err)
		}
		s.src = s.listensTo(u)
		return nil
	}
	if err := s.openRings(); err != nil {
		return liveHint(s.source(), err)
	}
	return nil
}

// openRings attaches to interfaces, with a ring for each worker.
func (s *sensing) openRings() error {
	n := s.flags.shards
	if n == 1 {
		l, err := capture.OpenLive(s.flags.live())
		if err != nil {
			return err
		}
		s.src = s.listensTo(l)
		s.sayTimes(l)
		return nil
	}
	// With a private key all connections of two hosts stay together: a session may be resumed on another one.
	var key [4]byte
	rand.Read(key[:])
	s.split = bpf.Split{Key: binary.NativeEndian.Uint32(key[:]), Hosts: len(s.flags.tls.private) > 0}
	prog, err := s.split.Program()
	if err != nil {
		return err
	}
	rings, err := capture.OpenFanout(s.flags.live(), n, prog)
	if err != nil {
		return err
	}
	for _, l := range rings {
		s.rings = append(s.rings, s.listensTo(l))
	}
	s.sayTimes(rings[0])
	return nil
}

// sayTimes says whose clock the times of the frames come from, if that was asked for.
func (s *sensing) sayTimes(l *capture.Live) {
	if !s.flags.hardwareTimes {
		return
	}
	if err := l.Clock(); err != nil {
		s.log.Warn().Str("why", printable(err.Error())).Msg("times are the kernel's")
		return
	}
	s.log.Info().Msg("times are those of the interfaces' clocks")
}

func (f *sensorFlags) live() capture.LiveConfig {
	cfg := capture.LiveConfig{
		Interfaces: f.ifaces, Ring: f.ringBytes, SnapLen: f.snapLen, Promiscuous: !f.noPromiscuous, IgnoreOutgoing: f.ignoreOutgoing, HardwareTimes: f.hardwareTimes,
	}
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
		return &hinted{err, "there are: " + strings.Join(none.Have, ", ") + "; any listens to all of them"}
	case errors.Is(err, fs.ErrPermission):
		program, _ := os.Executable()
		return &hinted{err, "needs CAP_NET_RAW: run it with sudo, or once: sudo setcap cap_net_raw+ep " + program}
	case strings.HasPrefix(iface, "udp:"):
		return &hinted{err, "write -i udp:ADDRESS:PORT with an address of this host, as in -i udp:0.0.0.0:4789"}
	}
	return err
}

// watched logs when the interface goes away and comes back.
type watched struct {
	lossy
	log  zerolog.Logger
	seen int // outages logged
	open bool
}

// Next is that of the source; it looks at the outages when there is time for it.
func (w *watched) Next(f *capture.Frame) error {
	err := w.lossy.Next(f)
	if errors.Is(err, capture.ErrIdle) {
		w.look()
	}
	return err
}

func (w *watched) look() {
	all := w.Stats().Outages
	if w.open && all[w.seen-1].To != 0 {
		w.open = false
		w.log.Info().Dur("after_ms", time.Duration(all[w.seen-1].To-all[w.seen-1].From)).Msg("the interface is back")
	}
	if len(all) > w.seen {
		w.seen, w.open = len(all), true
		w.log.Warn().Msg("the interface is down: nothing can be seen until it is back")
		w.look()
	}
}
