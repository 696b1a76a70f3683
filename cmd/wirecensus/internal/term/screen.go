package term

import (
	"os"
	"strconv"
	"strings"
	"unicode"

	"wirecensus/inventory/api"

	"golang.org/x/text/width"
)

// The bounds of a line, in columns.
const (
	minWidth     = 60
	maxWidth     = 160
	defaultWidth = 80
)

// Screen is what the text is laid out for. The zero value is a pipe: 80 columns,
// no colour, no redrawing.
type Screen struct {
	Width int  // columns, 0 means 80
	Color bool // escape sequences for colours are understood and wanted
	TTY   bool // a line can be drawn over
}

// Of describes the screen behind f. getenv gives NO_COLOR, TERM and COLUMNS.
func Of(f *os.File, getenv func(string) string) Screen {
	columns, tty := size(f)
	if n, err := strconv.Atoi(getenv("COLUMNS")); err == nil && n > 0 && !tty {
		columns = n
	}
	dumb := getenv("TERM") == "dumb"
	return Screen{Width: columns, TTY: tty && !dumb, Color: tty && !dumb && getenv("NO_COLOR") == ""}
}

func (s Screen) columns() int {
	if s.Width == 0 {
		return defaultWidth
	}
	return min(max(s.Width, minWidth), maxWidth)
}

// style is an SGR parameter, or none.
type style string

const (
	plain  style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	strong style = "1;31"
	yellow style = "33"
	green  style = "32"
	cyan   style = "36"
)

func (s Screen) paint(st style, text string) string {
	if !s.Color || st == plain || text == "" {
		return text
	}
	return "\x1b[" + string(st) + "m" + text + "\x1b[0m"
}

// columnsOf returns the columns that visible text takes.
func columnsOf(text string) int {
	n := 0
	for _, r := range text {
		n += columnsOfRune(r)
	}
	return n
}

func columnsOfRune(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// fit makes observed text visible and shortens it in the middle to at most n columns.
func fit(text string, n int) string {
	text = api.Visible(text)
	if columnsOf(text) <= n {
		return text
	}
	if n < 2 {
		return strings.Repeat("…", n)
	}
	head, tail := (n-1+1)/2, (n-1)/2
	runes := []rune(text)
	i, used := 0, 0
	for used+columnsOfRune(runes[i]) <= head {
		used += columnsOfRune(runes[i])
		i++
	}
	j, used := len(runes), 0
	for j > i && used+columnsOfRune(runes[j-1]) <= tail {
		used += columnsOfRune(runes[j-1])
		j--
	}
	return string(runes[:i]) + "…" + string(runes[j:])
}

// cut makes observed text visible and shortens it at the end.
func cut(text string, n int) string {
	text = api.Visible(text)
	if columnsOf(text) <= n {
		return text
	}
	used := 0
	for i, r := range text {
		if used += columnsOfRune(r); used > n-1 {
			return strings.TrimRight(text[:i], " ") + "…"
		}
	}
	return text
}

func pad(text string, n int) string {
	return text + strings.Repeat(" ", max(0, n-columnsOf(text)))
}

func padLeft(text string, n int) string {
	return strings.Repeat(" ", max(0, n-columnsOf(text))) + text
}
