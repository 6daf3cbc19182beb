package trace

import (
	"bytes"
	"fmt"
	"strings"

	"golang.org/x/tools/txtar"
)

// The sections of an archive, in the order in which they are written.
const (
	metaSection = iota
	initialSection
	traceSection
	finalSection
	actorsSection
	numSections
)

var sectionNames = [numSections]string{"meta", "initial.mountinfo", "trace", "final.mountinfo", "actors"}

func allSections() string { return strings.Join(sectionNames[:], ", ") }

// Parse reads a trace: an archive with all of its sections, a kernel in meta,
// and an answer to each call, so that a run can be compared with it. name is
// that of the file. An error is an *Error.
func Parse(name string, data []byte) (*Trace, error) {
	r, err := read(name, data)
	if err != nil {
		return nil, err
	}
	if !r.archive {
		return nil, r.fail(0, 0, `no section: a trace is a txtar archive with the sections %s, each below a line "-- NAME --"`, allSections())
	}
	for i, header := range r.headers {
		if header == 0 {
			return nil, r.fail(0, 0, "no section %q: a trace has %s", sectionNames[i], allSections())
		}
	}
	if r.trace.Meta.Kernel() == "" {
		return nil, r.fail(r.headers[metaSection], 1, `no kernel in meta: want a line such as "kernel 7.3.4"`)
	}
	for i := range r.trace.Steps {
		if step := &r.trace.Steps[i]; !step.Answered {
			return nil, r.fail(step.Number, len(step.Text)+1, `no result: want "= 0", "= -1 EINVAL" or "= ?" behind each call of a trace; without, it is a program`)
		}
	}
	return r.trace, nil
}

// ParseProgram reads a program: an archive in which all sections but "trace" and
// all answers may be missing, or a plain list of calls, one a line. Answers that
// are there are kept. name is that of the file. An error is an *Error.
func ParseProgram(name string, data []byte) (*Trace, error) {
	r, err := read(name, data)
	if err != nil {
		return nil, err
	}
	switch {
	case r.archive && r.headers[traceSection] == 0:
		return nil, r.fail(0, 0, `no section "trace": that is where a program has its calls`)
	case !r.archive && len(r.trace.Steps) == 0:
		return nil, r.fail(0, 0, `no call: want one a line, such as mkdir("/a", 0755)`)
	}
	return r.trace, nil
}

// reader is a trace while it is read, and what its sections were found to be.
type reader struct {
	trace   *Trace
	archive bool             // else a plain list of calls
	headers [numSections]int // the line of each section's header, from 1; 0 where there is none
}

func (r *reader) fail(line, column int, format string, args ...any) error {
	return &Error{File: r.trace.Name, Line: line, Column: column, Msg: fmt.Sprintf(format, args...)}
}

// read reads an archive or a list; what has to be in it is its caller's to say.
func read(name string, data []byte) (*reader, error) {
	r := &reader{trace: &Trace{Name: name}}
	if len(data) > MaxFileBytes {
		return nil, r.fail(0, 0, "%d bytes: a trace has at most %d", len(data), MaxFileBytes)
	}
	archive := txtar.Parse(withoutCR(data))
	if len(archive.Files) == 0 {
		return r, r.steps(string(archive.Comment), 1)
	}
	r.archive = true
	r.trace.Comment = string(archive.Comment)
	line := 1 + strings.Count(r.trace.Comment, "\n")
	for _, file := range archive.Files {
		text := string(file.Data)
		if err := r.section(file.Name, text, line); err != nil {
			return nil, err
		}
		line += 1 + strings.Count(text, "\n")
	}
	return r, nil
}

// section reads one section, whose header is on the given line.
func (r *reader) section(name, text string, header int) error {
	i := 0
	for i < numSections && sectionNames[i] != name {
		i++
	}
	if i == numSections {
		return r.fail(header, 1, "unknown section %q: want %s", name, allSections())
	}
	if r.headers[i] != 0 {
		return r.fail(header, 1, "section %q is there twice, first on line %d", name, r.headers[i])
	}
	r.headers[i] = header
	content := Section{Text: text, Line: header + 1, Present: true}
	var err error
	switch i {
	case metaSection:
		r.trace.Meta, err = parseMeta(r.trace.Name, text, content.Line)
	case initialSection:
		r.trace.Initial = content
	case traceSection:
		err = r.steps(text, content.Line)
	case finalSection:
		r.trace.Final = content
	case actorsSection:
		r.trace.Actors = content
	}
	return err
}

// steps reads the calls, of which the first line of the file is given.
func (r *reader) steps(text string, line int) error {
	steps := make([]Step, 0, min(strings.Count(text, "\n"), 1<<10))
	above := text // starts with the comments above the call
	comment := 0  // length of these
	for rest := text; rest != ""; line++ {
		var row string
		row, rest, _ = strings.Cut(rest, "\n")
		if isComment(row) {
			comment += len(row) + 1
			continue
		}
		if len(steps) == MaxSteps {
			return r.fail(line, 1, "too many calls: a trace has at most %d", MaxSteps)
		}
		call, err := parseLine(row, len(steps))
		if err != nil {
			return at(err, r.trace.Name, line)
		}
		steps = append(steps, Step{Line: call, Number: line, Text: row, Comment: above[:comment]})
		above, comment = rest, 0
	}
	r.trace.Steps, r.trace.Tail = steps, above[:comment]
	return nil
}

// isComment tells lines that start with '#', and blank ones, from calls.
func isComment(row string) bool {
	row = strings.TrimLeft(row, " \t\r")
	return row == "" || row[0] == '#'
}

// withoutCR ends lines as Unix does, so that a checkout with other line ends
// reads the same.
func withoutCR(data []byte) []byte {
	if bytes.IndexByte(data, '\r') < 0 {
		return data
	}
	out := make([]byte, 0, len(data))
	for len(data) > 0 {
		row, rest, ended := bytes.Cut(data, []byte("\n"))
		out = append(out, bytes.TrimRight(row, "\r")...)
		if ended {
			out = append(out, '\n')
		}
		data = rest
	}
	return out
}
