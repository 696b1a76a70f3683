package term

import "strings"

// cell is one field of a table, observed or ours.
type cell struct {
	text  string
	style style
}

// column says how a field is laid out. Flexible columns share what the others
// leave; optional ones go when that is not enough.
type column struct {
	title    string
	right    bool
	flex     bool
	prose    bool // cut at the end, not in the middle
	optional bool
	least    int // columns that a flexible one keeps while there is another way
}

// gap is the space in front of and between columns.
const gap = 2

// widths decides how wide each column is, so that all fit: flexible ones shrink
// to their least, the widest first; then optional ones go, the last first (width
// 0); then what is flexible shrinks further, down to one.
func (s Screen) widths(columns []column, rows [][]cell) []int {
	w := make([]int, len(columns))
	over := -s.columns()
	for i, c := range columns {
		w[i] = max(columnsOf(c.title), widest(rows, i))
		over += gap + w[i]
	}
	shrink := func(least func(column) int) {
		for ; over > 0; over-- {
			widest := -1
			for i, c := range columns {
				if c.flex && w[i] > least(c) && (widest < 0 || w[i] >= w[widest]) {
					widest = i
				}
			}
			if widest < 0 {
				return
			}
			w[widest]--
		}
	}
	shrink(func(c column) int { return max(c.least, columnsOf(c.title), 1) })
	for i := len(columns) - 1; i >= 0 && over > 0; i-- {
		if columns[i].optional && w[i] > 0 {
			over -= gap + w[i]
			w[i] = 0
		}
	}
	// What a column that went has left over goes to the flexible ones again.
	for i := range columns {
		for ; over < 0 && w[i] > 0 && columns[i].flex && w[i] < widest(rows, i); over++ {
			w[i]++
		}
	}
	shrink(func(column) int { return 1 })
	return w
}

// widest returns the columns that the longest text of a column takes.
func widest(rows [][]cell, i int) int {
	n := 0
	for _, r := range rows {
		n = max(n, columnsOf(fit(r[i].text, maxWidth)))
	}
	return n
}

// table lays rows out below the titles.
func (s Screen) table(columns []column, rows [][]cell) string {
	widths := s.widths(columns, rows)
	var b strings.Builder
	line := func(cells []cell) {
		var l strings.Builder
		for i, c := range cells {
			if widths[i] == 0 {
				continue
			}
			text := fit(c.text, widths[i])
			if columns[i].prose {
				text = cut(c.text, widths[i])
			}
			l.WriteString(strings.Repeat(" ", gap))
			switch {
			case columns[i].right:
				l.WriteString(padLeft("", widths[i]-columnsOf(text)) + s.paint(c.style, text))
			case i == len(cells)-1:
				l.WriteString(s.paint(c.style, text))
			default:
				l.WriteString(s.paint(c.style, text) + pad("", widths[i]-columnsOf(text)))
			}
		}
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	titles, named := make([]cell, len(columns)), false
	for i, c := range columns {
		titles[i] = cell{c.title, dim}
		named = named || c.title != ""
	}
	if named {
		line(titles)
	}
	for _, r := range rows {
		line(r)
	}
	return b.String()
}

// wrap breaks a sentence at spaces; following lines start below the first
// column of the text after indent.
func (s Screen) wrap(indent int, text string) string {
	room := s.columns() - indent
	var b strings.Builder
	used := 0
	for _, word := range strings.Fields(text) {
		word = fit(word, room)
		n := columnsOf(word)
		if used > 0 && used+1+n > room {
			b.WriteString("\n" + strings.Repeat(" ", indent))
			used = 0
		}
		if used > 0 {
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	return b.String()
}
