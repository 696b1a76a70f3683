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
	protos   []string
	shards   int
	decoding sensor.Decoding
	secrets  secretFlags
	progress string
	quiet    bool
	db       string
	serving  serving
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
	set.StringArrayVar(&f.protos, "proto", nil, "")
	set.IntVar(&f.shards, "shards", 1, "")
	addDecoding(set, &f.decoding)
	addSecrets(set, &f.secrets)
	set.StringVar(&f.progress, "progress", "auto", "")
	set.BoolVarP(&f.quiet, "quiet", "q", false, "")
	set.StringVar(&f.db, "db", "", "")
	set.StringVar(&f.serving.listen, "serve", "", "")
	addServing(set, &f.serving)
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
	case f.serving.listen == "" && f.serving != (serving{}):
		return replayUsageError("--tokens, --tls-cert and their like need --serve")
	case f.serving.listen != "":
		return f.serving.check("replay")
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
	protos, err := readProtos(ctx, flags.protos)
	if err != nil {
		return err
	}
	secrets, err := readSecrets(flags.secrets, warner(sh.err, flags.quiet))
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
	r := &replaying{flags: flags, sh: sh, src: src, key: key, protos: protos, secrets: secrets}
	err = r.keep(ctx, declared)
	if err == nil {
		err = r.run(ctx)
	}
	if err == nil {
		err = r.finish(ctx, declared)
	}
	return errors.Join(err, r.close())
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
			return nil, &hinted{fmt.Errorf("read declared documents: %w", err), "--spec takes a file or a folder of OpenAPI or Swagger documents, Postman collections or HAR files"}
		case info.IsDir():
			found, err := openapi.LoadDir(p)
			if err != nil {
				return nil, &hinted{err, "mend the document, or name the good ones one by one with --spec"}
			}
			if len(found) == 0 {
				return nil, &hinted{fmt.Errorf("read declared documents: none in %s", p), "--spec takes a file or a folder of OpenAPI or Swagger documents, Postman collections or HAR files"}
			}
			docs = append(docs, found...)
		default:
			d, err := openapi.Load(p)
			if err != nil {
				return nil, specHint(err)
			}
			docs = append(docs, d)
		}
	}
	return docs, nil
}

// specHint adds what to do about a declared document that cannot be read.
func specHint(err error) error {
	var bad *openapi.Error
	if errors.As(err, &bad) && bad.Hint != "" {
		return &hinted{err, bad.Hint}
	}
	return &hinted{err, "--spec takes OpenAPI 3.1, 3.0 or Swagger 2 in YAML or JSON, Postman collections (v2.1) and HAR files"}
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
	flags   replayFlags
	sh      shell
	src     *capture.Files
	key     []byte
	protos  protos
	secrets *sensor.Keys
	merged  *catalog.Catalog
	calls   *publish.NDJSON // nil without --calls
	cov     *schemas.Coverage
	meter   *meter
	kept    *inventory.Service // nil without --serve and --db
	feed    *feeding           // of kept
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
		Source: r.src, Shards: r.flags.shards, Key: r.key, Keys: r.secrets, Decode: r.flags.decoding, Schemas: r.protos.schemas, Progress: &progress, Headroom: headroom(), Lend: true, Words: release,
		Sink: func(shard int) publish.Sink {
			tee := publish.Tee{publish.Func(catalogs[shard].Apply)}
			if r.calls != nil {
				tee = append(tee, r.calls)
			}
			if r.feed != nil {
				tee = append(tee, publish.Func(r.feed.Call))
			}
			if len(tee) == 1 {
				return tee[0]
			}
			return tee
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
	if r.feed != nil {
		r.feed.Words(words)
	}
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
	if err := errors.Join(r.print(ctx, inv), undecodable(r.cov)); err != nil || r.feed == nil {
		return err
	}
	r.feed.cover(r.cov)
	if err := r.kept.Sync(ctx); err != nil || r.flags.serving.listen == "" {
		return err
	}
	s, err := r.flags.serving.open(r.kept, logger(r.sh.err), r.kept.Collector())
	if err != nil {
		return err
	}
	return s.serve(ctx)
}

// keep opens the inventory that the calls go to beside the files, if one is wanted.
func (r *replaying) keep(ctx context.Context, declared []*openapi.Document) (err error) {
	store := inMemory
	if r.flags.db != "" {
		store = sqliteStore(r.flags.db)
	}
	if r.flags.db == "" && r.flags.serving.listen == "" {
		return nil
	}
	if r.kept, err = openInventory(ctx, store, declared, logger(r.sh.err)); err != nil {
		return err
	}
	r.feed, err = newFeeding(ctx, r.kept, "replay")
	return err
}

func (r *replaying) close() error {
	if r.kept == nil {
		return nil
	}
	return r.kept.Close()
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
