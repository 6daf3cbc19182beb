package explore

import (
	"fmt"
	"strings"
)

// maxLines bounds what one line of a world file stands for, and maxText what all
// of them do, in bytes: lists that are made of lists grow with each, so that a
// short file could stand for more than there is memory.
const (
	maxLines = maxCalls
	maxText  = 64 << 20
)

// columnError is what is wrong with a line, and where.
type columnError struct {
	column int // from 1
	msg    string
}

func (e *columnError) Error() string { return fmt.Sprintf("column %d: %s", e.column, e.msg) }

// expand replaces each bracket of a line by each of its alternatives, and
// returns all lines that come of it: [a;b] stands for a and for b, [paths] for
// every element of the list paths. The first bracket varies slowest. They may take
// room bytes.
func expand(line string, lists map[string][]string, room int) ([]string, error) {
	lines := []string{""}
	column := 1
	for {
		open := strings.IndexAny(line, "[]")
		if open < 0 {
			break
		}
		if line[open] == ']' {
			return nil, &columnError{column + open, "a ] without a ["}
		}
		size := strings.IndexAny(line[open+1:], "[]")
		if size < 0 || line[open+1+size] == '[' {
			return nil, &columnError{column + open, "a [ without its ]; brackets cannot be in one another"}
		}
		inside := line[open+1 : open+1+size]
		some := strings.Split(inside, ";")
		if len(some) == 1 {
			list, ok := lists[strings.TrimSpace(inside)]
			if !ok {
				return nil, &columnError{column + open, fmt.Sprintf("[%s] is neither a list that was declared nor alternatives with ; between them", inside)}
			}
			some = list
		}
		if len(lines)*len(some) > maxLines {
			return nil, &columnError{column + open, fmt.Sprintf("the line stands for more than %d calls", maxLines)}
		}
		if size := int64(len(lines))*(int64(textSize(some))+int64(len(some)*open)) + int64(textSize(lines))*int64(len(some)); size > int64(room) {
			return nil, &columnError{column + open, fmt.Sprintf("what lists and calls stand for is more than %d MiB of text", maxText>>20)}
		}
		lines = product(lines, line[:open], some)
		column += open + size + 2
		line = line[open+size+2:]
	}
	for i := range lines {
		lines[i] += line
	}
	return lines, nil
}

func textSize(lines []string) (n int) {
	for _, l := range lines {
		n += len(l)
	}
	return n
}

// product puts text and then each of some behind each line.
func product(lines []string, text string, some []string) []string {
	all := make([]string, 0, len(lines)*len(some))
	for _, l := range lines {
		for _, s := range some {
			all = append(all, l+text+strings.TrimSpace(s))
		}
	}
	return all
}
