package system

import (
	"strings"

	"mntcheck/model"
)

// Untold stands in the tables of a view for the source of a mount that a system cannot
// tell. No source is written so: a backslash would be \134.
const Untold = `\?`

// untoldField is Untold where it stands in a line.
const untoldField = " " + Untold + " "

// CountUntold is the number of mounts in a view whose source is not told.
func CountUntold(v model.View) int { return strings.Count(v.Mounts, untoldField) }

// TellAs returns a view in which a source that was not told is that of another view,
// where the line is the same otherwise.
func TellAs(v, other model.View) model.View {
	if CountUntold(v) == 0 {
		return v
	}
	var b strings.Builder
	rest := other.Mounts
	for line := range strings.Lines(v.Mounts) {
		var as string
		if at := strings.IndexByte(rest, '\n'); at >= 0 {
			as, rest = rest[:at+1], rest[at+1:]
		}
		if before, behind, ok := strings.Cut(line, untoldField); ok && differsInSource(as, before, behind) {
			line = as
		}
		b.WriteString(line)
	}
	v.Mounts = b.String()
	return v
}

// differsInSource tells whether a line is made of two parts with one field between
// them.
func differsInSource(line, before, behind string) bool {
	rest, ok := strings.CutPrefix(line, before+" ")
	source, ok2 := strings.CutSuffix(rest, " "+behind)
	return ok && ok2 && !strings.Contains(source, " ")
}
