package mountinfo

import (
	"math"
	"strconv"
	"strings"
)

// A line of /proc/PID/mountinfo, after proc_pid_mountinfo(5) and spec 06 §1:
//
//	36 35 98:0 /mnt1 /mnt2 rw,noatime shared:1 master:2 - ext3 /dev/root rw,errors=continue
//	 1  2   3    4     5       6         7        7     8   9     10      11
//
//	 1  mount id            small number, used again after the mount is gone
//	 2  parent id           the mount that this one sits on; itself at the top of a
//	                        namespace; not always a listed one
//	 3  major:minor         device number of the superblock
//	 4  root                which part of the filesystem is mounted; / is all of it
//	 5  mountpoint          where, seen from the reader's root directory
//	 6  mount options       flags of this mount
//	 7  optional fields     none or more words, name or name:value; readers must
//	                        step over names they do not know
//	 8  separator           one hyphen
//	 9  filesystem type     type or type.subtype
//	10  source              what was given to mount, or what the filesystem prints
//	11  superblock options  flags and options of the filesystem, the same in all of
//	                        its mounts
//
// One space separates two fields, so two in a row have an empty field between them;
// only the source can be empty. Field 11 is the rest of the line: some filesystems do
// not escape the spaces in their options (9p on WSL prints path=C:\Program Files\…).

// maxNumber bounds ids, groups and both halves of a device number: the kernel
// keeps them in 32 bits, and none of them is ever negative.
const maxNumber = math.MaxInt32

// MaxLine is the longest line that is read, in bytes, without its newline. A line's
// length is bounded by its two paths and an overlay's list of layers; a kernel
// prints kilobytes at most.
const MaxLine = 16 << 20

// ParseLine reads one line, given without its newline. An error is an *Error with
// line 1.
func ParseLine(line string) (Entry, error) {
	if i := strings.IndexAny(line, "\x00\n"); i >= 0 {
		return Entry{}, &Error{Line: 1, Column: i + 1, Msg: "want one line of text, got " + strconv.Quote(line[i:i+1]) + " in it"}
	}
	var e Entry
	if err := parseLine(line, &e); err != nil {
		err.Line = 1
		return Entry{}, err
	}
	return e, nil
}

// parseLine fills e, which is zero. Errors lack file and line. The caller looks for
// newlines and zero bytes, which is done sooner for a whole file than line by line.
func parseLine(line string, e *Entry) *Error {
	if len(line) > MaxLine {
		return &Error{Column: MaxLine + 1, Msg: "want a line of at most " + strconv.Itoa(MaxLine) + " bytes, got one of " + strconv.Itoa(len(line))}
	}
	c := cursor{line: line, canonical: true}
	e.ID = c.number(FieldID)
	e.Parent = c.number(FieldParent)
	e.Major, e.Minor = c.device()
	e.Root = c.text(FieldRoot, pathEscapes)
	e.Mountpoint = c.mountpoint()
	e.Options = c.options(FieldOptions, c.next(FieldOptions))
	c.tags(e)
	e.FSType = c.text(FieldType, nameEscapes)
	e.Source = c.text(FieldSource, nameEscapes)
	e.SuperOptions = c.options(FieldSuperOptions, c.rest(FieldSuperOptions))
	if !c.canonical {
		e.raw = line
	}
	return c.err
}
