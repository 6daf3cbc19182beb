package difftext

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"mntcheck/model/mountinfo"
)

// NoMoreLines stands for the line of a text that is over.
const NoMoreLines = "(no more lines)"

// FirstLine is the first line in which two texts differ, of each. Two texts that
// are the same have none: both are NoMoreLines.
func FirstLine(left, right string) (l, r string) {
	for left != "" || right != "" {
		l, left = firstOf(left)
		r, right = firstOf(right)
		if l != r {
			return l, r
		}
	}
	return NoMoreLines, NoMoreLines
}

func firstOf(text string) (line, rest string) {
	if text == "" {
		return NoMoreLines, ""
	}
	line, rest, _ = strings.Cut(text, "\n")
	return line, rest
}

// Side is one of two tables.
type Side struct {
	Title  string
	Mounts string // as model.View has them
}

// SideBySide draws the namespaces of two tables as trees, one beside the other;
// lines that differ have a | between them.
func SideBySide(left, right Side) string {
	return beside(append([]string{left.Title}, trees(left.Mounts)...), append([]string{right.Title}, trees(right.Mounts)...))
}

// TextBesideText puts two texts side by side in the same way.
func TextBesideText(leftTitle, left, rightTitle, right string) string {
	return beside(append([]string{leftTitle}, lines(left)...), append([]string{rightTitle}, lines(right)...))
}

func beside(l, r []string) string {
	l, r = bounded(l), bounded(r)
	width := 0
	for _, line := range l {
		width = max(width, utf8.RuneCountInString(line))
	}
	var b strings.Builder
	for i := range max(len(l), len(r)) {
		one, other := "", ""
		if i < len(l) {
			one = l[i]
		}
		if i < len(r) {
			other = r[i]
		}
		sign := ' '
		if one != other && i > 0 {
			sign = '|'
		}
		line := fmt.Sprintf("  %-*s %c %s", width, one, sign, other)
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// maxTreeLines bounds what is drawn of a large table.
const maxTreeLines = 60

// trees draws a view as lines. What is not a view stays as it is.
func trees(view string) []string {
	sections, err := mountinfo.ParseSections("view", []byte(view))
	if err != nil {
		return lines(view)
	}
	var all []string
	for i := range sections {
		all = append(all, string(sections[i].AppendHeader(nil)))
		var b strings.Builder
		if err := mountinfo.Render(&b, &sections[i].Table, mountinfo.RenderOptions{NoHeader: true}); err != nil {
			return append(all, err.Error())
		}
		for _, line := range lines(b.String()) {
			all = append(all, strings.TrimRight(line, " "))
		}
	}
	return all
}

func lines(text string) []string { return strings.Split(strings.TrimRight(text, "\n"), "\n") }

func bounded(all []string) []string {
	if len(all) > maxTreeLines {
		all = append(all[:maxTreeLines:maxTreeLines], fmt.Sprintf("… %d more lines", len(all)-maxTreeLines))
	}
	return all
}
