package trace

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"mntcheck/model"
)

// Result is what a call was answered.
type Result struct {
	Value    int64       // of a call that succeeded; -1 of one that failed
	Errno    model.Errno // 0 of a call that succeeded
	NoReturn bool        // "?": the call did not return, as exit_group does not
}

// Success is the result of a call that returned value.
func Success(value int64) Result { return Result{Value: value} }

// Failure is the result of a call that failed.
func Failure(errno model.Errno) Result { return Result{Value: -1, Errno: errno} }

// NoReturn is the result of a call that does not return.
func NoReturn() Result { return Result{NoReturn: true} }

// Recorded is what a trace records of the answer r to a call op: why a call was
// refused is not in it, and a call that does not return has no value.
func Recorded(op model.Op, r model.Result) Result {
	switch {
	case r.Errno != 0:
		return Failure(r.Errno)
	case op.Signature().Result == model.NoResult:
		return NoReturn()
	default:
		return Success(r.Value)
	}
}

// Agrees tells whether two results are the same: by number, or by the error
// alone where one failed.
func (r Result) Agrees(other Result) bool {
	if r.NoReturn || other.NoReturn {
		return r.NoReturn == other.NoReturn
	}
	return r.Errno == other.Errno && (r.Errno != 0 || r.Value == other.Value)
}

// String writes the result as strace does: "3", "?", or
// "-1 EINVAL (Invalid argument)".
func (r Result) String() string {
	switch {
	case r.NoReturn:
		return "?"
	case r.Errno != 0:
		return "-1 " + r.Errno.Error()
	default:
		return strconv.FormatInt(r.Value, 10)
	}
}

// Line is a call, who made it, and what it was answered if that is known.
type Line struct {
	Actor    int // from 1
	Call     model.Call
	Result   Result
	Answered bool // there is a Result; a program has none
}

// String writes the line as a trace has it.
func (l Line) String() string {
	text := strconv.Itoa(l.Actor) + " " + l.Call.String()
	if l.Answered {
		text += " = " + l.Result.String()
	}
	return text
}

// ParseLine reads a line such as
//
//	1 umount2("/a", MNT_DETACH) = -1 EINVAL (Invalid argument)
//
// Actor and result may be left out; then the actor is 1. An error is an *Error
// with the column.
func ParseLine(text string) (Line, error) { return parseLine(text, MaxSteps) }

// parseLine reads a line that has so many steps before it.
func parseLine(text string, before int) (Line, error) {
	s := &scanner{text: text, before: before}
	line := Line{Actor: 1}
	var err error
	s.skipBlank()
	if line.Actor, err = s.actor(); err != nil {
		return Line{}, err
	}
	s.skipBlank()
	if line.Call, err = s.call(); err != nil {
		return Line{}, err
	}
	s.skipBlank()
	if s.take('=') {
		s.skipBlank()
		line.Answered = true
		if line.Result, err = s.result(); err != nil {
			return Line{}, err
		}
		s.skipBlank()
	}
	if s.pos < len(s.text) {
		return Line{}, s.fail(s.pos, "want %s, not %s", afterCall(line.Answered), s.found())
	}
	return line, nil
}

func afterCall(answered bool) string {
	if answered {
		return "nothing behind the result"
	}
	return `"=" and a result behind the call, or nothing`
}

func (s *scanner) actor() (int, error) {
	start := s.pos
	if !isDigit(s.next()) && s.next() != '-' {
		return 1, nil
	}
	n, err := s.number("an actor's number or a call")
	if err == nil && (n < 1 || n > math.MaxInt32) {
		err = s.fail(start, "%d is no actor: actors are numbered from 1", n)
	}
	return int(n), err
}

func (s *scanner) result() (Result, error) {
	start := s.pos
	if s.take('?') {
		return NoReturn(), nil
	}
	value, err := s.number("a result: a number, -1 and an error such as EINVAL, or ?")
	if err != nil || value >= 0 {
		return Success(value), err
	}
	if value != -1 {
		return Result{}, s.fail(start, "%d is no result: a call that failed is answered -1 and an error such as EINVAL", value)
	}
	s.skipBlank()
	errno, err := s.errno()
	return Failure(errno), err
}

// errno reads an error as strace prints it, "EINVAL (Invalid argument)", or one
// without a name, "errno 1000 (Unknown error 1000)". What is in parentheses is
// for people and may be left out; the name decides.
func (s *scanner) errno() (model.Errno, error) {
	start := s.pos
	name := s.name()
	errno, ok := model.ErrnoByName(name)
	if !ok && name == "errno" {
		s.skipBlank()
		n, err := s.number("the number of an error")
		if err != nil {
			return 0, err
		}
		ok = n > 0 && n <= math.MaxUint16
		errno = model.Errno(n)
	}
	if !ok {
		shown := fmt.Sprintf("%q", s.text[start:s.pos])
		if s.pos == start {
			shown = s.found()
		}
		return 0, s.fail(start, "unknown error %s: want a name such as EINVAL behind -1", shown)
	}
	s.skipBlank()
	if s.next() == '(' {
		begin := s.pos
		length := strings.IndexByte(s.rest(), ')')
		if length < 0 {
			return 0, s.fail(begin, `want ")" behind the description of %s`, errno)
		}
		s.pos += length + 1
	}
	return errno, nil
}
