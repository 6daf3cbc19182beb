package main

import (
	"bytes"
	"io"
	"os"

	"golang.org/x/term"
)

// isTerminal tells whether a person reads a stream as it is written. Colours
// and progress are for people only.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// terminalWidth is the number of columns of the terminal that a stream is, 0 where
// nobody knows.
func terminalWidth(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			return width
		}
	}
	return 0
}

// coloured gives lines that start with a mark its colour, on a terminal of
// somebody who did not ask for none (no-color.org).
func coloured(w io.Writer) io.Writer {
	if !isTerminal(w) || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return w
	}
	return &colourWriter{to: w}
}

// colourWriter colours whole lines; it keeps the last one until it is whole.
type colourWriter struct {
	to   io.Writer
	rest []byte
}

// The colours, as ANSI X3.64 numbers them.
var lineColours = map[byte]string{'+': "32", '-': "31", '~': "33", '!': "1;31"}

// Write colours the lines in p.
func (c *colourWriter) Write(p []byte) (int, error) {
	c.rest = append(c.rest, p...)
	end := bytes.LastIndexByte(c.rest, '\n') + 1
	var out []byte
	for line := range bytes.Lines(c.rest[:end]) {
		colour := ""
		if len(line) > 2 && line[1] == ' ' {
			colour = lineColours[line[0]]
		}
		if colour == "" {
			out = append(out, line...)
			continue
		}
		out = append(append(append(out, "\x1b["...), colour...), 'm')
		out = append(append(out, line[:len(line)-1]...), "\x1b[0m\n"...)
	}
	c.rest = append(c.rest[:0], c.rest[end:]...)
	if _, err := c.to.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}
