package reassembly

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata; commit only changes you understand")

// TestTranscripts runs testdata/*.txt; testdata/README.md describes the language.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			got := runTranscript(t, string(want))
			if got == string(want) {
				return
			}
			if *update {
				if err := os.WriteFile(f, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
			for i := range g {
				if i >= len(w) || g[i] != w[i] {
					t.Fatalf("line %d:\n got %q\nwant %q\n\nwhole:\n%s", i+1, g[i], append(w, "")[min(i, len(w))], got)
				}
			}
			t.Fatalf("transcript is longer than what happened")
		})
	}
}

// script interprets one transcript.
type script struct {
	t     *testing.T
	a     *Assembler
	time  time.Duration
	ids   map[*Conn]int
	conns int
	out   strings.Builder
}

func runTranscript(t *testing.T, text string) string {
	s := &script{t: t, a: New(Config{}), ids: map[*Conn]int{}}
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if strings.HasPrefix(line, "\t") {
			continue
		}
		s.out.WriteString(line + "\n")
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			s.line(line)
		}
	}
	return s.out.String()
}

func (s *script) line(line string) {
	word, rest, _ := strings.Cut(line, " ")
	args, payload := splitPayload(s.t, rest)
	s.time += time.Millisecond
	var evs []Event
	switch word {
	case "config":
		s.a = New(s.config(args))
		return
	case "expire":
		s.setTime(args)
		evs = s.a.Expire(nil, int64(s.time))
	case "close":
		evs = s.a.Close(nil)
	case "stats":
		s.stats(args)
		return
	case "orig", "resp":
		s.setTime(args)
		seg := s.segment(word, args, payload)
		evs = s.a.Append(nil, &seg)
	default:
		s.t.Fatalf("unknown word %q", word)
	}
	s.print(evs)
}

func splitPayload(t *testing.T, rest string) ([]string, []byte) {
	before, quoted, ok := strings.Cut(rest, `"`)
	if !ok {
		return strings.Fields(rest), nil
	}
	p, tail, _ := strings.Cut(quoted, `"`)
	args := strings.Fields(before + " " + tail)
	for i, a := range args {
		if n, ok := strings.CutPrefix(a, "x"); ok {
			times, err := strconv.Atoi(n)
			if err != nil {
				t.Fatal(err)
			}
			p = strings.Repeat(p, times)
			args = append(args[:i], args[i+1:]...)
			break
		}
	}
	return args, []byte(p)
}

func (s *script) setTime(args []string) {
	for _, a := range args {
		if v, ok := strings.CutPrefix(a, "t="); ok {
			d, err := time.ParseDuration(v)
			if err != nil {
				s.t.Fatal(err)
			}
			s.time = d
		}
	}
}

func (s *script) segment(dir string, args []string, payload []byte) Segment {
	seg := Segment{Time: int64(s.time), Payload: payload, Window: 65535}
	port := 40000
	server := 80
	for _, a := range args {
		key, value, _ := strings.Cut(a, "=")
		n, err := strconv.ParseInt(value, 10, 64)
		if value != "" && key != "t" && err != nil {
			s.t.Fatal(err)
		}
		switch key {
		case "seq":
			seg.Seq = uint32(n)
		case "ack":
			seg.Ack = uint32(n)
			seg.Flags |= ACK
		case "cut":
			seg.Cut = uint32(n)
		case "port":
			port = int(n)
		case "server":
			server = int(n)
		case "net":
			seg.Flow.Net = uint32(n)
		case "syn":
			seg.Flags |= SYN
		case "fin":
			seg.Flags |= FIN
		case "rst":
			seg.Flags |= RST
		case "urg":
			seg.Flags |= URG
		case "t":
		default:
			s.t.Fatalf("unknown argument %q", a)
		}
	}
	net := seg.Flow.Net
	seg.Flow = testFlow(port, server)
	seg.Flow.Net = net
	if dir == "resp" {
		seg.Flow = seg.Flow.Reverse()
	}
	return seg
}

func testFlow(port, server int) Flow {
	return Flow{
		Src: AddrOf(netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), uint16(port))),
		Dst: AddrOf(netip.AddrPortFrom(netip.MustParseAddr("10.0.0.2"), uint16(server))),
	}
}

func (s *script) config(args []string) Config {
	var c Config
	for _, a := range args {
		key, value, _ := strings.Cut(a, "=")
		n, err := strconv.Atoi(value)
		if err != nil {
			s.t.Fatal(err)
		}
		switch key {
		case "conns":
			c.MaxConns = n
		case "queued":
			c.MaxQueued = n
		case "conn-queued":
			c.MaxConnQueued = n
		default:
			s.t.Fatalf("unknown limit %q", key)
		}
	}
	return c
}

func (s *script) print(evs []Event) {
	for _, e := range evs {
		if e.Kind == Open {
			s.conns++
			s.ids[e.Conn] = s.conns
		}
		fmt.Fprintf(&s.out, "\t#%d %s\n", s.ids[e.Conn], formatEvent(e))
		if e.Kind == Close {
			delete(s.ids, e.Conn)
		}
	}
}

var (
	dirNames    = [...]string{"orig", "resp"}
	reasonNames = [...]string{"", "fin", "rst", "timeout", "reuse", "evict", "flush"}
)

// formatEvent writes an event as transcripts show it.
func formatEvent(e Event) string {
	dir := dirNames[e.Dir]
	switch e.Kind {
	case Open:
		f := e.Conn.Flow
		word := "open"
		if e.Conn.Midstream {
			word = "open midstream"
		}
		return fmt.Sprintf("%s %d>%d", word, f.Src.Port, f.Dst.Port)
	case Data:
		ack := "-"
		if e.AckOK {
			ack = strconv.FormatUint(e.Ack, 10)
		}
		text := string(e.Data)
		if len(text) > 40 {
			text = text[:40] + "..."
		}
		return fmt.Sprintf("data %s [%d,%d) ack=%s t=%v %q", dir, e.Offset, e.Offset+uint64(len(e.Data)), ack, time.Duration(e.Time), text)
	case Gap:
		word := "gap"
		if e.Cut {
			word = "cut"
		}
		return fmt.Sprintf("%s %s [%d,%d)", word, dir, e.Offset, e.Offset+e.Len)
	case End:
		return fmt.Sprintf("end %s %d by %s", dir, e.Offset, reasonNames[e.Reason])
	}
	word := "close"
	if e.Conn.OneSided {
		word += " one-sided"
	}
	if e.Conn.Conflicts > 0 {
		word += fmt.Sprintf(" conflicts=%d", e.Conn.Conflicts)
	}
	return word
}

// stats prints the named counters.
func (s *script) stats(names []string) {
	all := strings.Fields(strings.Trim(fmt.Sprintf("%+v", s.a.Stats()), "{}"))
	for _, name := range names {
		found := false
		for _, kv := range all {
			if strings.HasPrefix(kv, name+":") {
				fmt.Fprintf(&s.out, "\t%s\n", kv)
				found = true
			}
		}
		if !found {
			s.t.Fatalf("no counter %q", name)
		}
	}
}
