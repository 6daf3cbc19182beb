package model

import "strings"

// Parameters are what a filesystem is made with, or changed to, as far as mounts
// can tell. fsconfig(2) sets one at a call; mount(2) has them in its data,
// separated by commas. Spec 04 §§2, 6, 11.
type Parameters struct {
	ReadOnly     bool   // read-only, if anything is said of it
	SaysReadOnly bool   // ro or rw was among them
	Source       NameIx // what is shown as the source of mounts; 0: none was given
}

// takes tells whether a type knows a parameter, what it is set to is not looked
// at. ramfs takes whatever it does not know, and nobody knows what a filesystem of
// a real host takes.
func (t FSType) takes(name string) bool {
	switch name {
	case "source":
		return false // it is not the type's own
	case "sync", "async", "dirsync", "lazytime", "nolazytime", "mand", "nomand":
		return true
	}
	switch t {
	case Ramfs, Rootfs, Opaque:
		return true
	case Tmpfs:
		switch name {
		case "size", "nr_blocks", "nr_inodes", "mode", "uid", "gid", "huge", "mpol", "noswap",
			"inode32", "inode64", "quota", "usrquota", "grpquota":
			return true
		}
	case Proc:
		return name == "gid" || name == "hidepid" || name == "subset"
	}
	return false
}

// maxParameterBytes is how long a parameter's name and value may be in fsconfig(2).
const maxParameterBytes = 255

// parameter sets one. What is said last of read-only holds; a source can be given
// once, and is a string. EINVAL.
func (c *call) parameter(p *Parameters, t FSType, name string, value Arg) Refusal {
	switch {
	case name == "ro" || name == "rw":
		p.ReadOnly, p.SaysReadOnly = name == "ro", true
	case t.takes(name):
	case name != "source":
		return refuse(RuleParameterUnknown, int32(c.names.intern(name)))
	case value.Kind != String || p.Source != 0:
		return refuse(RuleParameterSource)
	default:
		p.Source = c.names.intern(cString(value.S))
	}
	return Refusal{}
}

// sourceOf is the source that a mount made with parameters p shows.
func (c *call) sourceOf(p *Parameters) NameIx {
	if p.Source != 0 {
		return p.Source
	}
	return c.names.intern("none")
}

// clearParameters: they are used up. That something was said of read-only is kept,
// and what was said is not: an empty reconfiguration makes such a filesystem
// writable again.
func (f *File) clearParameters() { f.Params = Parameters{SaysReadOnly: f.Params.SaysReadOnly} }

// mountData sets the parameters in the data of mount(2), which is cut off where
// it is longer than a page. A name without a value is no string.
func (c *call) mountData(p *Parameters, t FSType, data Arg) Refusal {
	if data.Kind != String {
		return Refusal{}
	}
	text := cString(data.S)
	for part := range strings.SplitSeq(text[:min(len(text), maxPathBytes)], ",") {
		name, text, set := strings.Cut(part, "=")
		if name == "" {
			continue
		}
		value := NULL()
		if set {
			value = Str(text)
		}
		if r := c.parameter(p, t, name, value); r.Refused() {
			return r
		}
	}
	return Refusal{}
}

// setParameter is a parameter by fsconfig(2). Only its kind and its length matter
// where it is not one that is known. EFAULT, EINVAL, ENOENT, ENAMETOOLONG, EBADF, EBUSY.
func (c *call) setParameter(f FileIx, cmd uint64, name, value Arg) Refusal {
	if name.Kind != String {
		return refuse(RulePathFault)
	}
	key := cString(name.S)
	if len(key) > maxParameterBytes {
		return refuse(RuleParameterTooLong)
	}
	if r := c.parameterValue(cmd, value, c.fd(4)); r.Refused() {
		return r
	}
	if p := c.Files[f].Phase; p != CreateParams && p != Reconfigure {
		return refuse(RuleContextBusy)
	}
	if cmd != FSCONFIG_SET_STRING {
		value = NULL()
	}
	p := c.Files[f].Params
	r := c.parameter(&p, c.Files[f].Type, key, value)
	c.Files[f].Params = p
	return r
}

// parameterValue looks at the value before anyone asks what it is for.
func (c *call) parameterValue(cmd uint64, value Arg, aux int64) Refusal {
	switch cmd {
	case FSCONFIG_SET_STRING:
		if value.Kind != String {
			return refuse(RulePathFault)
		}
		if len(cString(value.S)) > maxParameterBytes {
			return refuse(RuleParameterTooLong)
		}
	case FSCONFIG_SET_BINARY:
		if value.Kind != String {
			return refuse(RulePathFault)
		}
	case FSCONFIG_SET_PATH, FSCONFIG_SET_PATH_EMPTY:
		text, r := c.pathText(value, 0)
		if r.Refused() {
			return r
		}
		if text == "" && cmd == FSCONFIG_SET_PATH {
			return refuse(RulePathEmpty)
		}
	case FSCONFIG_SET_FD:
		if c.findFD(c.me, aux) == 0 {
			return refuse(RuleBadFD, int32(aux))
		}
	}
	return Refusal{}
}

// cString is the part of text that the kernel sees.
func cString(text string) string {
	before, _, _ := strings.Cut(text, "\x00")
	return before
}
