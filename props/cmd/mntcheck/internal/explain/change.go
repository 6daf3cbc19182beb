package explain

import (
	"fmt"
	"strconv"
	"strings"

	"mntcheck/model"
)

// change is what a call did to one mount in one namespace.
type change struct {
	ns   model.NSIx
	sign string
	m    model.MountIx // in the state after, for "-" in the state before
	what []string
	// matters: it is marked with "!", for it is what a broken promise is about.
	matters bool
}

// mark is the sign that is drawn.
func (c *change) mark() string {
	if c.matters {
		return "!"
	}
	return c.sign
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

// differ compares the state before a call with the one after it, by the call's
// journal: its cost is that of the call, not of the table.
type differ struct {
	before, after *model.State
	changes       []change
}

func diff(before, after *model.State) []change {
	d := &differ{before: before, after: after}
	for _, c := range after.Journal() {
		d.mount(c.M, c.Old)
	}
	d.superblocks()
	return d.changes
}

// mount compares one mount. A record that was freed and used again within the
// call is two mounts.
func (d *differ) mount(m model.MountIx, old model.Mount) {
	now := &d.after.Mounts[m]
	was := old.ID != 0 && old.NS > 0
	is := now.ID != 0 && now.NS > 0
	if was && is && old.UID == now.UID && old.NS == now.NS {
		if what := d.differences(m, &old, now); len(what) > 0 {
			d.changes = append(d.changes, change{ns: now.NS, sign: "~", m: m, what: what})
		}
		return
	}
	same := was && is && old.UID == now.UID
	if was {
		c := change{ns: old.NS, sign: "-", m: m}
		if same {
			c.what = []string{"now in " + spaceWords(d.after, now.NS)}
		}
		d.changes = append(d.changes, c)
	}
	if is {
		c := change{ns: now.NS, sign: "+", m: m}
		if same {
			c.what = append([]string{"was in " + spaceWords(d.before, old.NS)}, d.differences(m, &old, now)...)
		}
		if now.Flags&model.Locked != 0 && !same {
			c.what = append(c.what, "locked")
		}
		d.changes = append(d.changes, c)
	}
}

// differences says, in words, what became of a mount that stays.
func (d *differ) differences(m model.MountIx, old, now *model.Mount) (what []string) {
	if old.NS == now.NS && (old.Parent != now.Parent || old.MP != now.MP) {
		from, to := d.before.MountPath(m), d.after.MountPath(m)
		switch {
		case from != to:
			what = append(what, "moved from "+from)
		case old.Parent != 0 && now.Parent != 0:
			what = append(what, fmt.Sprintf("on mount %d, was on %d", d.after.Mounts[now.Parent].ID, d.before.Mounts[old.Parent].ID))
		}
	}
	// What it is now stands in the columns of the drawing, and in JSON's table.
	if was := options(old); was != options(now) {
		what = append(what, "was "+was)
	}
	if was := propagation(d.before, old); was != propagation(d.after, now) {
		what = append(what, "was "+was)
	}
	return append(what, lockChanges(old.Flags, now.Flags)...)
}

// lockChanges says which locks came and went. They are in no mount table.
func lockChanges(old, now model.MountFlags) (what []string) {
	switch {
	case old&model.Locked == 0 && now&model.Locked != 0:
		what = append(what, "locked in place")
	case old&model.Locked != 0 && now&model.Locked == 0:
		what = append(what, "no longer locked in place")
	}
	if added := lockNames(now &^ old); len(added) > 0 {
		what = append(what, strings.Join(added, ", ")+" locked")
	}
	switch {
	case old&model.ExpiryMark == 0 && now&model.ExpiryMark != 0:
		what = append(what, "marked for expiry")
	case old&model.ExpiryMark != 0 && now&model.ExpiryMark == 0:
		what = append(what, "no longer marked for expiry")
	}
	return what
}

// lockNames names the attribute locks in a set of flags.
func lockNames(f model.MountFlags) (names []string) {
	for _, l := range [...]struct {
		flag model.MountFlags
		name string
	}{
		{model.LockReadOnly, "ro"}, {model.LockNoDev, "nodev"}, {model.LockNoSuid, "nosuid"},
		{model.LockNoExec, "noexec"}, {model.LockAtime, "atime"},
	} {
		if f&l.flag != 0 {
			names = append(names, l.name)
		}
	}
	return names
}

// propagation is the type of a mount as mountinfo's optional fields tell it.
func propagation(s *model.State, r *model.Mount) string {
	var tags []string
	if r.Flags&model.Shared != 0 {
		tags = append(tags, fmt.Sprintf("shared:%d", r.Group))
	}
	if r.Master != 0 {
		tags = append(tags, fmt.Sprintf("master:%d", s.Mounts[r.Master].Group))
	}
	if r.Flags&model.Unbindable != 0 {
		tags = append(tags, "unbindable")
	}
	if len(tags) == 0 {
		return "private"
	}
	return strings.Join(tags, ",")
}

// superblocks finds filesystems that were remounted; that shows at all of
// their mounts, of which none was touched.
func (d *differ) superblocks() {
	for sb := range d.before.SBs {
		if sb >= len(d.after.SBs) || d.before.SBs[sb].Root == 0 || d.before.SBs[sb].Flags == d.after.SBs[sb].Flags ||
			d.before.SBs[sb].Root != d.after.SBs[sb].Root {
			continue
		}
		words := "filesystem rw, was ro"
		if d.after.SBs[sb].Flags&model.SBReadOnly != 0 {
			words = "filesystem ro, was rw"
		}
		for m := range d.after.Mounts {
			if r := &d.after.Mounts[m]; r.ID != 0 && r.NS > 0 && d.after.SBOf(model.MountIx(m)) == model.SBIx(sb) {
				d.changes = append(d.changes, change{ns: r.NS, sign: "~", m: model.MountIx(m), what: []string{words}})
			}
		}
	}
}

// optionNames are the options of a mount in the kernel's order. Spec 06 §1.
var optionNames = [...]struct {
	flag model.MountFlags
	name string
}{
	{model.NoSuid, "nosuid"}, {model.NoDev, "nodev"}, {model.NoExec, "noexec"}, {model.NoAtime, "noatime"},
	{model.NoDirAtime, "nodiratime"}, {model.RelAtime, "relatime"}, {model.NoSymFollow, "nosymfollow"},
}

// options are a mount's options, ro or rw first.
func options(r *model.Mount) string {
	o := "rw"
	if r.Flags&model.ReadOnly != 0 {
		o = "ro"
	}
	for _, n := range optionNames {
		if r.Flags&n.flag != 0 {
			o += "," + n.name
		}
	}
	if r.IDMap != 0 {
		o += ",idmapped"
	}
	return o
}

// spaceWords names a namespace, or the tree behind a descriptor.
func spaceWords(s *model.State, ns model.NSIx) string {
	r := &s.Spaces[ns]
	if !r.Anon {
		return "mount namespace " + number(r.Age)
	}
	for p := range s.Procs {
		if p == 0 || !s.Procs[p].Alive {
			continue
		}
		for fd := s.Procs[p].FirstFD; fd != 0; fd = s.FDs[fd].Next {
			if at := s.Files[s.FDs[fd].File].Loc.M; at != 0 && s.Mounts[at].NS == ns {
				return fmt.Sprintf("the detached tree behind descriptor %d", s.FDs[fd].Num)
			}
		}
	}
	return "a detached tree"
}
