package check

import (
	"fmt"
	"strings"

	"mntcheck/props/difftext"
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
	b.WriteString(difftext.SideBySide(
		difftext.Side{Title: "before the last call", Mounts: f.BeforeView.Mounts},
		difftext.Side{Title: "after it", Mounts: f.AfterView.Mounts}))
	if f.File != "" {
		fmt.Fprintf(&b, "\nThe trace is in %s\n", f.File)
	}
	return b.String()
}
