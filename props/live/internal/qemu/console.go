package qemu

import (
	"io"
	"regexp"
	"strings"
	"sync"
)

// consoleSize is how much of a console is kept, in bytes.
const consoleSize = 64 << 10

// tail keeps the last of what is written to it. It may be read at any time.
type tail struct {
	mu   sync.Mutex
	text []byte // at most twice consoleSize
}

var _ io.Writer = (*tail)(nil)

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if len(t.text) > 2*consoleSize {
		t.text = append(t.text[:0], t.text[len(t.text)-consoleSize:]...)
	}
	return len(p), nil
}

// size is how many bytes are kept.
func (t *tail) size() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.text)
}

// escape is a sequence that moves a terminal's cursor, as firmware writes them.
var escape = regexp.MustCompile("\x1b(?:\\[[0-9;?=]*[A-Za-z]|.)")

// String is the text, without control characters.
func (t *tail) String() string {
	t.mu.Lock()
	raw := t.text[max(0, len(t.text)-consoleSize):]
	text := strings.ToValidUTF8(string(raw), "?")
	t.mu.Unlock()
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, escape.ReplaceAllString(text, ""))
}
