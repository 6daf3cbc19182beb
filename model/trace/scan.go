package trace

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// scanner reads one line from left to right. Its methods that read something
// leave pos behind it, or answer an *Error with the column where it failed.
type scanner struct {
	text   string
	pos    int // in bytes
	before int // steps that the line can refer to
}

func (s *scanner) fail(pos int, format string, args ...any) error {
	return &Error{Column: pos + 1, Msg: fmt.Sprintf(format, args...)}
}

// next is the byte at hand, 0 at the end. A 0 in the text is none that any rule
// here takes, so the two need not be told apart.
func (s *scanner) next() byte {
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

func (s *scanner) rest() string { return s.text[s.pos:] }

func (s *scanner) take(ch byte) bool {
	if s.next() != ch {
		return false
	}
	s.pos++
	return true
}

// shownBytes is how much of the text an error repeats.
const shownBytes = 24

// found describes the text at hand for an error's "not …".
func (s *scanner) found() string {
	if s.pos == len(s.text) {
		return "the end of the line"
	}
	return quoteShort(s.rest())
}

func quoteShort(text string) string {
	if len(text) > shownBytes {
		return strconv.Quote(text[:shownBytes]) + "…"
	}
	return strconv.Quote(text)
}

// skipBlank passes over space and comments as in C, which strace puts behind
// numbers that have no name: 0x800 /* MS_??? */.
func (s *scanner) skipBlank() {
	for {
		switch s.next() {
		case ' ', '\t', '\r':
			s.pos++
		case '/':
			length := strings.Index(s.rest(), "*/")
			if !strings.HasPrefix(s.rest(), "/*") || length < len("/*") {
				return
			}
			s.pos += length + len("*/")
		default:
			return
		}
	}
}

// name reads a name, or a number: letters, digits and underscores. It is empty
// where there is none.
func (s *scanner) name() string {
	start := s.pos
	for s.pos < len(s.text) && isNameByte(s.text[s.pos]) {
		s.pos++
	}
	return s.text[start:s.pos]
}

func isNameByte(ch byte) bool {
	return ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z' || ch >= '0' && ch <= '9' || ch == '_'
}

func isDigit(ch byte) bool { return ch >= '0' && ch <= '9' }

// keyword reads word if it is what is at hand.
func (s *scanner) keyword(word string) bool {
	rest := s.rest()
	if !strings.HasPrefix(rest, word) || len(rest) > len(word) && isNameByte(rest[len(word)]) {
		return false
	}
	s.pos += len(word)
	return true
}

// number reads an integer of up to 64 bits in C's notation. One above
// math.MaxInt64 is the negative number of the same bits, as it is to a kernel
// that reads the register.
func (s *scanner) number(want string) (int64, error) {
	start := s.pos
	negative := s.take('-')
	word := s.name()
	v, err := parseUnsigned(word)
	if err == nil && negative && v > -math.MinInt64 {
		err = strconv.ErrRange
	}
	if err != nil {
		shown := s.text[start:s.pos]
		s.pos = start
		switch {
		case word == "" || !isDigit(word[0]):
			return 0, s.fail(start, "want %s, not %s", want, s.found())
		case errors.Is(err, strconv.ErrRange):
			return 0, s.fail(start, "%s does not fit in 64 bits", shown)
		default:
			return 0, s.fail(start, "%q is no number: want decimal, hexadecimal after 0x, or octal after 0", shown)
		}
	}
	if negative {
		return -int64(v), nil
	}
	return int64(v), nil
}

// parseUnsigned is strconv.ParseUint less the notations that C does not have.
func parseUnsigned(word string) (uint64, error) {
	binary := len(word) > 1 && word[0] == '0' && strings.IndexByte("bBoO", word[1]) >= 0
	if binary || strings.Contains(word, "_") {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseUint(word, 0, 64)
}

// quoted reads a C string. The scanner is at its opening quote.
func (s *scanner) quoted() (string, error) {
	start := s.pos
	s.pos++
	end := strings.IndexAny(s.rest(), `"\`)
	if end < 0 {
		return "", s.fail(start, `unterminated string: want a closing '"'`)
	}
	value := s.text[s.pos : s.pos+end]
	s.pos += end
	if s.next() == '\\' {
		var b strings.Builder
		b.WriteString(value)
		if err := s.escaped(&b, start); err != nil {
			return "", err
		}
		value = b.String()
	}
	s.pos++
	if i := strings.IndexByte(value, 0); i >= 0 {
		return "", s.fail(start, "a C string ends at its first \\0: want it without one")
	}
	if strings.HasPrefix(s.rest(), "...") {
		return "", s.fail(s.pos, "the string was cut short: want it whole (strace prints up to N bytes with -s N)")
	}
	return value, nil
}

// escaped reads the remainder of a string in which there are escapes, up to
// its closing quote.
func (s *scanner) escaped(b *strings.Builder, start int) error {
	for {
		switch ch := s.next(); {
		case s.pos == len(s.text):
			return s.fail(start, `unterminated string: want a closing '"'`)
		case ch == '"':
			return nil
		case ch == '\\':
			ch, err := s.escape(start)
			if err != nil {
				return err
			}
			b.WriteByte(ch)
		default:
			b.WriteByte(ch)
			s.pos++
		}
	}
}

// escape reads one escape as C has them: \n and its like, up to three octal
// digits, or up to two hexadecimal ones, which are those that strace -x prints.
func (s *scanner) escape(start int) (byte, error) {
	begin := s.pos
	s.pos++
	if s.pos == len(s.text) {
		return 0, s.fail(start, `unterminated string: want a closing '"'`)
	}
	ch := s.next()
	if ch >= '0' && ch <= '7' {
		return s.code(begin, 8, 3)
	}
	s.pos++
	switch ch {
	case 'x':
		return s.code(begin, 16, 2)
	case '"', '\\', '\'', '?':
		return ch, nil
	}
	const letters, values = "abfnrtve", "\a\b\f\n\r\t\v\x1b"
	if i := strings.IndexByte(letters, ch); i >= 0 {
		return values[i], nil
	}
	return 0, s.fail(begin, `unknown escape %s: want \n, \t, \r, \v, \f, \", \\, octal \101 or hexadecimal \x41`,
		strconv.Quote(s.text[begin:s.pos]))
}

// code reads up to most digits of a byte's value.
func (s *scanner) code(begin, base, most int) (byte, error) {
	start := s.pos
	for s.pos < len(s.text) && s.pos < start+most && digitValue(s.text[s.pos]) < base {
		s.pos++
	}
	v, err := strconv.ParseUint(s.text[start:s.pos], base, 8)
	if err != nil {
		return 0, s.fail(begin, `escape %q is no byte: want octal \0 to \377 or hexadecimal \x00 to \xff`, s.text[begin:s.pos])
	}
	return byte(v), nil
}

// digitValue is the value of a hexadecimal digit; of other bytes it is larger
// than that of any digit.
func digitValue(ch byte) int {
	switch {
	case isDigit(ch):
		return int(ch - '0')
	case ch >= 'a' && ch <= 'f':
		return int(ch-'a') + 10
	case ch >= 'A' && ch <= 'F':
		return int(ch-'A') + 10
	default:
		return math.MaxInt
	}
}
