package observed_test

import "strings"

// reason is why track was lost, without the names of things.
func reason(text string) string {
	if i := strings.LastIndexByte(text, '"'); i >= 0 {
		text = text[i+1:]
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '#'
		}
		return r
	}, text)
}
