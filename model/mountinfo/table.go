package mountinfo

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// MaxSize is the size of the largest table that is read, in bytes. The kernel's
// default limit of 100,000 mounts a namespace (fs.mount-max) gives about 10 MB.
const MaxSize = 256 << 20

// Table is a mount table: one file in mountinfo's syntax, or one section of a
// trace's final.mountinfo.
type Table struct {
	Name    string // of the file, for errors; may be empty
	Line    int    // where the first entry stands in the file; 0 counts as 1
	Entries []Entry
}

// Parse reads a table from data, which name is the name of. The entries share one
// copy of data's text, so keeping one of them keeps that. An error is an *Error.
//
// Refused are, besides malformed lines: an id that is listed twice, and mounts that
// are each other's parents. A parent that is not listed is fine (spec 06 §1, field
// 2), and so is a table without entries, which is what a process sees whose root is
// no longer mounted; whether that makes sense is for the caller to say.
func Parse(name string, data []byte) (*Table, error) {
	if len(data) > MaxSize {
		return nil, tooLarge(name)
	}
	t, err := parseTable(name, 1, string(data))
	if err != nil {
		return nil, err
	}
	return &t, nil
}

// Read reads a table as Parse does. An error of r is wrapped, with name before it.
func Read(name string, r io.Reader) (*Table, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return Parse(name, data)
}

func tooLarge(name string) *Error {
	return &Error{File: name, Msg: "want a table of at most " + strconv.Itoa(MaxSize) + " bytes, got more"}
}

// typicalLine is a guess at the length of a line, in bytes, that bounds what is set
// aside for entries before they are read: a file of newlines alone gets no more
// memory than its size justifies.
const typicalLine = 48

// parseTable reads lines up to the end of s, which starts at the given line.
func parseTable(name string, line int, s string) (Table, error) {
	t := Table{Name: name, Line: line}
	if err := checkText(s); err != nil {
		err.File, err.Line = name, err.Line+line
		return Table{}, err
	}
	if n := min(strings.Count(s, "\n"), len(s)/typicalLine) + 1; s != "" {
		t.Entries = make([]Entry, 0, n)
	}
	for ; s != ""; line++ {
		text, rest, _ := strings.Cut(s, "\n")
		s = rest
		if text == "" {
			return Table{}, &Error{File: name, Line: line, Msg: "want a mount, got an empty line"}
		}
		t.Entries = append(t.Entries, Entry{})
		if err := parseLine(text, &t.Entries[len(t.Entries)-1]); err != nil {
			err.File, err.Line = name, line
			return Table{}, err
		}
	}
	if _, err := t.Parents(); err != nil {
		return Table{}, err
	}
	return t, nil
}

// checkText refuses zero bytes, which no line holds: this is some other file. The
// error's line counts from 0.
func checkText(s string) *Error {
	at := strings.IndexByte(s, 0)
	if at < 0 {
		return nil
	}
	before := s[:at]
	return &Error{
		Line:   strings.Count(before, "\n"),
		Column: at - strings.LastIndexByte(before, '\n'),
		Msg:    "want a line of text, got a zero byte in it",
	}
}

// Position says where entry i stands, such as mountinfo:12, for messages about an
// entry that was read without trouble but turns out to be wrong.
func (t *Table) Position(i int) string {
	e := Error{File: t.Name, Line: t.line(i)}
	return strings.TrimSuffix(e.Error(), ": ")
}

func (t *Table) line(i int) int { return max(t.Line, 1) + i }

// Append adds all lines to b, each with a newline.
func (t *Table) Append(b []byte) []byte {
	for i := range t.Entries {
		b = append(t.Entries[i].Append(b), '\n')
	}
	return b
}

// String is the table as a file.
func (t *Table) String() string { return string(t.Append(nil)) }
