package draw

import (
	"slices"
	"strings"

	"mntcheck/model"
)

// emptyPathBits holds, for each parameter that is a descriptor to start from,
// the flag of the call that lets its path be empty: AT_EMPTY_PATH, or one of
// its kin for the first or the second descriptor. They are found by name in the
// signature table.
var emptyPathBits = func() (all [model.NumOps][model.MaxArgs]uint64) {
	for op := model.OpNone + 1; op < model.NumOps; op++ {
		var found []uint64
		params := op.Signature().Params
		for _, p := range params {
			if p.Kind != model.FlagsParam {
				continue
			}
			for _, n := range p.Flags.Names {
				if strings.HasSuffix(n.Name, "EMPTY_PATH") {
					found = append(found, n.Bits)
				}
			}
		}
		for i, p := range params {
			if p.Kind == model.DirFDParam && len(found) > 0 {
				all[op][i] = found[0]
				found = found[1:]
			}
		}
	}
	return all
}()

// call draws the arguments of one call.
func (d *Drawer) call(s *model.State, v *variant) model.Call {
	c := model.Call{Op: v.op}
	params := v.op.Signature().Params
	emptyBits := uint64(0)
	for i := 0; i < len(params); i++ {
		p, h := &params[i], &v.args[i]
		switch p.Kind {
		case model.DirFDParam:
			if i+1 < len(params) && params[i+1].Kind == model.PathParam {
				emptyBits |= d.place(s, &c, i, h, &v.args[i+1])
				i++
				continue
			}
			c.Args[i] = d.descriptor(s, h.fd)
		case model.PathParam:
			c.Args[i] = d.path(s, h)
		case model.StringParam:
			c.Args[i] = d.text(h)
		case model.FlagsParam:
			bits := d.flags(p.Flags, h)
			if len(p.Flags.Names) > 1 {
				bits |= emptyBits
			}
			c.Args[i] = model.Num(int64(bits))
		case model.FDParam:
			c.Args[i] = d.descriptor(s, h.fd)
		case model.NumberParam:
			c.Args[i] = d.number(h)
		case model.ActorParam:
			c.Args[i] = d.actor(s)
		case model.AttrParam:
			c.Args[i] = d.attr(s, &c.Attr)
		}
	}
	return c
}

// place draws a descriptor to start from and the path behind it, which are one
// choice: most pairs of the two mean nothing. It returns the flag that the
// choice needs.
func (d *Drawer) place(s *model.State, c *model.Call, i int, fd, path *hint) uint64 {
	bit := emptyPathBits[c.Op][i]
	mode := d.pick(8)
	if fd.byFD {
		mode = [8]int{4, 4, 4, 4, 4, 6, 0, 7}[mode]
	}
	switch {
	case mode < 4:
		c.Args[i], c.Args[i+1] = model.Num(model.AT_FDCWD), d.path(s, path)
		return 0
	case mode < 6:
		c.Args[i], c.Args[i+1] = d.descriptor(s, fd.fd), model.Str("")
		if d.oneIn(16) {
			c.Args[i+1] = model.NULL()
		}
		return bit
	case mode == 6:
		c.Args[i], c.Args[i+1] = d.descriptor(s, fd.fd), model.Str(d.relative())
		return 0
	}
	c.Args[i], c.Args[i+1] = model.Num(model.AT_FDCWD), model.Str(d.relative())
	if d.oneIn(2) {
		c.Args[i+1] = model.Str("")
	}
	return bit
}

// invalid is true for the share of arguments that are drawn without regard to
// the state.
func (d *Drawer) invalid() bool { return d.pick(16) >= 16-d.config.Invalid }

// text draws a string that is no path.
func (d *Drawer) text(h *hint) model.Arg {
	switch {
	case d.oneIn(24):
		return [...]model.Arg{model.NULL(), model.Str(""), model.Str("x"), model.Str(longPath)}[d.pick(4)]
	case h.null || len(h.texts) == 0:
		return model.NULL()
	}
	return model.Str(h.texts[d.pick(len(h.texts))])
}

// flags draws bits of a set, within the limits.
func (d *Drawer) flags(set *model.FlagSet, h *hint) uint64 {
	f := d.anyFlags(set, h)
	if d.limits.OnePIDNamespace && slices.ContainsFunc(set.Names, func(n model.FlagName) bool { return n.Name == "CLONE_NEWPID" }) {
		f &^= model.CLONE_NEWPID
	}
	return f
}

// anyFlags draws bits of a set: usual ones, those with a flag turned over, any
// subset, or one that has no name.
func (d *Drawer) anyFlags(set *model.FlagSet, h *hint) uint64 {
	usual := uint64(0)
	if len(h.bits) > 0 {
		usual = h.bits[d.pick(len(h.bits))]
	}
	if !d.invalid() || len(set.Names) == 0 {
		return usual
	}
	if set.Enum {
		if d.oneIn(3) {
			return uint64(d.pick(1 << 16))
		}
		return set.Names[d.pick(len(set.Names))].Bits
	}
	switch d.pick(6) {
	case 0, 1, 2:
		return usual ^ set.Names[d.pick(len(set.Names))].Bits
	case 3:
		return usual | set.Names[d.pick(len(set.Names))].Bits
	case 4:
		all := uint64(0)
		for i := range set.Names {
			if d.pick(4) == 3 {
				all |= set.Names[i].Bits
			}
		}
		return all
	}
	return usual | 1<<d.pick(40)
}

func (d *Drawer) number(h *hint) model.Arg {
	if len(h.bits) > 0 && !d.oneIn(16) {
		return model.Num(int64(h.bits[d.pick(len(h.bits))]))
	}
	return model.Num([...]int64{0, 1, 32, -1, 4096}[d.pick(5)])
}

// actor draws a process: one that lives, by the step that made it, or a number
// that may be anything.
func (d *Drawer) actor(s *model.State) model.Arg {
	if d.oneIn(8) {
		return model.Num(int64([...]int{0, 99, -1, len(s.Procs) - 1}[d.pick(4)]))
	}
	before := d.me
	d.chooseActor(s)
	p := d.me
	d.me = before
	if p < len(d.maker) && d.maker[p] != 0 {
		return model.Ref(int(d.maker[p]) - 1)
	}
	return model.Num(int64(p))
}

// usualAttrs are what struct mount_attr usually says; the last three are wrong.
var usualAttrs = [...]model.MountAttr{
	{Propagation: model.MS_SHARED},
	{Set: model.MOUNT_ATTR_RDONLY},
	{Clr: model.MOUNT_ATTR_RDONLY},
	{Propagation: model.MS_PRIVATE},
	{Propagation: model.MS_SLAVE},
	{Propagation: model.MS_UNBINDABLE},
	{Set: model.MOUNT_ATTR_NOSUID | model.MOUNT_ATTR_NODEV},
	{Clr: model.MOUNT_ATTR_NOSUID | model.MOUNT_ATTR_NOEXEC},
	{Set: model.MOUNT_ATTR_NOATIME, Clr: model.MOUNT_ATTR__ATIME},
	{Clr: model.MOUNT_ATTR__ATIME},
	{Set: model.MOUNT_ATTR_STRICTATIME | model.MOUNT_ATTR_NODIRATIME, Clr: model.MOUNT_ATTR__ATIME},
	{Set: model.MOUNT_ATTR_NOSYMFOLLOW, Propagation: model.MS_SHARED},
	{Set: model.MOUNT_ATTR_IDMAP},
	{Set: model.MOUNT_ATTR_IDMAP},
	{Set: model.MOUNT_ATTR_IDMAP, Clr: model.MOUNT_ATTR_IDMAP},
	{},
	{Clr: model.MOUNT_ATTR_IDMAP},
	{Set: model.MOUNT_ATTR_NOATIME},
	{Propagation: model.MS_SHARED | model.MS_SLAVE},
}

// attr draws struct mount_attr.
func (d *Drawer) attr(s *model.State, to *model.MountAttr) model.Arg {
	if d.oneIn(20) {
		return model.NULL()
	}
	*to = usualAttrs[d.pick(len(usualAttrs))]
	if d.oneIn(12) {
		bit := uint64(1) << d.pick(24)
		*[...]*uint64{&to.Set, &to.Clr, &to.Propagation}[d.pick(3)] ^= bit
	}
	if (to.Set|to.Clr)&model.MOUNT_ATTR_IDMAP != 0 {
		to.UserNSFD = d.descriptor(s, userFD)
		if d.oneIn(16) {
			to.UserNSFD = model.Num(1 << 33)
		}
	}
	return model.Arg{Kind: model.Attr}
}

// descriptor draws a descriptor of the caller, by the step that made it: one of
// the wanted kind where there is one, any other, or a number that is none.
func (d *Drawer) descriptor(s *model.State, want fdKind) model.Arg {
	if d.oneIn(24) {
		return model.Num([...]int64{-1, 99, 0, model.AT_FDCWD, 3}[d.pick(5)])
	}
	good, all := 0, 0
	first := s.Procs[d.me].FirstFD
	for fd := first; fd != 0; fd = s.FDs[fd].Next {
		all++
		if isKind(s, s.FDs[fd].File, want) {
			good++
		}
	}
	if all == 0 {
		return model.Num(3)
	}
	if good == 0 || d.oneIn(10) {
		want, good = anyFD, all
	}
	i := d.pick(good)
	for fd := first; fd != 0; fd = s.FDs[fd].Next {
		if !isKind(s, s.FDs[fd].File, want) {
			continue
		}
		if i == 0 {
			return d.refTo(int(s.FDs[fd].Num))
		}
		i--
	}
	return model.Num(3)
}

// refTo names one of the caller's descriptors by the step that made it.
func (d *Drawer) refTo(fd int) model.Arg {
	if d.me < len(d.made) && fd < len(d.made[d.me]) && d.made[d.me][fd] != 0 {
		return model.Ref(int(d.made[d.me][fd]) - 1)
	}
	return model.Num(int64(fd))
}

func isKind(s *model.State, f model.FileIx, want fdKind) bool {
	r := &s.Files[f]
	if want == contextFD || r.Kind == model.ContextFile {
		return r.Kind == model.ContextFile && (want == contextFD || want == anyFD)
	}
	switch kind := s.Dentries[r.Loc.D].Kind; want {
	case dirFD:
		return kind == model.Dir
	case treeFD:
		return r.Mode&model.NeedUnmount != 0
	case nsFD:
		return kind == model.MntNSFile
	case userFD:
		return kind == model.UserNSFile
	case pidFD:
		return kind == model.PidFile
	}
	return true
}
