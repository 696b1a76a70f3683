// Package term turns the inventory's answers and the state of a running replay
// into text for a terminal: a summary, and one line of progress.
//
//	screen := term.Of(os.Stderr, os.Getenv)
//	bar := term.NewBar(screen)
//	bar.Draw(os.Stderr, term.State{Done: n, Total: size, Packets: p, Calls: c, Elapsed: d})
//	bar.Clear(os.Stderr)
//	err := term.Summary(os.Stdout, result, term.Of(os.Stdout, os.Getenv), written)
//
// Lines fit the screen's width: long names give way in the middle, numbers never.
// Colours are used on a terminal only, and not where NO_COLOR is set or TERM is
// dumb. Nothing observed reaches the screen but through api.Visible.
//
// # Ownership
//
// Summary keeps nothing. A Bar belongs to one goroutine and one writer.
//
// # Limits
//
//   - width: 60 columns at least, 160 at most, 80 where it is not known
//   - services: 12 lines; endpoints needing attention: 15; findings: 10; names in
//     one sentence: 4. What is left out is counted, with the file that has it all.
package term
