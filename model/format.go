package model

import (
	"fmt"
	"strconv"
	"strings"
)

// String writes the call in strace's syntax, such as
// open_tree(AT_FDCWD, "/a", OPEN_TREE_CLONE|AT_RECURSIVE). A reference to the
// result of a step is written $N, N counted from 1 as a reader counts lines.
func (c Call) String() string {
	var b strings.Builder
	sig := c.Op.Signature()
	b.WriteString(sig.Name)
	b.WriteByte('(')
	for i := range sig.Params {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c.formatArg(&sig.Params[i], c.Args[i]))
	}
	b.WriteByte(')')
	return b.String()
}

func (c *Call) formatArg(p *Param, a Arg) string {
	switch a.Kind {
	case Null:
		return "NULL"
	case String:
		return Quote(a.S)
	case ResultOf:
		return "$" + strconv.FormatInt(a.N+1, 10)
	case Attr:
		return c.Attr.String()
	}
	switch p.Kind {
	case FlagsParam:
		return p.Flags.Format(uint64(a.N))
	case DirFDParam:
		if a.N == AT_FDCWD {
			return "AT_FDCWD"
		}
	}
	return strconv.FormatInt(a.N, 10)
}

// String writes the structure as traces do.
func (a MountAttr) String() string {
	fd := strconv.FormatInt(a.UserNSFD.N, 10)
	if a.UserNSFD.Kind == ResultOf {
		fd = "$" + strconv.FormatInt(a.UserNSFD.N+1, 10)
	}
	return fmt.Sprintf("{attr_set=%s, attr_clr=%s, propagation=%s, userns_fd=%s}",
		mountAttrs.Format(a.Set), mountAttrs.Format(a.Clr), propagationFlags.Format(a.Propagation), fd)
}

// MountAttrFlags and PropagationFlags name the bits of a MountAttr, for those
// who parse or draw one.
func MountAttrFlags() *FlagSet { return &mountAttrs }

// PropagationFlags names the propagation types.
func PropagationFlags() *FlagSet { return &propagationFlags }

// Quote writes a C string as strace does: printable ASCII as it is, the rest
// as \n, \t, … or in octal, with all three digits where a digit follows.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		ch := s[i]
		switch {
		case ch == '"' || ch == '\\':
			b.WriteByte('\\')
			b.WriteByte(ch)
		case ch >= ' ' && ch < 0x7f:
			b.WriteByte(ch)
		case strings.IndexByte("\n\t\r\v\f", ch) >= 0:
			b.WriteByte('\\')
			b.WriteByte("ntrvf"[strings.IndexByte("\n\t\r\v\f", ch)])
		case i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '7':
			fmt.Fprintf(&b, `\%03o`, ch)
		default:
			fmt.Fprintf(&b, `\%o`, ch)
		}
	}
	b.WriteByte('"')
	return b.String()
}
