package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"wirecensus/cmd/wiregen/synth"
	"wirecensus/cmd/wiregen/tap"
	"wirecensus/schemas"
)

// lab makes a cable with the ends mirror and tap.
func lab(t testing.TB) *tap.Lab {
	t.Helper()
	l, err := tap.Open()
	if err != nil {
		t.Skipf("a live capture needs a network namespace, which needs root: %v", err)
	}
	t.Cleanup(l.Close)
	if err := l.Pair("mirror", "tap"); err != nil {
		t.Skipf("a live capture needs virtual Ethernet interfaces: %v", err)
	}
	return l
}

// account is the last line of a sensor.
type account struct {
	Received, Used, Discarded, Calls uint64
	KernelDrops                      uint64 `json:"kernel_drops"`
}

// listening is a sensor that runs in this process.
type listening struct {
	stdout, stderr output
	cancel         context.CancelFunc
	status         chan int
}

// listen starts a sensor; with a lab it listens there.
func listen(t testing.TB, l *tap.Lab, args ...string) *listening {
	t.Helper()
	s := &listening{status: make(chan int, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	work := func() error {
		s.status <- run(ctx, shell{strings.NewReader(""), &s.stdout, &s.stderr}, append([]string{"sensor"}, args...))
		return nil
	}
	if l == nil {
		go work()
	} else {
		go l.Do(work)
	}
	s.stderr.await(t, `"listening"`)
	return s
}

// stop ends the sensor, within 2 s, and checks that no packet went missing unnoticed.
func (s *listening) stop(t testing.TB, sent int) (calls []schemas.Call, a account) {
	t.Helper()
	s.cancel()
	select {
	case status := <-s.status:
		if status != 0 {
			t.Fatalf("ended with %d:\n%s", status, s.stderr.String())
		}
	case <-time.After(10 * time.Second):
		t.Fatal("did not end")
	}
	a = s.account(t)
	if int(a.Received) != sent || a.Received != a.Used+a.KernelDrops+a.Discarded {
		t.Errorf("sent %d, received %d = %d used + %d dropped + %d discarded", sent, a.Received, a.Used, a.KernelDrops, a.Discarded)
	}
	return decodeCalls(t, s.stdout.String()), a
}

func (s *listening) account(t testing.TB) (a account) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(s.stderr.String()), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &a); err != nil {
		t.Fatalf("%v:\n%s", err, s.stderr.String())
	}
	return a
}

func decodeCalls(t testing.TB, text string) (calls []schemas.Call) {
	t.Helper()
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c schemas.Call
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		calls = append(calls, c)
	}
	return calls
}

// timeless returns the calls as sorted lines without what depends on when they were seen.
func timeless(t testing.TB, calls []schemas.Call) []string {
	t.Helper()
	var out []string
	for _, c := range calls {
		c.ID, c.Time, c.Duration = "", 0, 0
		for i := range c.Auth {
			c.Auth[i].Expired = false // a token that was good when the capture was made
		}
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	}
	slices.Sort(out)
	return out
}

func sameCalls(t testing.TB, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("%d calls, want %d; the first that differs:\n%s\nwant\n%s", len(got), len(want), got[i], want[i])
		}
	}
	t.Fatalf("%d calls, want %d", len(got), len(want))
}

// traffic makes a capture as a file, with the frames in it and a key.
func traffic(t testing.TB, o synth.Options) (frames [][]byte, file, key string) {
	t.Helper()
	dir := t.TempDir()
	file, key = filepath.Join(dir, "x.pcap"), filepath.Join(dir, "key")
	if err := os.WriteFile(key, bytes.Repeat([]byte("k"), 32), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, synth.Company(o).Bytes(synth.PCAPNano), 0o600); err != nil {
		t.Fatal(err)
	}
	for f := range synth.Company(o).Frames() {
		frames = append(frames, bytes.Clone(f.Data))
	}
	return frames, file, key
}

// read runs the sensor over a capture file.
func read(t testing.TB, args ...string) []schemas.Call {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), shell{strings.NewReader(""), &stdout, &stderr}, append([]string{"sensor", "--to", "-"}, args...)); status != 0 {
		t.Fatalf("ended with %d: %s", status, stderr.String())
	}
	return decodeCalls(t, stdout.String())
}

// play sends frames at about the given rate.
func play(t testing.TB, p *tap.Player, frames [][]byte, perSecond int) {
	t.Helper()
	start := time.Now()
	for i, f := range frames {
		if err := p.Send(f); err != nil {
			t.Fatal(err)
		}
		if ahead := time.Duration(i)*time.Second/time.Duration(perSecond) - time.Since(start); ahead > time.Millisecond {
			time.Sleep(ahead)
		}
	}
}

// TestSensorLive: what is played onto a wire gives the calls that the capture file
// gives, whatever carries it and for any number of workers, and every packet is accounted for.
func TestSensorLive(t *testing.T) {
	for _, c := range []struct {
		name   string
		o      synth.Options
		shards string
	}{
		{"one worker", synth.Options{Seed: 21, Days: 1, Scale: 0.3}, "1"},
		{"three workers", synth.Options{Seed: 22, Days: 1, Scale: 0.3}, "3"},
		{"vxlan", synth.Options{Seed: 23, Days: 1, Scale: 0.3, Tunnel: synth.VXLAN}, "2"},
		{"segmentation offload", synth.Options{Seed: 24, Days: 1, Scale: 0.3, MSS: 60000}, "1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			frames, file, key := traffic(t, c.o)
			l := lab(t)
			p, err := l.Player("mirror")
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			coverage := filepath.Join(t.TempDir(), "coverage.json")
			s := listen(t, l, "-i", "tap", "--to", "-", "--key", key, "--shards", c.shards, "--coverage", coverage)
			play(t, p, frames, 20_000)
			calls, a := s.stop(t, len(frames))
			if a.KernelDrops > 0 || a.Used == 0 {
				t.Fatalf("%+v", a)
			}
			sameCalls(t, timeless(t, calls), timeless(t, read(t, "-r", file, "--key", key)))
			var cov schemas.Coverage
			if b, err := os.ReadFile(coverage); err != nil || json.Unmarshal(b, &cov) != nil {
				t.Fatal(err)
			}
			if l := cov.Live; l == nil || l.KernelPackets != cov.Frames+l.KernelDrops+l.Waiting || cov.Calls != counted(slices.Values(calls)) {
				t.Errorf("%d calls, coverage says %d, %d frames, %+v", len(calls), cov.Calls, cov.Frames, l)
			}
		})
	}
}

// network returns an Ethernet frame from behind its header and VLAN tags on.
func network(f []byte) []byte {
	at := 12
	for t := binary.BigEndian.Uint16(f[at:]); t == 0x8100 || t == 0x88a8; t = binary.BigEndian.Uint16(f[at:]) {
		at += 4
	}
	return f[at+2:]
}

// TestSensorStreams: a call is written within a second of its end while the
// sensor goes on, and a filter leaves out the rest.
func TestSensorStreams(t *testing.T) {
	l := lab(t)
	p, err := l.Player("mirror")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	frames, _, _ := traffic(t, synth.Options{Seed: 25, Days: 1, Scale: 0.1})
	s := listen(t, l, "-i", "tap", "--to", "-", "--shards", "2", "--filter", "tcp")
	tcp := 0
	for _, f := range frames {
		if ip := network(f); ip[0] == 0x45 && ip[9] == 6 || ip[0]>>4 == 6 && ip[6] == 6 {
			tcp++
		}
	}
	play(t, p, append(frames, make([]byte, 60)), 20_000)
	s.stdout.await(t, `"http.request.method"`)
	if _, a := s.stop(t, tcp); a.Calls == 0 {
		t.Errorf("%+v", a)
	}
}

// TestSensorOverflow: a reader of calls that stands still costs packets, which are
// counted to the last one.
func TestSensorOverflow(t *testing.T) {
	for _, shards := range []string{"1", "2"} {
		l := lab(t)
		p, err := l.Player("mirror")
		if err != nil {
			t.Fatal(err)
		}
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		coverage := filepath.Join(t.TempDir(), "coverage.json")
		var s listening
		ctx, cancel := context.WithCancel(context.Background())
		s.cancel, s.status = cancel, make(chan int, 1)
		go l.Do(func() error {
			s.status <- run(ctx, shell{strings.NewReader(""), w, &s.stderr}, []string{"sensor", "-i", "tap", "--to", "-", "--ring-size", "256KiB", "--shards", shards, "--coverage", coverage})
			return nil
		})
		s.stderr.await(t, `"listening"`)
		sent := 0
		for seed := range uint64(4) {
			frames, _, _ := traffic(t, synth.Options{Seed: 30 + seed, Days: 2, Scale: 1})
			play(t, p, frames, 1e6)
			sent += len(frames)
		}
		go func() {
			lines := bufio.NewScanner(r)
			lines.Buffer(nil, 1<<20)
			for lines.Scan() {
				s.stdout.Write(append(lines.Bytes(), '\n'))
			}
		}()
		_, a := s.stop(t, sent)
		var cov schemas.Coverage
		if b, err := os.ReadFile(coverage); err != nil || json.Unmarshal(b, &cov) != nil {
			t.Fatal(err)
		}
		if l := cov.Live; l.KernelDrops+l.QueueDrops == 0 || a.Calls == 0 {
			t.Errorf("nothing was dropped: %+v, %+v", a, l)
		}
		w.Close()
		p.Close()
	}
}

// TestSensorUDP: datagrams that a mirror sends are read as the tunnel that they are.
func TestSensorUDP(t *testing.T) {
	frames, file, key := traffic(t, synth.Options{Seed: 27, Days: 1, Scale: 0.2, Tunnel: synth.VXLAN})
	probe, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := probe.LocalAddr().String()
	probe.Close()
	s := listen(t, nil, "-i", "udp:"+at, "--to", "-", "--key", key)
	conn, err := net.Dial("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const outer = 20 + 8
	sent := 0
	for i, f := range frames {
		ip := network(f)
		if ip[0] != 0x45 || ip[9] != 17 || binary.BigEndian.Uint16(ip[22:]) != 4789 {
			continue
		}
		if sent++; i%100 == 0 {
			time.Sleep(5 * time.Millisecond)
		}
		if _, err := conn.Write(ip[outer:]); err != nil {
			t.Fatal(err)
		}
	}
	calls, a := s.stop(t, sent)
	if a.KernelDrops > 0 {
		t.Skipf("the queue of %s overflowed: %+v", at, a)
	}
	sameCalls(t, timeless(t, calls), timeless(t, read(t, "-r", file, "--key", key)))
}

// TestSensorPrivileges runs the program itself: with CAP_NET_RAW alone it listens, as
// root with --user it becomes that user on all threads, without capabilities.
func TestSensorPrivileges(t *testing.T) {
	l := lab(t)
	dir := shortDir(t)
	program := filepath.Join(dir, "wirecensus")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, c := range []struct {
		name string
		attr *syscall.SysProcAttr
		args []string
		uid  string
	}{
		{"only CAP_NET_RAW", &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}, AmbientCaps: []uintptr{unix.CAP_NET_RAW}}, nil, "65534"},
		{"root becomes a user", nil, []string{"--user", "nobody"}, "65534"},
		{"no capability", &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stderr output
			cmd := exec.Command(program, append([]string{"sensor", "-i", "tap", "--to", "-"}, c.args...)...)
			cmd.SysProcAttr, cmd.Stderr = c.attr, &stderr
			if err := l.Do(cmd.Start); err != nil {
				t.Fatal(err)
			}
			if c.uid == "" {
				if err := cmd.Wait(); err == nil || !strings.Contains(stderr.String(), "setcap cap_net_raw+ep "+program) {
					t.Errorf("%v: %s", err, stderr.String())
				}
				return
			}
			stderr.await(t, `"listening"`)
			checkConfined(t, cmd.Process.Pid, c.uid)
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil || !strings.Contains(stderr.String(), `"done"`) {
				t.Errorf("after SIGTERM: %v\n%s", err, stderr.String())
			}
		})
	}
	if n, err := l.Count("tap", "tx_packets"); err != nil || n != 0 {
		t.Errorf("%d frames were sent on the capture interface (%v)", n, err)
	}
}

// checkConfined looks at every thread of a process.
func checkConfined(t *testing.T, pid int, uid string) {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(threads) == 0 {
		t.Fatal(err, threads)
	}
	for _, path := range threads {
		b, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			continue // the thread has ended
		}
		if err != nil {
			t.Fatal(err)
		}
		status := strings.ReplaceAll(string(b), "\t", " ")
		for _, want := range []string{"Uid: " + strings.TrimSpace(strings.Repeat(uid+" ", 4)), "CapPrm: 0000000000000000", "CapEff: 0000000000000000", "CapAmb: 0000000000000000", "NoNewPrivs: 1", "Seccomp: 2"} {
			if !strings.Contains(status, want+"\n") {
				t.Errorf("%s has no %q", path, want)
			}
		}
	}
}

// TestSensorRead: captures give the same calls from a file, a folder, a pipe, and for any number of workers.
func TestSensorRead(t *testing.T) {
	_, file, key := traffic(t, synth.Options{Seed: 28, Days: 1})
	byTime := func(calls []schemas.Call) []schemas.Call {
		slices.SortFunc(calls, func(a, b schemas.Call) int { return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.ID, b.ID)) })
		return calls
	}
	want := byTime(read(t, "-r", file, "--key", key))
	for _, args := range [][]string{{"-r", filepath.Dir(file)}, {"-r", file, "--shards", "3"}} {
		got := byTime(read(t, append(args, "--key", key)...))
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if len(got) < 50 || !bytes.Equal(a, b) {
			t.Errorf("%v: %d calls, want %d the same", args, len(got), len(want))
		}
	}
	out := filepath.Join(t.TempDir(), "calls.ndjson")
	var stderr bytes.Buffer
	for range 2 {
		if status := run(t.Context(), shell{strings.NewReader(""), nil, &stderr}, []string{"sensor", "-r", file, "--to", "file:" + out}); status != 0 {
			t.Fatal(stderr.String())
		}
	}
	if b, err := os.ReadFile(out); err != nil || bytes.Count(b, []byte("\n")) != 2*len(want) {
		t.Errorf("two runs appended %d lines, want %d (%v)", bytes.Count(b, []byte("\n")), 2*len(want), err)
	}
}

// TestSensorPipe: a pipe on which nothing comes does not keep the sensor from ending.
func TestSensorPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	_, file, _ := traffic(t, synth.Options{Seed: 29, Days: 1})
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	go w.Write(b) // and no end
	ctx, cancel := context.WithCancel(t.Context())
	var stdout, stderr output
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, shell{r, &stdout, &stderr}, []string{"sensor", "-r", "-", "--to", "-"})
	}()
	stdout.await(t, `"http.request.method"`)
	cancel()
	select {
	case s := <-status:
		if s != 0 || !strings.Contains(stderr.String(), `"done"`) {
			t.Errorf("ended with %d: %s", s, stderr.String())
		}
	case <-time.After(2 * time.Second):
		t.Error("did not end within 2 s")
	}
}
