package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"wirecensus/inventory"
	"wirecensus/inventory/catalog"
	"wirecensus/inventory/export"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
	"wirecensus/sensor/publish"
	"wirecensus/specgen/openapi"
)

// replayFlags are the flags of replay as given.
type replayFlags struct {
	out      string
	specs    []string
	openapi  string
	calls    bool
	noWords  bool
	json     bool
	key      string
	shards   int
	decoding sensor.Decoding
	progress string
	quiet    bool
	paths    []string
}

func parseReplay(args []string) (f replayFlags, help bool, err error) {
	set := pflag.NewFlagSet("replay", pflag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	set.StringVarP(&f.out, "out", "o", "wirecensus-out", "")
	set.StringArrayVarP(&f.specs, "spec", "s", nil, "")
	set.StringVar(&f.openapi, "openapi", "3.1", "")
	set.BoolVar(&f.calls, "calls", false, "")
	set.BoolVar(&f.noWords, "no-words", false, "")
	set.BoolVar(&f.json, "json", false, "")
	set.StringVar(&f.key, "key", "", "")
	set.IntVar(&f.shards, "shards", 1, "")
	addDecoding(set, &f.decoding)
	set.StringVar(&f.progress, "progress", "auto", "")
	set.BoolVarP(&f.quiet, "quiet", "q", false, "")
	if err := set.Parse(args); errors.Is(err, pflag.ErrHelp) {
		return f, true, nil
	} else if err != nil {
		return f, false, replayUsageError("%v", err)
	}
	f.paths = set.Args()
	return f, false, f.check()
}

// addDecoding adds the flags that say how frames are decoded.
func addDecoding(set *pflag.FlagSet, d *sensor.Decoding) {
	set.Var(&d.Checksums, "checksums", "")
	set.BoolVar(&d.IgnoreTunnelID, "ignore-tunnel-ids", false, "")
}

func replayUsageError(format string, args ...any) error {
	return &usageError{see: "replay --help", msg: fmt.Sprintf(format, args...)}
}

func (f *replayFlags) check() error {
	switch {
	case len(f.paths) == 0:
		return replayUsageError("no capture given")
	case f.openapi != "3.1" && f.openapi != "3.0":
		return replayUsageError("--openapi is 3.1 or 3.0, not %q", f.openapi)
	case f.shards < 1 || f.shards > 64:
		return replayUsageError("--shards is 1 to 64, not %d", f.shards)
	case f.progress != "auto" && f.progress != "always" && f.progress != "never":
		return replayUsageError("--progress is auto, always or never, not %q", f.progress)
	case f.out == "" || f.out == "-":
		return replayUsageError("--out names a folder")
	}
	return nil
}

// replay runs the whole product over capture files.
func replay(ctx context.Context, sh shell, args []string) error {
	flags, help, err := parseReplay(args)
	if err != nil {
		return err
	}
	if help {
		_, err := io.WriteString(sh.out, replayUsage)
		return err
	}
	key, err := readKey(flags.key)
	if err != nil {
		return err
	}
	declared, err := readSpecs(flags.specs)
	if err != nil {
		return err
	}
	if err := export.Check(flags.out); err != nil {
		return &hinted{err, "choose another folder with --out DIR"}
	}
	src, err := capture.OpenFiles(flags.paths, &interruptible{ctx: ctx, stream: sh.in})
	if err != nil {
		return openHint(err)
	}
	defer src.Close()
	r := &replaying{flags: flags, sh: sh, src: src, key: key}
	if err := r.run(ctx); err != nil {
		return err
	}
	return r.finish(ctx, declared)
}

// readKey reads the digest key; nil when none is named.
func readKey(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	key, err := os.ReadFile(path)
	if err != nil {
		return nil, &hinted{fmt.Errorf("read key: %w", err), "make one: head -c 32 /dev/urandom > wirecensus.key"}
	}
	if len(key) < 16 {
		return nil, &hinted{fmt.Errorf("read key: %s has %d bytes, at least 16 are needed", path, len(key)), "make one: head -c 32 /dev/urandom > wirecensus.key"}
	}
	return key, nil
}

// readSpecs loads the declared documents.
func readSpecs(paths []string) ([]*openapi.Document, error) {
	var docs []*openapi.Document
	for _, p := range paths {
		info, err := os.Stat(p)
		switch {
		case err != nil:
			return nil, &hinted{fmt.Errorf("read declared documents: %w", err), "--spec takes a file or a folder of OpenAPI or Swagger documents"}
		case info.IsDir():
			found, err := openapi.LoadDir(p)
			if err != nil {
				return nil, &hinted{err, "mend the document, or name the good ones one by one with --spec"}
			}
			if len(found) == 0 {
				return nil, &hinted{fmt.Errorf("read declared documents: none in %s", p), "--spec takes a file or a folder of OpenAPI or Swagger documents"}
			}
			docs = append(docs, found...)
		default:
			d, err := openapi.Load(p)
			if err != nil {
				return nil, &hinted{err, "--spec takes OpenAPI 3.1, 3.0 or Swagger 2 in YAML or JSON"}
			}
			docs = append(docs, d)
		}
	}
	return docs, nil
}

// openHint adds what to do about a capture that cannot be opened.
func openHint(err error) error {
	var format *capture.FormatError
	switch {
	case errors.As(err, &format):
		return &hinted{err, "wirecensus reads pcap and pcapng, plain or in gzip or zstd; check with: file " + format.Path}
	case errors.Is(err, fs.ErrNotExist):
		return &hinted{err, "check the path; - reads a capture from standard input"}
	case errors.Is(err, fs.ErrPermission):
		return &hinted{err, "the capture must be readable by this user"}
	}
	return err
}

// replaying is one run of replay.
type replaying struct {
	flags  replayFlags
	sh     shell
	src    *capture.Files
	key    []byte
	merged *catalog.Catalog
	calls  *publish.NDJSON // nil without --calls
	cov    *schemas.Coverage
	meter  *meter
}

// headroom is what may be allocated between two runs of the garbage collector, in bytes.
// GOGC in the environment leaves the pace to it.
func headroom() uint64 {
	if os.Getenv("GOGC") != "" {
		return 0
	}
	return 24 << 20
}

// run reads the captures into the catalog.
func (r *replaying) run(ctx context.Context) error {
	catalogs := make([]*catalog.Catalog, r.flags.shards)
	for i := range catalogs {
		catalogs[i] = catalog.New(catalog.Config{})
	}
	if r.flags.calls {
		r.calls = publish.NewNDJSON(0, "")
	}
	var progress sensor.Progress
	r.meter = startMeter(r.sh.err, r.flags, r.src, &progress)
	var words []schemas.Word
	release := func(w []schemas.Word) { words = w }
	if r.flags.noWords {
		release = nil
	}
	cov, err := sensor.Run(ctx, sensor.Config{
		Source: r.src, Shards: r.flags.shards, Key: r.key, Decode: r.flags.decoding, Progress: &progress, Headroom: headroom(), Words: release,
		Sink: func(shard int) publish.Sink {
			c := catalogs[shard]
			if r.calls != nil {
				return publish.Tee{publish.Func(c.Apply), r.calls}
			}
			return publish.Func(c.Apply)
		},
	})
	r.meter.stop(r.sh.err, r.src, &progress)
	var format *capture.FormatError
	// A stream that was interrupted before it said anything is no wrong one.
	if err != nil && (ctx.Err() == nil || !errors.As(err, &format)) {
		return openHint(err)
	}
	r.cov = cov
	r.merged = catalogs[0]
	for _, c := range catalogs[1:] {
		r.merged.Merge(c)
	}
	r.merged.AddWords(words)
	return nil
}

// finish decides, writes the files and prints the summary.
func (r *replaying) finish(ctx context.Context, declared []*openapi.Document) error {
	inv := inventory.Decide(inventory.Input{Catalog: r.merged, Declared: declared, Coverage: r.cov})
	err := export.Write(r.flags.out, inv, export.Options{OpenAPI: r.flags.openapi, Version: version, Calls: r.calls != nil})
	if err == nil && r.calls != nil {
		err = writeCalls(filepath.Join(r.flags.out, "calls.ndjson"), r.calls)
	}
	if err != nil {
		return &hinted{err, "the results need a folder that can be written to: --out DIR"}
	}
	return errors.Join(r.print(ctx, inv), undecodable(r.cov))
}

// undecodable returns an error if no frame had a link type that is decoded.
func undecodable(cov *schemas.Coverage) error {
	if n := cov.Undecoded["unknown-link"]; n == 0 || n != cov.Frames {
		return nil
	}
	return &hinted{errors.New("no frame was read: captures of this link type are not decoded"), "capture on an Ethernet, cooked (any) or raw IP interface"}
}

func writeCalls(path string, calls *publish.NDJSON) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(calls.Close(f), f.Close())
}

// printable escapes control characters, so that a file name or an observed text
// cannot forge or colour a line of the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x202e || r == 0x2028 || r == 0x2029 {
			return '\ufffd'
		}
		return r
	}, s)
}
