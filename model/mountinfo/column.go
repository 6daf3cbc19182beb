package mountinfo

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Column is what a drawn tree shows of each mount.
type Column uint8

// The columns, named in the header as findmnt(8) names them where it has them.
const (
	Target      Column = iota // mountpoint, with the branches of the tree before it
	Source                    // source; where a part of a filesystem is mounted, [root] follows
	FSType                    // filesystem type
	MountFlags                // options of the mount; says so where the superblock alone is ro
	SuperFlags                // options of the superblock
	Propagation               // optional fields joined by commas, or private
	ID                        // mount id
	ParentID                  // id of the parent
	Device                    // major:minor
)

// header is the column's title.
func (c Column) header() string {
	switch c {
	case Target:
		return "TARGET"
	case Source:
		return "SOURCE"
	case FSType:
		return "FSTYPE"
	case MountFlags:
		return "OPTIONS"
	case SuperFlags:
		return "FS-OPTIONS"
	case Propagation:
		return "PROPAGATION"
	case ID:
		return "ID"
	case ParentID:
		return "PARENT"
	case Device:
		return "MAJ:MIN"
	}
	return ""
}

// cell is the text of one column.
func (e *Entry) cell(c Column) string {
	switch c {
	case Target:
		return printable(e.Mountpoint)
	case Source:
		if e.Root == "/" {
			return printable(e.Source)
		}
		return printable(e.Source + "[" + e.Root + "]")
	case FSType:
		return printable(e.FSType)
	case MountFlags:
		flags := printable(string(e.Options))
		// Half of what makes a mount read-only is not in its own flags, and a
		// reader of this column alone would take such a mount for a writable one.
		if e.SuperOptions.ReadOnly() && !e.Options.ReadOnly() {
			flags += " (superblock ro)"
		}
		return flags
	case SuperFlags:
		return printable(string(e.SuperOptions))
	case Propagation:
		return printable(e.propagation())
	case ID:
		return strconv.Itoa(e.ID)
	case ParentID:
		return strconv.Itoa(e.Parent)
	case Device:
		return strconv.Itoa(e.Major) + ":" + strconv.Itoa(e.Minor)
	}
	return ""
}

// propagation joins the optional fields by commas. The kernel has no word for a
// mount that has none; people do.
func (e *Entry) propagation() string {
	tags := string(e.appendTags(nil, ','))
	if e.Shared == 0 && e.Master == 0 && !e.Unbindable {
		tags = ",private" + tags
	}
	return strings.ReplaceAll(tags[1:], " ", ",")
}

// printable writes backslashes and what a terminal would not show as one character
// in mountinfo's \ooo. Spaces stay: they are legible in a column.
func printable(s string) string {
	if i := strings.IndexFunc(s, unprintable); i < 0 {
		return s
	}
	var b []byte
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		if !unprintable(r) {
			b = append(b, s[:size]...)
		} else {
			for _, c := range []byte(s[:size]) {
				b = append(b, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
			}
		}
		s = s[size:]
	}
	return string(b)
}

// unprintable includes utf8.RuneError, which is how a byte that is not UTF-8 is
// read.
func unprintable(r rune) bool {
	return r == '\\' || r == utf8.RuneError || !unicode.IsPrint(r)
}
