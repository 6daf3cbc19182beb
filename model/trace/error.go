package trace

import (
	"errors"
	"fmt"
)

// Error says what is wrong with a text, and where.
type Error struct {
	File   string // empty where the text is in no file
	Line   int    // from 1; 0 where the text is a single line, or the whole file is meant
	Column int    // in bytes, from 1; 0 where the line or the file as a whole is meant
	Msg    string // what was found, and what was expected
}

// Error is "file:line:column: message", without the parts that are not known.
func (e *Error) Error() string {
	switch {
	case e.Line == 0 && e.Column == 0 && e.File == "":
		return e.Msg
	case e.Line == 0 && e.Column == 0:
		return fmt.Sprintf("%s: %s", e.File, e.Msg)
	case e.Line == 0 && e.File == "":
		return fmt.Sprintf("column %d: %s", e.Column, e.Msg)
	case e.Column == 0:
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
	default:
		return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Msg)
	}
}

// within puts words that say which part of the text is meant in front of an
// error's message.
func within(err error, format string, args ...any) error {
	var e *Error
	if errors.As(err, &e) {
		e.Msg = fmt.Sprintf(format, args...) + ": " + e.Msg
	}
	return err
}

// at places an error of a single line in its file.
func at(err error, file string, line int) error {
	var e *Error
	if errors.As(err, &e) {
		e.File, e.Line = file, line
	}
	return err
}
