package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"wirecensus/cmd/wirecensus/internal/term"
	"wirecensus/inventory"
	"wirecensus/inventory/api"
	"wirecensus/schemas"
	"wirecensus/sensor"
	"wirecensus/sensor/capture"
)

// screen returns what is known of the terminal behind w.
func screen(w io.Writer) term.Screen {
	if f, ok := w.(*os.File); ok {
		return term.Of(f, os.Getenv)
	}
	return term.Screen{}
}

// meter draws the progress bar while captures are read.
type meter struct {
	done    chan struct{}
	stopped chan struct{}
	start   time.Time
	shown   bool // somebody looks at it
}

// startMeter begins to draw on w, unless the flags or the terminal forbid it.
func startMeter(w io.Writer, f replayFlags, src *capture.Files, p *sensor.Progress) *meter {
	s := screen(w)
	s.TTY = s.TTY && f.progress != "never" || f.progress == "always"
	m := &meter{done: make(chan struct{}), stopped: make(chan struct{}), start: time.Now(), shown: s.TTY && !f.quiet}
	if !m.shown {
		close(m.stopped)
		return m
	}
	go m.draw(w, term.NewBar(s), src, p)
	return m
}

func (m *meter) draw(w io.Writer, bar *term.Bar, src *capture.Files, p *sensor.Progress) {
	defer close(m.stopped)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-m.done:
			// A bar that cannot be wiped hides nothing.
			_ = bar.Clear(w)
			return
		case now := <-tick.C:
			read, total := src.Position()
			if bar.Draw(w, term.State{Done: uint64(read), Total: uint64(total), Packets: p.Frames.Load(), Calls: p.Calls.Load(), Elapsed: now.Sub(m.start)}) != nil {
				return
			}
		}
	}
}

// stop wipes the bar and says how fast it went. The summary does not: it is the
// same for the same capture.
func (m *meter) stop(w io.Writer, src *capture.Files, p *sensor.Progress) {
	took := time.Since(m.start)
	close(m.done)
	<-m.stopped
	if m.shown {
		read, _ := src.Position()
		fmt.Fprintln(w, term.Speed(term.State{Done: uint64(read), Packets: p.Frames.Load(), Calls: p.Calls.Load(), Elapsed: took}))
	}
}

// summaryJSON is what --json prints.
type summaryJSON struct {
	Services  []api.Service     `json:"services"`
	Endpoints int               `json:"endpoints"`
	ByStatus  map[string]int    `json:"by_status"`
	Findings  []schemas.Finding `json:"findings"`
	Coverage  schemas.Coverage  `json:"coverage"`
	Notes     []string          `json:"notes"` // captures that were not read to their end
	Files     []string          `json:"files"`
}

// print writes the warnings and the summary.
func (r *replaying) print(ctx context.Context, inv *inventory.Inventory) error {
	notes := r.notes(ctx)
	files := r.files()
	if r.flags.json {
		return r.printJSON(inv, notes, files)
	}
	for _, n := range notes {
		fmt.Fprintf(r.sh.err, "wirecensus: warning: %s\n", printable(n))
	}
	if r.flags.quiet {
		return nil
	}
	return term.Summary(r.sh.out, &inv.Result, screen(r.sh.out), files)
}

func (r *replaying) printJSON(inv *inventory.Inventory, notes []string, files []term.Written) error {
	s := summaryJSON{Services: inv.Result.Services, Endpoints: len(inv.Result.Endpoints), ByStatus: map[string]int{}, Findings: inv.Result.Findings, Coverage: inv.Result.Coverage, Notes: notes}
	for _, e := range inv.Result.Endpoints {
		s.ByStatus[e.Status]++
	}
	for _, f := range files {
		s.Files = append(s.Files, f.Path)
	}
	enc := json.NewEncoder(r.sh.out)
	enc.SetIndent("", "  ")
	return enc.Encode(s)
}

// notes says what of the captures was not read.
func (r *replaying) notes(ctx context.Context) []string {
	notes := []string{}
	for _, n := range r.src.Notes() {
		switch n.Kind {
		case capture.Skipped:
			notes = append(notes, fmt.Sprintf("%s: passed over: %s", n.Path, n.Reason))
		default:
			notes = append(notes, fmt.Sprintf("%s: %s after %d bytes (%s): what came before was used", n.Path, n.Kind, n.Offset, n.Reason))
		}
	}
	if ctx.Err() != nil {
		notes = append(notes, "interrupted: the results cover what was read until then")
	}
	return notes
}

func (r *replaying) files() []term.Written {
	out := []term.Written{
		{Path: filepath.Join(r.flags.out, "report.html"), What: "the report, for a browser"},
		{Path: filepath.Join(r.flags.out, "openapi") + string(filepath.Separator), What: "an OpenAPI document for every service"},
		{Path: filepath.Join(r.flags.out, "endpoints.json"), What: "every endpoint: status, counts, drift, and why"},
		{Path: filepath.Join(r.flags.out, "findings.json"), What: "what somebody should look at"},
		{Path: filepath.Join(r.flags.out, "coverage.json"), What: "what could and could not be seen"},
	}
	if r.calls != nil {
		out = append(out, term.Written{Path: filepath.Join(r.flags.out, "calls.ndjson"), What: "every call in normal form"})
	}
	return out
}
