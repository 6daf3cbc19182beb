package columns

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// Table is a text table. Its first row is its header, if it has one.
type Table struct {
	Indent string
	Right  []bool // by column: aligned to the right; columns without an entry are not
	// Wrap is the width in characters up to which the last column is filled before
	// it goes on in the next line; 0: it never does. A no-break space, U+00A0, keeps
	// words together, and is written as a blank.
	Wrap int
	rows [][]string
}

// Row adds a row. Numbers are written with their thousands apart.
func (t *Table) Row(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		switch c := c.(type) {
		case int:
			row[i] = Number(uint64(max(0, c)))
		case uint64:
			row[i] = Number(c)
		default:
			row[i] = fmt.Sprint(c)
		}
	}
	t.rows = append(t.rows, row)
}

// Write draws the table. No line ends in blanks.
func (t *Table) Write(w io.Writer) error {
	widths := make([]int, len(t.Right))
	for _, row := range t.rows {
		for i := range min(len(row), len(widths)) {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	var b strings.Builder
	tw := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	for _, row := range t.rows {
		for i := range min(len(row), len(widths)) {
			if t.Right[i] {
				row[i] = strings.Repeat(" ", widths[i]-utf8.RuneCountInString(row[i])) + row[i]
			}
		}
		last := len(row) - 1
		for k, part := range t.wrapped(row[last]) {
			if k == 0 {
				row[last] = part
				fmt.Fprintln(tw, t.Indent+strings.Join(row, "\t"))
			} else {
				fmt.Fprintln(tw, t.Indent+strings.Repeat("\t", last)+part)
			}
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(strings.ReplaceAll(b.String(), "\u00a0", " ")) {
		if _, err := io.WriteString(w, strings.TrimRight(line, " \n")+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// wrapped cuts a text at blanks into lines of at most Wrap characters.
func (t *Table) wrapped(text string) []string {
	if t.Wrap == 0 || utf8.RuneCountInString(text) <= t.Wrap {
		return []string{text}
	}
	var lines []string
	line, width := "", 0
	for word := range strings.SplitSeq(text, " ") {
		n := utf8.RuneCountInString(word)
		if line != "" && width+1+n > t.Wrap {
			lines, line, width = append(lines, line), "", 0
		}
		if line != "" {
			line, width = line+" ", width+1
		}
		line, width = line+word, width+n
	}
	return append(lines, line)
}

// Number writes a number with its thousands apart: 1,234,567.
func Number(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}
