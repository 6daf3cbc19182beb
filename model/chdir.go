package model

// chdir: the errors of path resolution, and ENOTDIR. Spec 04 §20.
func (c *call) chdir(path Arg) Refusal {
	at, r := c.walk(AT_FDCWD, path, walkFollow|walkDirectory)
	if r.Refused() {
		return r
	}
	c.setCwd(c.proc().FS, at)
	return Refusal{}
}

// fchdir goes to the descriptor's own location, even if something has been
// mounted over it since. EBADF, ENOTDIR. Spec 04 §20.
func (c *call) fchdir(fd int64) Refusal {
	at, r := c.dirOf(fd)
	if r.Refused() {
		return r
	}
	c.setCwd(c.proc().FS, at)
	return Refusal{}
}

func (c *call) dirOf(fd int64) (Loc, Refusal) {
	at, r := c.fileLoc(fd)
	if r.Refused() {
		return Loc{}, r
	}
	if !c.IsDir(at.D) {
		return Loc{}, refuse(RuleNotDirectory, int32(at.M), int32(at.D))
	}
	return at, Refusal{}
}

// chroot: the errors of path resolution, ENOTDIR, EPERM. The working
// directory stays where it is. Spec 04 §20.
func (c *call) chroot(path Arg) Refusal {
	at, r := c.walk(AT_FDCWD, path, walkFollow|walkDirectory)
	if r.Refused() {
		return r
	}
	return c.chrootTo(at)
}

// fchroot is chroot by descriptor. EINVAL, EBADF, ENOTDIR, EPERM. Spec 04 §20.
func (c *call) fchroot(fd, flags int64) Refusal {
	if !c.Sem.Fchroot {
		return refuse(RuleNoSuchCall)
	}
	if flags != 0 {
		return refuse(RuleFchrootFlags)
	}
	at, r := c.dirOf(fd)
	if r.Refused() {
		return r
	}
	return c.chrootTo(at)
}

func (c *call) chrootTo(at Loc) Refusal {
	if u := c.proc().User; !c.capable(u, CapSysChroot) {
		return refuse(RuleChrootCapability, int32(u))
	}
	c.setRoot(c.proc().FS, at)
	return Refusal{}
}

// open makes a descriptor of what a path names. Opened for reading, the file
// of a namespace gives a descriptor of the namespace. The errors of path
// resolution, ELOOP, ENOTDIR, EISDIR, EROFS, EMFILE. Spec 01 §5.
func (c *call) open(path Arg, flags uint64) (int64, Refusal) {
	if _, r := c.freeFDNum(); r.Refused() {
		return 0, r
	}
	walk := walkFollow
	if flags&O_NOFOLLOW != 0 {
		walk = 0
	}
	if flags&O_DIRECTORY != 0 {
		walk |= walkDirectory
	}
	at, r := c.walk(AT_FDCWD, path, walk)
	if r.Refused() {
		return 0, r
	}
	f := File{Kind: PlainFile, Loc: at}
	if flags&O_PATH != 0 {
		f.Mode = PathOnly
		return c.install(f)
	}
	if c.Dentries[at.D].Kind == Symlink {
		return 0, refuse(RuleOpenSymlink, int32(at.M), int32(at.D))
	}
	if flags&O_ACCMODE != O_RDONLY {
		if c.IsDir(at.D) {
			return 0, refuse(RuleOpenDirectoryWrite, int32(at.M), int32(at.D))
		}
		if k := c.Dentries[at.D].Kind; (k == MntNSFile || k == UserNSFile) && c.SBs[c.SBOf(at.M)].Flags&SBReadOnly == 0 {
			return 0, refuse(RuleOpenImmutable, int32(at.M), int32(at.D))
		}
		if flags&O_ACCMODE == O_ACCMODE { // for neither, but with the permission for both
			if c.SBs[c.SBOf(at.M)].Flags&SBReadOnly != 0 {
				return 0, refuse(RuleReadOnlyFS, int32(at.M))
			}
			return c.install(f)
		}
		if r := c.writable(at.M); r.Refused() {
			return 0, r
		}
		f.Mode = WriteMode
	}
	return c.install(f)
}
