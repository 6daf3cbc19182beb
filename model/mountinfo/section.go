package mountinfo

import (
	"strconv"
	"strings"
)

// Section is one mount namespace in a trace's final.mountinfo (trace-format.md):
// a line such as
//
//	# ns 2 actors 1,3 fds 1:4,2:3 pins 7
//
// and the namespace's table. What there is none of is left out of the line.
// An initial.mountinfo has no such lines: Parse reads it.
type Section struct {
	NS     int   // number of the namespace, from 1 in order of creation
	Actors []int // the live actors in it
	FDs    []FD  // the descriptors that hold its file
	Pins   []int // ids of the listed mounts, of any section, that its file is the root of
	Table
}

// FD is a file descriptor of an actor.
type FD struct {
	Actor int
	FD    int
}

// ParseSections reads the sections of one final.mountinfo. Namespaces are numbered
// from 1 without gaps, and no id is in two sections, since traces number mounts
// across all of them. An error is an *Error.
func ParseSections(name string, data []byte) ([]Section, error) {
	if len(data) > MaxSize {
		return nil, tooLarge(name)
	}
	s := string(data)
	var sections []Section
	for line := 1; s != ""; {
		head, rest, _ := strings.Cut(s, "\n")
		sec, err := parseHeader(head, len(sections)+1)
		if err != nil {
			err.File, err.Line = name, line
			return nil, err
		}
		body := untilHeader(rest)
		t, terr := parseTable(name, line+1, body)
		if terr != nil {
			return nil, terr
		}
		sec.Table = t
		sections = append(sections, sec)
		line += 1 + len(t.Entries)
		s = rest[len(body):]
	}
	if err := checkIDs(sections); err != nil {
		return nil, err
	}
	return sections, nil
}

// untilHeader gives the lines before the next one that starts with #, which no
// mount's line does.
func untilHeader(s string) string {
	if strings.HasPrefix(s, "#") {
		return ""
	}
	if i := strings.Index(s, "\n#"); i >= 0 {
		return s[:i+1]
	}
	return s
}

// checkIDs finds an id that two sections list. Within a section, reading it did.
func checkIDs(sections []Section) error {
	if len(sections) < 2 {
		return nil
	}
	lines := make(map[int]int)
	for i := range sections {
		t := &sections[i].Table
		for j := range t.Entries {
			id := t.Entries[j].ID
			if first, listed := lines[id]; listed {
				return &Error{
					File: t.Name, Line: t.line(j), Column: 1, Field: FieldID,
					Msg: "want each mount once in all sections, got id " + strconv.Itoa(id) + " here and on line " + strconv.Itoa(first),
				}
			}
			lines[id] = t.line(j)
		}
	}
	return nil
}

// wantHeader describes the line that heads a section.
const wantHeader = "a section's head such as # ns 1 actors 1,2 fds 1:3 pins 5"

// parseHeader reads the head of the section that should have the number ns. The
// error lacks file and line.
func parseHeader(line string, ns int) (Section, *Error) {
	h := header{line: line}
	if !h.word("# ns ") {
		h.fail(wantHeader)
		return Section{}, h.err
	}
	sec := Section{NS: h.number()}
	if h.err == nil && sec.NS != ns {
		h.pos = len("# ns ")
		h.fail("namespace " + strconv.Itoa(ns) + " (they are numbered from 1, in order)")
	}
	if h.word(" actors ") {
		sec.Actors = h.numbers()
	}
	if h.word(" fds ") {
		for more := true; more; more = h.word(",") {
			actor := h.number()
			if !h.word(":") {
				h.fail(": between actor and descriptor")
			}
			sec.FDs = append(sec.FDs, FD{Actor: actor, FD: h.number()})
		}
	}
	if h.word(" pins ") {
		sec.Pins = h.numbers()
	}
	if h.pos < len(line) {
		h.fail("the end of the line, or actors, fds, pins in this order, each once")
	}
	if h.err != nil {
		return Section{}, h.err
	}
	return sec, nil
}

// header walks along a section's head. The first error stays, and no word matches
// after it.
type header struct {
	line string
	pos  int
	err  *Error
}

// word steps over the text if it comes next.
func (h *header) word(text string) bool {
	if h.err != nil || !strings.HasPrefix(h.line[h.pos:], text) {
		return false
	}
	h.pos += len(text)
	return true
}

func (h *header) number() int {
	if h.err != nil {
		return 0
	}
	rest := h.line[h.pos:]
	end := 0
	for end < len(rest) && rest[end]-'0' <= 9 {
		end++
	}
	n, ok := decimal(rest[:end])
	if !ok {
		h.fail("a decimal number from 0 to " + strconv.Itoa(maxNumber))
		return 0
	}
	h.pos += end
	return n
}

func (h *header) numbers() []int {
	list := []int{h.number()}
	for h.word(",") {
		list = append(list, h.number())
	}
	return list
}

func (h *header) fail(want string) {
	if h.err != nil {
		return
	}
	found := "got the end of the line"
	if h.pos < len(h.line) {
		found = got(h.line[h.pos:])
	}
	h.err = &Error{Column: h.pos + 1, Msg: "want " + want + ", " + found}
}

// AppendHeader adds the section's head, without a newline, to b.
func (s *Section) AppendHeader(b []byte) []byte {
	b = strconv.AppendInt(append(b, "# ns "...), int64(s.NS), 10)
	b = appendNumbers(b, " actors ", s.Actors)
	sep := " fds "
	for _, fd := range s.FDs {
		b = strconv.AppendInt(append(b, sep...), int64(fd.Actor), 10)
		b = strconv.AppendInt(append(b, ':'), int64(fd.FD), 10)
		sep = ","
	}
	return appendNumbers(b, " pins ", s.Pins)
}

func appendNumbers(b []byte, sep string, list []int) []byte {
	for _, n := range list {
		b = strconv.AppendInt(append(b, sep...), int64(n), 10)
		sep = ","
	}
	return b
}

// Append adds head and table, as lines, to b.
func (s *Section) Append(b []byte) []byte {
	return s.Table.Append(append(s.AppendHeader(b), '\n'))
}

// String is head and table as lines.
func (s *Section) String() string { return string(s.Append(nil)) }

// FormatSections gives the text of a final.mountinfo.
func FormatSections(sections []Section) string {
	var b []byte
	for i := range sections {
		b = sections[i].Append(b)
	}
	return string(b)
}
