package mountinfo

import (
	"fmt"
	"strconv"
)

// Field numbers the fields of a mountinfo line as spec 06 §1 does.
type Field uint8

// The fields of a line, in their order. NoField is for errors about a whole line,
// a section header or a whole file.
const (
	NoField Field = iota
	FieldID
	FieldParent
	FieldDevice
	FieldRoot
	FieldMountpoint
	FieldOptions
	FieldTags
	FieldSeparator
	FieldType
	FieldSource
	FieldSuperOptions
)

// name is what the field is called in an error.
func (f Field) name() string {
	switch f {
	case FieldID:
		return "mount id"
	case FieldParent:
		return "parent id"
	case FieldDevice:
		return "major:minor"
	case FieldRoot:
		return "root"
	case FieldMountpoint:
		return "mountpoint"
	case FieldOptions:
		return "mount options"
	case FieldTags:
		return "optional fields"
	case FieldSeparator:
		return "separator"
	case FieldType:
		return "filesystem type"
	case FieldSource:
		return "source"
	case FieldSuperOptions:
		return "superblock options"
	}
	return "unknown"
}

// String gives the field's number and name: field 3 (major:minor).
func (f Field) String() string {
	return fmt.Sprintf("field %d (%s)", uint8(f), f.name())
}

// Error says what was wrong with a table, and where.
type Error struct {
	File   string // as the caller named it; may be empty
	Line   int    // counted from 1; 0: the error is about the whole file
	Column int    // in bytes, counted from 1; 0: the error is about the whole line
	Field  Field  // NoField where the error is not about one field
	Msg    string // what was expected, and what was found
}

// Error gives the message in the form that editors and people know:
//
//	mountinfo:12:7: field 3 (major:minor): want …, got "8"
func (e *Error) Error() string {
	b := []byte(e.File)
	for _, n := range [...]int{e.Line, e.Column} {
		if n == 0 {
			break
		}
		if len(b) > 0 {
			b = append(b, ':')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	if len(b) > 0 {
		b = append(b, ": "...)
	}
	if e.Field != NoField {
		b = append(b, e.Field.String()...)
		b = append(b, ": "...)
	}
	return string(append(b, e.Msg...))
}

// maxQuoted is the number of bytes of input that an error repeats. A field can be
// megabytes long, and an error is for people.
const maxQuoted = 64

// got is the second half of a message: the input, quoted and kept short.
func got(s string) string {
	switch {
	case s == "":
		return "got an empty field (two spaces in a row, or one at the end?)"
	case len(s) > maxQuoted:
		return fmt.Sprintf("got %q… (%d bytes)", s[:maxQuoted], len(s))
	}
	return "got " + strconv.Quote(s)
}
