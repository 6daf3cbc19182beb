package mountinfo

import (
	"iter"
	"strconv"
	"strings"
)

// Entry is one line of a mount table. Text fields hold what the kernel's escapes
// stand for, not the escapes, except where said otherwise.
//
// The zero value of an optional field means that the line does not have it: the
// kernel numbers peer groups from 1.
type Entry struct {
	ID     int // the small id, unique in the table
	Parent int // id of the parent: its own for a namespace's root, perhaps one not listed

	Major, Minor int // of the superblock's device number

	// Root is the path, within the filesystem, of the directory or file that is
	// mounted. Where that was removed, //deleted follows. Special filesystems print
	// what they like: mnt:[4026531841]. See RootPath and NamespaceFile.
	Root string

	// Mountpoint is the path of the mount, from the reader's root.
	Mountpoint string

	Options Options // of this mount, ro or rw first

	Shared        int  // the peer group; 0: not shared
	Master        int  // the peer group it receives from; 0: not a slave
	PropagateFrom int  // the nearest group upstream that the reader can see, where that is not Master
	Unbindable    bool // the mount cannot be bind mounted

	// Unknown holds optional fields that are none of the four above, as written, in
	// their order, with one space between two of them.
	Unknown string

	FSType       string  // with subtype: fuse.sshfs
	Source       string  // may be empty: mount("", …, "tmpfs", …) makes it so
	SuperOptions Options // of the superblock, ro or rw first; as written, it may hold spaces

	// raw is the line itself where making it from the fields would give another
	// one. It counts only while parsing it gives these fields: see Append.
	raw string
}

// Options is a list of mount options as it is written, separated by commas.
// Keeping the text keeps order and unknown options, and costs nothing for the many
// entries that nobody asks about.
type Options string

// All gives the options in their order.
func (o Options) All() iter.Seq[string] { return strings.SplitSeq(string(o), ",") }

// Has tells whether the option, such as nosuid or mode=755, is in the list.
func (o Options) Has(option string) bool {
	for have := range o.All() {
		if have == option {
			return true
		}
	}
	return false
}

// ReadOnly tells whether the list starts with ro. Mount and superblock each have a
// flag of their own; writing needs both to be rw.
func (o Options) ReadOnly() bool { return o == "ro" || strings.HasPrefix(string(o), "ro,") }

// deletedSuffix follows the path of a root that was removed (spec 06 §1, field 4).
// A path has no two slashes in a row, so no directory's name can be taken for it.
const deletedSuffix = "//deleted"

// Deleted tells whether the mounted directory or file was removed from its
// filesystem.
func (e *Entry) Deleted() bool { return strings.HasSuffix(e.Root, deletedSuffix) }

// RootPath is Root without the mark of a removed root.
func (e *Entry) RootPath() string { return strings.TrimSuffix(e.Root, deletedSuffix) }

// NamespaceFile reads a root such as mnt:[4026531841], which is how a mount of a
// namespace's file (filesystem type nsfs) shows which namespace it keeps alive:
// kind mnt and the inode number; in the tables of traces, the namespace's number
// in place of the inode (trace-format.md, "Canonical mount tables").
func (e *Entry) NamespaceFile() (kind string, number uint64, ok bool) {
	kind, rest, found := strings.Cut(e.Root, ":[")
	digits, closed := strings.CutSuffix(rest, "]")
	if !found || !closed || kind == "" || strings.Contains(kind, "/") {
		return "", 0, false
	}
	number, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return "", 0, false
	}
	return kind, number, true
}

// Same tells whether two entries say the same, however their lines were written.
func (e Entry) Same(other Entry) bool {
	e.raw, other.raw = "", ""
	return e == other
}

// Append adds the line, without a newline, to b.
//
// Options, SuperOptions and Unknown are written as they are: whoever fills them
// keeps newlines out of them, and spaces out of Options. All text fields but Source
// need at least one byte for the line to be readable again.
func (e *Entry) Append(b []byte) []byte {
	if e.rawHolds() {
		return append(b, e.raw...)
	}
	b = strconv.AppendInt(b, int64(e.ID), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(e.Parent), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(e.Major), 10)
	b = append(b, ':')
	b = strconv.AppendInt(b, int64(e.Minor), 10)
	b = append(b, ' ')
	b = appendEscaped(b, e.Root, pathEscapes)
	b = append(b, ' ')
	b = appendEscaped(b, e.Mountpoint, pathEscapes)
	b = append(b, ' ')
	b = append(b, e.Options...)
	b = e.appendTags(b, ' ')
	b = append(b, " - "...)
	b = appendEscaped(b, e.FSType, nameEscapes)
	b = append(b, ' ')
	b = appendEscaped(b, e.Source, nameEscapes)
	b = append(b, ' ')
	return append(b, e.SuperOptions...)
}

// appendTags adds the optional fields, each with sep before it, in the order of
// spec 06 §1, field 7.
func (e *Entry) appendTags(b []byte, sep byte) []byte {
	if e.Shared != 0 {
		b = append(append(b, sep), "shared:"...)
		b = strconv.AppendInt(b, int64(e.Shared), 10)
	}
	if e.Master != 0 {
		b = append(append(b, sep), "master:"...)
		b = strconv.AppendInt(b, int64(e.Master), 10)
	}
	if e.PropagateFrom != 0 {
		b = append(append(b, sep), "propagate_from:"...)
		b = strconv.AppendInt(b, int64(e.PropagateFrom), 10)
	}
	if e.Unbindable {
		b = append(append(b, sep), "unbindable"...)
	}
	if e.Unknown != "" {
		b = append(append(b, sep), e.Unknown...)
	}
	return b
}

// rawHolds tells whether the remembered line still says what the fields say.
// Asking the parser, rather than clearing raw on a change, leaves the fields open
// to be set by anyone. Only odd lines have to pay for it.
func (e *Entry) rawHolds() bool {
	if e.raw == "" {
		return false
	}
	var was Entry
	return parseLine(e.raw, &was) == nil && was.Same(*e)
}

// String is the line, without a newline.
func (e Entry) String() string { return string(e.Append(nil)) }
