package check

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"mntcheck/model/mountinfo"
)

// String is the failure for people: the broken claim in one line, the smallest
// program as a trace, and the tables before and after its last call side by
// side.
func (f *Failure) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is broken: %s\n", f.Invariant, f.Message)
	fmt.Fprintf(&b, "  %s (%s)\n", f.Statement, f.Source)
	if len(f.Also) > 0 {
		fmt.Fprintf(&b, "  the same call breaks %s\n", strings.Join(f.Also, ", "))
	}
	if !f.Reachable {
		b.WriteString("  the first state was drawn, not made by calls: it is not known to be reachable\n")
	}
	if f.Flaky {
		b.WriteString("  the program did not break it when it was run again: the system is not deterministic\n")
	}
	fmt.Fprintf(&b, "\n%d calls, of %d before shrinking:\n\n", len(f.Program), len(f.Original))
	if f.Trace != nil {
		for i := range f.Trace.Steps {
			fmt.Fprintf(&b, "  %s\n", f.Trace.Steps[i].Line)
		}
	}
	b.WriteString("\n")
	b.WriteString(sideBySide("before the last call", f.BeforeView.Mounts, "after it", f.AfterView.Mounts))
	if f.File != "" {
		fmt.Fprintf(&b, "\nThe trace is in %s\n", f.File)
	}
	return b.String()
}

// sideBySide draws the namespaces of two views as trees, one beside the other;
// lines that differ have a | between them.
func sideBySide(leftTitle, left, rightTitle, right string) string {
	l := append([]string{leftTitle}, trees(left)...)
	r := append([]string{rightTitle}, trees(right)...)
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

// maxTreeLines bounds what a failure draws of a large table.
const maxTreeLines = 60

// trees draws a view as lines. What is not a view stays as it is.
func trees(view string) []string {
	sections, err := mountinfo.ParseSections("view", []byte(view))
	if err != nil {
		return strings.Split(strings.TrimRight(view, "\n"), "\n")
	}
	var all []string
	for i := range sections {
		all = append(all, string(sections[i].AppendHeader(nil)))
		var b strings.Builder
		if err := mountinfo.Render(&b, &sections[i].Table, mountinfo.RenderOptions{NoHeader: true}); err != nil {
			return append(all, err.Error())
		}
		for _, line := range strings.Split(strings.TrimRight(b.String(), "\n"), "\n") {
			all = append(all, strings.TrimRight(line, " "))
		}
	}
	if len(all) > maxTreeLines {
		all = append(all[:maxTreeLines], fmt.Sprintf("… %d more lines", len(all)-maxTreeLines))
	}
	return all
}
