package conform

import (
	"fmt"
	"strings"

	"mntcheck/props/difftext"
)

// Headline is the difference in one line: "umount2: the kernel answers 0, the
// model EINVAL".
func (d *Difference) Headline() string {
	name := "the world before the first call"
	if n := len(d.Program); n > 0 {
		name = d.Program[n-1].Call.Op.String()
	}
	switch d.Kind {
	case Answer:
		return fmt.Sprintf("%s: the kernel answers %s, the model %s", name, short(d.Kernel), short(d.Model))
	case Tables:
		if len(d.Program) == 0 {
			return name + " has other mount tables"
		}
		return name + " is answered alike, and leaves other mount tables"
	case Places:
		return name + " is answered alike, and leaves actors in other places"
	}
	return name + ": the kernel gives no answer"
}

// short is an answer without its description: "EINVAL", "3".
func short(answer string) string {
	answer = strings.TrimPrefix(answer, "-1 ")
	word, _, _ := strings.Cut(answer, " ")
	return word
}

// shownRules is how many rules are printed that could have decided.
const shownRules = 8

// String is the difference for people: in one line, with both answers and the
// rule of the model, the smallest program, and both tables side by side.
func (d *Difference) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", d.Headline())
	if d.Call != "" {
		fmt.Fprintf(&b, "  %s\n", abridged(d.Call))
	}
	fmt.Fprintf(&b, "  kernel  %s\n", indented(d.Kernel))
	if d.Model != "" {
		fmt.Fprintf(&b, "  model   %s\n", d.Model)
	}
	if d.Rule != "" {
		fmt.Fprintf(&b, "          %s\n          rule %s, %s\n", d.Why, d.Rule, d.Spec)
	}
	if len(d.Candidates) > 0 {
		some, more := d.Candidates, ""
		if n := len(some) - shownRules; n > 0 {
			some, more = some[:shownRules], fmt.Sprintf(", and %d more", n)
		}
		fmt.Fprintf(&b, "  Rules of the model that answer such a call like the kernel: %s%s\n", strings.Join(some, ", "), more)
	}
	if d.Cases > 1 {
		fmt.Fprintf(&b, "  %d programs show it.\n", d.Cases)
	}
	b.WriteString(d.certainty())
	d.writeProgram(&b)
	b.WriteString(d.sides())
	return b.String()
}

// certainty says what speaks against the difference, and against its program.
func (d *Difference) certainty() string {
	switch {
	case d.Unshrunk != "":
		return fmt.Sprintf("  It could not be made smaller: %s\n", indented(d.Unshrunk))
	case d.Flaky && d.Shown == 0:
		return fmt.Sprintf("  FLAKY: made again %d times, the program did not differ: the kernel does not repeat itself.\n", d.Runs)
	case d.Flaky:
		return fmt.Sprintf("  FLAKY: made again %d times, the program differed %d times: the kernel does not repeat itself.\n", d.Runs, d.Shown)
	}
	return ""
}

// shownCalls is how many calls of a program are printed.
const shownCalls = 60

func (d *Difference) writeProgram(b *strings.Builder) {
	if len(d.Program) == 0 {
		return
	}
	fmt.Fprintf(b, "\nThe smallest program found, %d of %d calls", len(d.Program), len(d.Original))
	if lost := d.lost(); lost != "" {
		fmt.Fprintf(b, ". %s", lost)
	} else {
		b.WriteString(", as the kernel answers:\n")
	}
	steps := d.Trace.Steps
	for i := range steps {
		switch {
		case len(steps) <= shownCalls || i < shownCalls/2 || i >= len(steps)-shownCalls/2:
			fmt.Fprintf(b, "  %s\n", abridged(steps[i].Line.String()))
		case i == shownCalls/2:
			fmt.Fprintf(b, "  … %d more calls, which the trace has\n", len(steps)-shownCalls/2*2)
		}
	}
}

// sides draws what kernel and model show after the last call.
func (d *Difference) sides() string {
	switch {
	case d.Kind == NoAnswer:
		return "\n" + difftext.SideBySide(
			difftext.Side{Title: "before the last call", Mounts: d.BeforeView.Mounts},
			difftext.Side{Title: "after it, by the model", Mounts: d.ModelView.Mounts})
	case d.Kind == Places:
		return "\n" + difftext.TextBesideText("the kernel's actors", d.KernelView.Actors, "the model's", d.ModelView.Actors)
	}
	return "\n" + difftext.SideBySide(
		difftext.Side{Title: "the kernel, after the last call", Mounts: d.KernelView.Mounts},
		difftext.Side{Title: "the model", Mounts: d.ModelView.Mounts})
}

// abridged leaves out the middle of a call that nobody would read: a path may be
// as long as a page. The trace has all of it.
func abridged(call string) string {
	const longest, shown = 400, 100
	if len(call) <= longest {
		return call
	}
	return fmt.Sprintf("%s…%d bytes…%s", call[:shown], len(call)-2*shown, call[len(call)-shown:])
}

// indented keeps the lines of an error, such as the tail of a console, apart
// from what is around it.
func indented(text string) string {
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n          ")
}
