package model

import "strings"

// lastType is what the last component of a path is.
type lastType uint8

const (
	lastName lastType = iota
	lastDot
	lastDotDot
	lastRoot
)

// parentOf is a path whose last component is not looked up yet.
type parentOf struct {
	at    Loc // the directory
	name  string
	last  lastType
	slash bool // a slash comes behind the name
}

// walkParent resolves all of a path but its last component.
func (c *call) walkParent(path Arg) (parentOf, Refusal) {
	text, r := c.pathText(path, 0)
	if r.Refused() {
		return parentOf{}, r
	}
	if text == "" {
		return parentOf{}, refuse(RulePathEmpty)
	}
	w := walker{call: c, flags: walkFollow}
	if r := w.start(AT_FDCWD, text); r.Refused() {
		return parentOf{}, r
	}
	trimmed := strings.TrimRight(text, "/")
	cut := strings.LastIndexByte(trimmed, '/') + 1
	name := trimmed[cut:]
	if dir := text[:cut]; dir != "" {
		if r := w.run(dir); r.Refused() {
			return parentOf{}, r
		}
	}
	p := parentOf{at: w.at, name: name, slash: len(trimmed) < len(text)}
	switch name {
	case "":
		p.last = lastRoot
	case ".":
		p.last = lastDot
	case "..":
		p.last = lastDotDot
	}
	return p, Refusal{}
}

// findLast looks the last component up; none where it does not exist.
func (c *call) findLast(p parentOf) (DentryIx, Refusal) {
	d, r := c.lookup(p.at, p.name)
	if r.Rule == RuleNoEntry {
		return 0, Refusal{}
	}
	return d, r
}

func (c *call) noEntry(p parentOf) Refusal {
	return refuse(RuleNoEntry, int32(p.at.M), int32(p.at.D), int32(c.names.intern(p.name)))
}

// writable is the kernel's mnt_want_write: neither the mount nor its
// filesystem is read-only.
func (c *call) writable(m MountIx) Refusal {
	if c.Mounts[m].Flags&ReadOnly != 0 || c.SBs[c.SBOf(m)].Flags&SBReadOnly != 0 {
		return refuse(RuleReadOnlyFS, int32(m))
	}
	return Refusal{}
}

// create makes a name. That it exists is found before that it could not be
// made, as the kernel has it. EEXIST, ENOENT, EROFS, EPERM, EACCES. Spec 08 §1.1, §1.4.
func (c *call) create(path Arg, kind DentryKind, obj int32) Refusal {
	p, r := c.walkParent(path)
	if r.Refused() {
		return r
	}
	if p.last != lastName {
		return refuse(RuleLastNotName)
	}
	t := c.typeOf(p.at.D) // of proc, the lookup of what is not there fails
	if c.Dentries[p.at.D].Flags&Immutable != 0 || t == Proc && c.lookupChild(p.at.D, p.name) == 0 {
		return refuse(RuleImmutableDirectory, int32(p.at.M), int32(p.at.D))
	}
	if c.gone(p.at.D) {
		return refuse(RuleDeadDirectory, int32(p.at.M), int32(p.at.D))
	}
	d, r := c.lookupKnown(p.at, p.name)
	if d != 0 {
		return refuse(RuleFileExists, int32(p.at.M), int32(d))
	}
	if r.Rule != RuleNoEntry {
		return r
	}
	if p.slash && kind != Dir {
		return refuse(RuleTrailingSlash)
	}
	if r := c.writable(p.at.M); r.Refused() {
		return r
	}
	if t == Sysfs && kind == RegularFile {
		return refuse(RuleNoFileMade, int32(p.at.M), int32(p.at.D))
	}
	if t == Sysfs {
		return refuse(RuleNothingMade, int32(p.at.M), int32(p.at.D))
	}
	c.newDentry(c.Dentries[p.at.D].SB, p.at.D, c.names.intern(p.name), kind, obj)
	return Refusal{}
}

func (c *call) mkdir(path Arg) Refusal { return c.create(path, Dir, 0) }

// mknod makes regular files; other types do not differ for mounts.
func (c *call) mknod(path Arg, mode uint64) Refusal {
	if t := mode & 0xffff &^ 0o7777; t != S_IFREG && t != 0 {
		return refuse(RuleMknodMode)
	}
	return c.create(path, RegularFile, 0)
}

func (c *call) symlink(target, path Arg) Refusal {
	text, r := c.pathText(target, 0)
	if r.Refused() {
		return r
	}
	if text == "" {
		return refuse(RuleEmptyTarget)
	}
	return c.create(path, Symlink, int32(c.names.intern(text)))
}

// localMountpoint tells whether something is mounted on d in the caller's
// mount namespace, whichever path leads there. Spec 04 §19.
func (c *call) localMountpoint(d DentryIx) bool {
	for m := c.Dentries[d].FirstMount; m != 0; m = c.Mounts[m].nextHere {
		if c.Mounts[m].NS == c.spaceIx() {
			return true
		}
	}
	return false
}

// remove takes d out of its directory. What is mounted on it in other
// namespaces is unmounted; locks do not hold it. Spec 04 §19.
func (c *call) remove(d DentryIx) {
	c.Dentries[d].Flags |= CantMount
	for m := c.Dentries[d].FirstMount; m != 0; m = c.Dentries[d].FirstMount {
		if c.Mounts[m].Flags&Umounted != 0 {
			c.detach(m)
			c.settleQ.mounts = append(c.settleQ.mounts, m)
			continue
		}
		c.umountTree(m, umountCover)
	}
	c.uncover(func(x cover) bool { return x.D == d })
	c.unlinkDentry(d)
	c.Dentries[d].Flags |= Unlinked
	c.SBs[c.Dentries[d].SB].removed = true
}

// findToRemove is the last component where its directory can be written to.
func (c *call) findToRemove(p parentOf) (DentryIx, Refusal) {
	if r := c.writable(p.at.M); r.Refused() {
		return 0, r
	}
	d, r := c.findLast(p)
	if d == 0 && !r.Refused() {
		r = c.noEntry(p)
	}
	return d, r
}

// typeOf is the type of the filesystem that a directory or file is in.
func (s *State) typeOf(d DentryIx) FSType { return s.SBs[s.Dentries[d].SB].Type }

// mayTakeOut: not where something is mounted, and not of the kernel's own files,
// which proc says before that is looked at and sysfs after. EBUSY, EPERM.
func (c *call) mayTakeOut(at Loc, d DentryIx) Refusal {
	t := c.typeOf(d)
	if t != Proc && c.localMountpoint(d) {
		return refuse(RuleLocalMountpoint, int32(at.M), int32(d))
	}
	if t == Proc || t == Sysfs {
		return refuse(RuleNothingMade, int32(at.M), int32(at.D))
	}
	return Refusal{}
}

// rmdir: EINVAL, ENOTEMPTY, EBUSY, EROFS, ENOENT, ENOTDIR.
func (c *call) rmdir(path Arg) Refusal {
	p, r := c.walkParent(path)
	if r.Refused() {
		return r
	}
	switch p.last {
	case lastDot:
		return refuse(RuleRmdirDot)
	case lastDotDot:
		return refuse(RuleRmdirDotDot)
	case lastRoot:
		return refuse(RuleRmdirRoot)
	}
	d, r := c.findToRemove(p)
	if r.Refused() {
		return r
	}
	if !c.IsDir(d) {
		return refuse(RuleNotDirectory, int32(p.at.M), int32(d))
	}
	if r := c.mayTakeOut(p.at, d); r.Refused() {
		return r
	}
	if c.Dentries[d].FirstChild != 0 {
		return refuse(RuleNotEmpty, int32(p.at.M), int32(d))
	}
	c.remove(d)
	return Refusal{}
}

// unlink: EISDIR, EROFS, ENOENT, ENOTDIR, EBUSY.
func (c *call) unlink(path Arg) Refusal {
	p, r := c.walkParent(path)
	if r.Refused() {
		return r
	}
	if p.last != lastName {
		return refuse(RuleUnlinkNotName)
	}
	d, r := c.findToRemove(p)
	if r.Refused() {
		return r
	}
	if c.IsDir(d) {
		return refuse(RuleUnlinkDirectory, int32(p.at.M), int32(d))
	}
	if p.slash {
		return refuse(RuleNotDirectory, int32(p.at.M), int32(d))
	}
	if c.localMountpoint(d) {
		return refuse(RuleLocalMountpoint, int32(p.at.M), int32(d))
	}
	c.remove(d)
	return Refusal{}
}

// rename: EXDEV, EBUSY, EROFS, ENOENT, ENOTDIR, EINVAL, ENOTEMPTY, EISDIR.
// Spec 08 §1.2.
func (c *call) rename(oldpath, newpath Arg) Refusal {
	from, r := c.walkParent(oldpath)
	if r.Refused() {
		return r
	}
	to, r := c.walkParent(newpath)
	if r.Refused() {
		return r
	}
	if from.at.M != to.at.M {
		return refuse(RuleCrossMount, int32(from.at.M), int32(to.at.M))
	}
	if from.last != lastName || to.last != lastName {
		return refuse(RuleRenameNotName)
	}
	if r := c.writable(from.at.M); r.Refused() {
		return r
	}
	d, r := c.findLast(from)
	if r.Refused() {
		return r
	}
	if d == 0 {
		return c.noEntry(from)
	}
	over, r := c.findLast(to)
	if r.Refused() {
		return r
	}
	if r := c.mayRename(from, to, d, over); r.Refused() {
		return r
	}
	if d == over {
		return Refusal{}
	}
	if over != 0 {
		c.remove(over)
	}
	c.unlinkDentry(d)
	c.linkDentry(d, to.at.D, c.names.intern(to.name))
	return Refusal{}
}

// mayRename holds the tests between the two names; over is none where the new
// name is free.
func (c *call) mayRename(from, to parentOf, d, over DentryIx) Refusal {
	m := int32(to.at.M)
	if !c.IsDir(d) && (from.slash || to.slash) {
		return refuse(RuleNotDirectory, m, int32(d))
	}
	if c.under(to.at.D, d) {
		return refuse(RuleRenameIntoSelf, m, int32(d))
	}
	if over != 0 && over != d && c.under(from.at.D, over) {
		return refuse(RuleRenameOverAncestor, m, int32(over))
	}
	if d == over {
		return Refusal{}
	}
	if over == 0 && (c.Dentries[to.at.D].Flags&Immutable != 0 || c.gone(to.at.D)) {
		return refuse(RuleDeadDirectory, m, int32(to.at.D))
	}
	if over != 0 && c.IsDir(d) && !c.IsDir(over) {
		return refuse(RuleRenameOverFile, m, int32(over))
	}
	if over != 0 && !c.IsDir(d) && c.IsDir(over) {
		return refuse(RuleRenameOverDirectory, m, int32(over))
	}
	if over != 0 && c.typeOf(over) != Proc && c.localMountpoint(over) {
		return refuse(RuleLocalMountpoint, m, int32(over))
	}
	if r := c.mayTakeOut(from.at, d); r.Refused() {
		return r
	}
	if over != 0 && c.Dentries[over].FirstChild != 0 {
		return refuse(RuleNotEmpty, m, int32(over))
	}
	return Refusal{}
}
