package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"wirecensus/cmd/wiregen/synth"
)

const usage = `usage: wiregen [flags]

Makes a capture of HTTP traffic and writes down beside it what is in it.

  -kind KIND       company (default): a small company over some weeks
                   mix, tiny, disorder, manyconns: dense traffic for benchmarks
  -o PATH          company: directory for demo.pcapng, specs/, protos/, keys.log (TLS
                   secrets, in demo.pcapng as well) and truth.json (default demo)
                   other kinds: capture file, the truth goes to PATH.truth.json
  -seed N          equal seeds make equal bytes (default 1)
  -file NAME       company: name of the capture (default demo.pcapng)
  -days N          company: days of packet time (default 21)
  -scale X         company: number of visits, 1 is about 45,000 frames
  -bytes SIZE      other kinds: TCP payload to make (default 100MiB)
  -calls           other kinds: list every call in the truth
  -trouble LEVEL   company: none, moderate (default) or hard
  -loss P -burst P -reorder P -dup P -retrans P -small P -midstream P
  -onesided P -abrupt P -keepalive P
                   probabilities per packet or conversation, instead of the level's
  -bad-checksums   leave the servers' TCP checksums to an offload that never was
  -snaplen N       bytes kept of each frame
  -mss N           payload bytes of full segments; 32000 is like a host with offload
  -link TYPE       ethernet (default), raw, null, sll, sll2
  -tunnel TYPE     none (default), vxlan, geneve
  -split-bytes SIZE -split-frames N
                   several files, numbered before the ending

The ending of a capture's name decides its format: .pcap (nanoseconds), .pcapng,
and .gz or .zst after it. "-o -" writes the capture of the other kinds to
standard output. Exit status: 0 done, 1 failed, 2 usage.

  $ wiregen -o demo && ls demo
  $ wiregen -kind mix -bytes 1GiB -o mix.pcap
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// hinted is an error with advice.
type hinted struct {
	err   error
	hint  string
	usage bool // the command line is at fault
}

// Error returns the error without the advice.
func (h hinted) Error() string { return h.err.Error() }

// Unwrap returns the error that the advice is for.
func (h hinted) Unwrap() error { return h.err }

func run(args []string, stdout, stderr io.Writer) int {
	err := generate(args, stdout, stderr)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return 0
	}
	fmt.Fprintf(stderr, "wiregen: error: %v\n", err)
	h := hinted{}
	if errors.As(err, &h) {
		fmt.Fprintf(stderr, "wiregen: hint: %s\n", h.hint)
	}
	if h.usage {
		return 2
	}
	return 1
}

// config is the command line.
type config struct {
	kind, out, file, level, link, tunnel string
	bytes, splitBytes                    size
	splitFrames                          uint64
	opts                                 synth.Options
	rates                                synth.Trouble
	calls                                bool
	set                                  map[string]bool
}

// flags binds the flags to c.
func (c *config) flags() *flag.FlagSet {
	c.bytes = 100 << 20
	f := flag.NewFlagSet("wiregen", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&c.kind, "kind", "company", "")
	f.StringVar(&c.out, "o", "", "")
	f.StringVar(&c.file, "file", "demo.pcapng", "")
	f.StringVar(&c.level, "trouble", "moderate", "")
	f.StringVar(&c.link, "link", "ethernet", "")
	f.StringVar(&c.tunnel, "tunnel", "none", "")
	f.Uint64Var(&c.opts.Seed, "seed", 1, "")
	f.IntVar(&c.opts.Days, "days", 21, "")
	f.Float64Var(&c.opts.Scale, "scale", 1, "")
	f.IntVar(&c.opts.SnapLen, "snaplen", 0, "")
	f.IntVar(&c.opts.MSS, "mss", 0, "")
	f.Var(&c.bytes, "bytes", "")
	f.Var(&c.splitBytes, "split-bytes", "")
	f.Uint64Var(&c.splitFrames, "split-frames", 0, "")
	for name, p := range c.rates.Rates() {
		f.Float64Var(p, name, 0, "")
	}
	f.BoolVar(&c.calls, "calls", false, "")
	f.BoolVar(&c.rates.BadChecksum, "bad-checksums", false, "")
	return f
}

func parse(args []string) (*config, error) {
	c := &config{}
	f := c.flags()
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, usageError(err.Error(), "wiregen -h lists the flags")
	}
	if f.NArg() > 0 {
		return nil, usageError("unexpected argument "+strconv.Quote(f.Arg(0)), "the output is named with -o")
	}
	c.set = map[string]bool{}
	f.Visit(func(f *flag.Flag) { c.set[f.Name] = true })
	return c, c.check()
}

func usageError(text, hint string) error {
	return hinted{errors.New(text), hint, true}
}

// check turns names into values.
func (c *config) check() error {
	links := map[string]synth.Link{"ethernet": synth.Ethernet, "raw": synth.Raw, "null": synth.Null, "sll": synth.LinuxSLL, "sll2": synth.LinuxSLL2}
	link, ok := links[c.link]
	if !ok {
		return usageError("unknown link type "+strconv.Quote(c.link), "one of ethernet, raw, null, sll, sll2")
	}
	tunnels := map[string]synth.Tunnel{"none": synth.NoTunnel, "vxlan": synth.VXLAN, "geneve": synth.Geneve}
	tunnel, ok := tunnels[c.tunnel]
	if !ok {
		return usageError("unknown tunnel "+strconv.Quote(c.tunnel), "one of none, vxlan, geneve")
	}
	levels := map[string]synth.Trouble{"none": {}, "moderate": synth.Moderate(), "hard": synth.Hard()}
	t, ok := levels[c.level]
	if !ok {
		return usageError("unknown level of trouble "+strconv.Quote(c.level), "one of none, moderate, hard")
	}
	if c.kind != "company" && !c.set["trouble"] {
		t = synth.LoadTrouble(c.kind)
	}
	mine := t.Rates()
	for name, p := range c.rates.Rates() {
		if *p < 0 || *p > 1 {
			return usageError(fmt.Sprintf("-%s %v is no probability", name, *p), "between 0 and 1")
		}
		if c.set[name] {
			*mine[name] = *p
		}
	}
	t.BadChecksum = t.BadChecksum || c.rates.BadChecksum
	c.opts.Link, c.opts.Tunnel, c.opts.Trouble = link, tunnel, t
	if c.opts.Days < 1 || c.opts.Scale <= 0 {
		return usageError("-days and -scale must be more than 0", "-days 21 -scale 1 is the default")
	}
	if c.opts.MSS < 0 || c.opts.SnapLen < 0 {
		return usageError("-mss and -snaplen must not be negative", "0 is the default of both")
	}
	return nil
}

func generate(args []string, stdout, stderr io.Writer) error {
	c, err := parse(args)
	if err != nil {
		return err
	}
	if c.kind == "company" {
		return c.company(stdout)
	}
	if !slices.Contains(synth.Loads(), c.kind) {
		return usageError("unknown kind "+strconv.Quote(c.kind), "company, "+strings.Join(synth.Loads(), ", "))
	}
	if c.out == "" {
		return usageError("-o is missing", "name the capture file, for instance -o "+c.kind+".pcap")
	}
	if c.out == "-" && (c.splitBytes > 0 || c.splitFrames > 0) {
		return usageError("standard output cannot be split", "name a file with -o")
	}
	return c.load(stdout, stderr)
}

func (c *config) files(path string) synth.Files {
	f := synth.Files{Path: path, RotateBytes: int64(c.splitBytes), RotateFrames: c.splitFrames}
	if strings.Contains(filepath.Base(path), ".pcapng") {
		f.Format = synth.PCAPNG
	}
	return f
}

// company writes the capture, what is declared, the secrets and the truth.
func (c *config) company(stdout io.Writer) error {
	if c.out == "" {
		c.out = "demo"
	}
	specs := filepath.Join(c.out, "specs")
	for dir, files := range map[string]map[string][]byte{specs: synth.Specs(), filepath.Join(c.out, "protos"): synth.Protos()} {
		if err := writeFolder(dir, files); err != nil {
			return hinted{err, "-o names a directory that can be written", false}
		}
	}
	c.opts.Beyond = true
	capture := synth.Company(c.opts)
	if err := os.WriteFile(filepath.Join(c.out, "keys.log"), capture.Secrets, 0o600); err != nil {
		return err
	}
	names, n, err := c.files(filepath.Join(c.out, c.file)).Write(capture)
	if err != nil {
		return err
	}
	t := capture.Truth
	if err := writeTruth(filepath.Join(c.out, "truth.json"), t); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s: %d frames, %.1f MB, %d calls on %d connections, %s to %s\n", list(names), t.Frames, float64(n)/1e6,
		t.Summary.Calls, t.Connections, t.First.Format("2006-01-02"), t.Last.Format("2006-01-02"))
	fmt.Fprintf(stdout, "%s: %d documents of %d services; the truth is in %s\n", specs, len(synth.Specs()), len(t.Services), filepath.Join(c.out, "truth.json"))
	return nil
}

func writeFolder(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// load writes a benchmark capture and its truth.
func (c *config) load(stdout, stderr io.Writer) error {
	capture := synth.Load(c.kind, synth.LoadOptions{Seed: c.opts.Seed, Bytes: int64(c.bytes), Trouble: c.opts.Trouble, Link: c.opts.Link, SnapLen: c.opts.SnapLen, Tunnel: c.opts.Tunnel, MSS: c.opts.MSS, Calls: c.calls})
	files := c.files(c.out)
	if c.out == "-" {
		files.Stdout, stdout = stdout, stderr
	}
	names, n, err := files.Write(capture)
	if err != nil {
		return hinted{err, "-o names a file that can be written", false}
	}
	t := capture.Truth
	fmt.Fprintf(stdout, "%s: %d frames (%d with data), %.1f MB\n", list(names), t.Frames, t.DataFrames, float64(n)/1e6)
	fmt.Fprintf(stdout, "%d calls, %d requests and %d exchanges captured whole, %.1f MB of JSON\n", t.Summary.Calls, t.Summary.Requests, t.Summary.Whole, float64(t.Summary.JSONBytes)/1e6)
	if c.out == "-" {
		return nil
	}
	return writeTruth(c.out+".truth.json", t)
}

func list(names []string) string {
	if len(names) > 2 {
		return fmt.Sprintf("%s … %s (%d files)", names[0], filepath.Base(names[len(names)-1]), len(names))
	}
	return strings.Join(names, ", ")
}

func writeTruth(name string, t *synth.Truth) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if _, err = t.WriteTo(f); err != nil {
		f.Close()
		return fmt.Errorf("write truth: %w", err)
	}
	return f.Close()
}

// size is a number of bytes on the command line: 4096, 64KiB, 100MiB, 1GiB, 1GB.
type size int64

func (s *size) String() string { return strconv.FormatInt(int64(*s), 10) }

// Set parses a size.
func (s *size) Set(text string) error {
	units := []struct {
		name string
		n    int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}, {"", 1}}
	for _, u := range units {
		number, ok := strings.CutSuffix(text, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n < 0 {
			return fmt.Errorf("no size: %q", text)
		}
		*s = size(n * u.n)
		return nil
	}
	return nil
}
