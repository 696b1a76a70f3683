package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// A part is a version byte, a byte that says how the rest is packed, and the
// content. What it holds is written in one order, so equal content has equal bytes.
const (
	// 1 has nothing of what HTTP carries, and other sketches of the paths; 1 and 2 have other classes of
	// segments.
	partVersion = 5

	packedNot  = 0
	packedZstd = 1
	packFrom   = 512 // bytes of content from which packing pays

	maxPart = 256 << 20 // bytes of a part's content
)

// Keys of parts.
const (
	servicePrefix = "service/" // and the name of the service
	wordsPrefix   = "words/"   // and a hex digit, the highest of the digests
	restKey       = "rest"
)

var (
	// ErrCorrupt says that a part is none.
	ErrCorrupt = errors.New("catalog: corrupt part")
	// ErrNewer says that a part was written by a later version of this program.
	ErrNewer = errors.New("catalog: part of a newer version")
	// ErrSeed says that a part is of a catalog with another Config.Seed.
	ErrSeed = errors.New("catalog: part of another seed")
)

// packer packs and unpacks parts; its room is made when it is first needed.
type packer struct {
	zip   *zstd.Encoder
	unzip *zstd.Decoder
	w     writer
	out   []byte
}

// Export calls yield with everything that the catalog holds, in parts, in order
// of their keys: what all services have in common as "rest", each service as
// "service/" and its name, released words as "words/" and a hex digit. A part is
// yield's until yield returns. Equal catalogs give equal parts. It stops at the
// first error of yield and returns it.
func (c *Catalog) Export(yield func(key string, part []byte) error) error {
	w := &c.packer.w
	w.reset()
	if c.rest(w) {
		if err := yield(restKey, c.packer.seal()); err != nil {
			return err
		}
	}
	for _, name := range c.Names() {
		w.reset()
		c.writeService(w, name)
		if err := yield(servicePrefix+name, c.packer.seal()); err != nil {
			return err
		}
	}
	var words [16][]uint64
	for d := range c.words {
		words[d>>60] = append(words[d>>60], d)
	}
	for i, ds := range words {
		if len(ds) == 0 {
			continue
		}
		slices.Sort(ds)
		w.reset()
		w.words(ds, c.words)
		if err := yield(fmt.Sprintf("%s%x", wordsPrefix, i), c.packer.seal()); err != nil {
			return err
		}
	}
	return nil
}

// Names lists the services that have a part, in order.
func (c *Catalog) Names() []string {
	out := slices.AppendSeq(make([]string, 0, len(c.bad)+len(c.good)), maps.Keys(c.good))
	for name := range c.bad {
		if c.good[name] == nil {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// ExportService returns the part of one service, nil when there is none. It is
// valid until the next call of a method of c.
func (c *Catalog) ExportService(name string) []byte {
	if c.good[name] == nil && c.bad[name] == nil {
		return nil
	}
	c.packer.w.reset()
	c.writeService(&c.packer.w, name)
	return c.packer.seal()
}

// Import merges a part that Export wrote into c, as Merge would; c has the Config
// of the catalog that wrote it. It fails with [ErrCorrupt], [ErrNewer] or
// [ErrSeed], and then c is as before. It does not keep part.
func (c *Catalog) Import(key string, part []byte) error {
	content, err := c.packer.open(part)
	if err != nil {
		return fmt.Errorf("import %q: %w", key, err)
	}
	r := &reader{b: content, version: part[0]}
	o := New(c.cfg)
	name, isService := strings.CutPrefix(key, servicePrefix)
	digit, isWords := strings.CutPrefix(key, wordsPrefix)
	switch {
	case isService:
		o.readService(r, name)
	case isWords && len(digit) == 1:
		o.readWords(r, digit[0])
	case key == restKey:
		o.readRest(r)
	default:
		r.bad = true
	}
	switch {
	case r.seed:
		return fmt.Errorf("import %q: %w", key, ErrSeed)
	case r.bad || len(r.b) > 0:
		return fmt.Errorf("import %q: %w", key, ErrCorrupt)
	}
	c.Merge(o)
	return nil
}

// seal frames what was written.
func (p *packer) seal() []byte {
	p.out = append(p.out[:0], partVersion, packedNot)
	if len(p.w.b) < packFrom {
		p.out = append(p.out, p.w.b...)
		return p.out
	}
	if p.zip == nil {
		zip, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true), zstd.WithLowerEncoderMem(true))
		if err != nil {
			panic(err) // the options are constant
		}
		p.zip = zip
	}
	p.out[1] = packedZstd
	p.out = p.zip.EncodeAll(p.w.b, p.out)
	return p.out
}

// open returns the content of a part, valid until the next open.
func (p *packer) open(part []byte) ([]byte, error) {
	switch {
	case len(part) < 2 || part[0] == 0:
		return nil, ErrCorrupt
	case part[0] > partVersion:
		return nil, ErrNewer
	case part[1] == packedNot:
		return bytes.Clone(part[2:]), nil
	case part[1] != packedZstd:
		return nil, ErrCorrupt
	}
	if p.unzip == nil {
		unzip, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPart), zstd.WithDecoderLowmem(true))
		if err != nil {
			panic(err) // the options are constant
		}
		p.unzip = unzip
	}
	b, err := p.unzip.DecodeAll(part[2:], nil)
	if err != nil {
		return nil, ErrCorrupt
	}
	return b, nil
}
