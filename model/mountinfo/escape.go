package mountinfo

import "strings"

// The bytes that the kernel replaces by a backslash and three octal digits
// (spec 06 §1, "Escapes"). Paths keep their #: only the two fields that
// /proc/PID/mounts starts a line with could be taken for a comment of fstab.
const (
	pathEscapes = " \t\n\\"  // root and mountpoint
	nameEscapes = " \t\n\\#" // filesystem type and source
)

// appendEscaped adds s to b with each byte of set written as \ooo.
func appendEscaped(b []byte, s, set string) []byte {
	for {
		i := strings.IndexAny(s, set)
		if i < 0 {
			return append(b, s...)
		}
		c := s[i]
		b = append(b, s[:i]...)
		b = append(b, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		s = s[i+1:]
	}
}

// unescape decodes \ooo for any byte, whatever the set: which bytes are escaped
// differs between releases and between filesystems that print their own source
// (cifs and NFS leave # alone), and a reader should not care. Whether escaping the
// text by set gives s again is the second result. bad is the position of a
// backslash that starts no escape, or -1.
//
// A lone backslash is refused rather than kept because the kernel escapes every
// backslash of these fields: the line was typed or mangled on its way, and taking
// \04 or \x20 literally would name a file that the writer did not mean.
func unescape(s, set string) (text string, canonical bool, bad int) {
	first := strings.IndexByte(s, '\\')
	if first < 0 {
		return s, !containsRaw(s, set), -1
	}
	canonical = true
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		c := s[i]
		if c != '\\' {
			canonical = canonical && strings.IndexByte(set, c) < 0
			b.WriteByte(c)
			i++
			continue
		}
		c, ok := octal(s[i+1:])
		if !ok {
			return "", false, i
		}
		canonical = canonical && strings.IndexByte(set, c) >= 0
		b.WriteByte(c)
		i += 4
	}
	return b.String(), canonical, -1
}

// Unescape decodes what the kernel escapes in /proc: \ooo for a byte. Text with a
// backslash that starts no escape is returned as it is.
func Unescape(s string) string {
	if text, _, bad := unescape(s, ""); bad < 0 {
		return text
	}
	return s
}

// containsRaw tells whether a byte of set stands in s unescaped. Space and newline
// cannot: they end a field or a line. That leaves the tab, and # in the sets that
// have it; two searches for a byte are quicker than one for a set.
func containsRaw(s, set string) bool {
	return strings.IndexByte(s, '\t') >= 0 ||
		set == nameEscapes && strings.IndexByte(s, '#') >= 0
}

// octal reads three octal digits up to \377. \000 is none: no path and no name
// holds a zero byte.
func octal(s string) (byte, bool) {
	if len(s) < 3 {
		return 0, false
	}
	a, b, c := s[0]-'0', s[1]-'0', s[2]-'0'
	if a > 3 || b > 7 || c > 7 || a|b|c == 0 {
		return 0, false
	}
	return a<<6 | b<<3 | c, true
}
