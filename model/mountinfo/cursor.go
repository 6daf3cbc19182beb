package mountinfo

import (
	"strconv"
	"strings"
)

// cursor walks along one line. The first error stays, and makes all that follows
// return nothing, so that reading a line reads like the line.
type cursor struct {
	line      string
	start     int // where the field last taken starts
	pos       int // where the next one starts; past the end of the line: there is none
	canonical bool
	err       *Error
}

// want is what a reader of the error should know about each field.
func (f Field) want() string {
	switch f {
	case FieldID, FieldParent:
		return "a decimal number from 0 to " + strconv.Itoa(maxNumber)
	case FieldDevice:
		return "two decimal numbers with a colon between, such as 8:1"
	case FieldRoot:
		return "the path of the root within its filesystem"
	case FieldMountpoint:
		return "an absolute path"
	case FieldOptions, FieldSuperOptions:
		return "ro or rw, alone or followed by a comma and more options"
	case FieldTags:
		return "an optional field such as shared:1, or - to end them"
	case FieldSeparator:
		return "- after the optional fields"
	case FieldType:
		return "the type of the filesystem"
	case FieldSource:
		return "the source (which may be empty)"
	}
	return "text"
}

// fail reports the field last taken.
func (c *cursor) fail(f Field, want, got string) {
	c.failAt(c.start, f, want, got)
}

// failAt keeps the error if it is the first. at is a position in the line.
func (c *cursor) failAt(at int, f Field, want, got string) {
	if c.err == nil {
		c.err = &Error{Column: at + 1, Field: f, Msg: "want " + want + ", " + got}
	}
}

// next takes the text up to the next space.
func (c *cursor) next(f Field) string {
	rest := c.rest(f)
	if i := strings.IndexByte(rest, ' '); i >= 0 {
		c.pos = c.start + i + 1
		return rest[:i]
	}
	return rest
}

// rest takes all that is left of the line.
func (c *cursor) rest(f Field) string {
	if c.err != nil {
		return ""
	}
	if c.pos > len(c.line) {
		c.failAt(len(c.line), f, f.want(), "got the end of the line")
		return ""
	}
	c.start, c.pos = c.pos, len(c.line)+1
	return c.line[c.start:]
}

// number takes a field that is one number.
func (c *cursor) number(f Field) int {
	s := c.next(f)
	n, ok := decimal(s)
	if !ok && c.err == nil {
		c.fail(f, f.want(), got(s))
	}
	return n
}

// device takes major:minor.
func (c *cursor) device() (major, minor int) {
	s := c.next(FieldDevice)
	a, b, _ := strings.Cut(s, ":")
	major, okMajor := decimal(a)
	minor, okMinor := decimal(b)
	if !(okMajor && okMinor) && c.err == nil {
		c.fail(FieldDevice, FieldDevice.want(), got(s))
	}
	return major, minor
}

// text takes a field that the kernel escapes, and decodes it.
func (c *cursor) text(f Field, set string) string {
	s := c.next(f)
	if c.err != nil {
		return ""
	}
	if s == "" && f != FieldSource {
		c.fail(f, f.want(), got(s))
		return ""
	}
	t, canonical, bad := unescape(s, set)
	if bad >= 0 {
		c.failAt(c.start+bad, f, `an escape of a backslash and three octal digits from \001 to \377`, got(s[bad:min(bad+4, len(s))]))
		return ""
	}
	c.canonical = c.canonical && canonical
	return t
}

// mountpoint takes field 5. What cannot be reached from the reader's root is not
// listed (spec 06 §1), so there is always an absolute path.
func (c *cursor) mountpoint() string {
	s := c.text(FieldMountpoint, pathEscapes)
	if c.err == nil && s[0] != '/' {
		c.fail(FieldMountpoint, FieldMountpoint.want(), got(s))
	}
	return s
}

// options checks how a list of options starts. The kernel prints ro or rw first in
// both lists, whatever the filesystem, so anything else means that the fields of
// this line are not where they belong; and which of the two it is decides answers.
func (c *cursor) options(f Field, s string) Options {
	if c.err != nil {
		return ""
	}
	if f == FieldSuperOptions && strings.HasSuffix(s, "\r") {
		c.failAt(len(c.line)-1, f, "the end of the line", "got a carriage return (a file with Windows' line ends?)")
	}
	if len(s) < 2 || s[:2] != "rw" && s[:2] != "ro" || len(s) > 2 && s[2] != ',' {
		c.fail(f, f.want(), got(s))
	}
	return Options(s)
}

// The places of the optional fields in a line as the kernel prints it; unknown ones
// go last when a line is made from fields.
const (
	rankShared = iota + 1
	rankMaster
	rankPropagateFrom
	rankUnbindable
	rankUnknown
)

// tags takes the optional fields and the separator.
func (c *cursor) tags(e *Entry) {
	last := 0          // rank of the field before
	from, to := -1, -1 // the unknown fields side by side just read
	for c.err == nil {
		if c.pos > len(c.line) {
			c.failAt(len(c.line), FieldSeparator, FieldSeparator.want(), "got the end of the line")
			return
		}
		tag := c.next(FieldTags)
		if tag == "-" {
			break
		}
		rank := c.tag(tag, e)
		c.canonical = c.canonical && rank >= last
		last = rank
		if rank != rankUnknown {
			continue
		}
		// Neighbours are kept as one piece of the line: joining them one by one
		// would take quadratic time on a line of nothing else.
		if from >= 0 && c.start != to+1 {
			e.addUnknown(c.line[from:to])
			from = -1
		}
		if from < 0 {
			from = c.start
		}
		to = c.start + len(tag)
	}
	if from >= 0 && c.err == nil {
		e.addUnknown(c.line[from:to])
	}
}

func (e *Entry) addUnknown(tags string) {
	if e.Unknown != "" {
		tags = e.Unknown + " " + tags
	}
	e.Unknown = tags
}

// tag puts one optional field where it belongs, and gives its rank.
func (c *cursor) tag(tag string, e *Entry) int {
	name, value, valued := strings.Cut(tag, ":")
	switch name {
	case "":
		c.fail(FieldTags, FieldTags.want(), got(tag))
	case "shared":
		c.group(&e.Shared, name, value)
		return rankShared
	case "master":
		c.group(&e.Master, name, value)
		return rankMaster
	case "propagate_from":
		c.group(&e.PropagateFrom, name, value)
		return rankPropagateFrom
	case "unbindable":
		switch {
		case valued:
			c.fail(FieldTags, "unbindable without a value", got(tag))
		case e.Unbindable:
			c.fail(FieldTags, "unbindable once", "got it a second time")
		}
		e.Unbindable = true
		return rankUnbindable
	}
	return rankUnknown
}

// group reads the number of a peer group into g.
func (c *cursor) group(g *int, name, value string) {
	n, ok := decimal(value)
	switch {
	case !ok || n == 0:
		c.fail(FieldTags, name+": and a peer group from 1 to "+strconv.Itoa(maxNumber), got(value))
	case *g != 0:
		c.fail(FieldTags, name+" once", "got it a second time")
	}
	*g = n
}

// decimal reads a number up to maxNumber as the kernel prints it: digits only, no
// leading zeros. strconv would accept a sign and more zeros, which would be lost.
func decimal(s string) (int, bool) {
	if s == "" || len(s) > 10 || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	n := int64(0)
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int64(d)
	}
	return int(n), n <= maxNumber
}
