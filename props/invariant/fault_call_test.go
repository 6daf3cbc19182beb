package invariant_test

import (
	"strings"

	"mntcheck/model"
)

// callFaults break what single calls promise.
func callFaults() []fault {
	return []fault{
		{name: "a failed call leaves a user of a mount", do: func(x *faulty) {
			if !x.right() && x.err == nil && x.is(model.OpOpenTree) {
				root := x.s.FSs[x.s.Procs[x.actor].FS].Root.M
				x.edit().Mount(root).Refs++
			}
		}},
		{name: "a failed unshare moves the working directory", do: func(x *faulty) {
			if !x.right() && x.err == nil && x.is(model.OpUnshare, model.OpSetns) {
				fs := &x.s.FSs[x.s.Procs[x.actor].FS]
				fs.Cwd = model.Loc{M: x.s.Spaces[x.caller()].Root, D: x.s.Mounts[x.s.Spaces[x.caller()].Root].Root}
			}
		}},
		{name: "a failed mount makes the target shared", do: func(x *faulty) {
			if !x.right() && x.err == nil && x.is(model.OpMount) {
				if at, ok := x.target(1, model.ResolveFollow); ok && x.s.Mounts[at.M].NS > 0 {
					x.edit().SetType(at.M, model.MS_SHARED)
				}
			}
		}},
		{name: "a failed call opens a descriptor", do: func(x *faulty) {
			if !x.right() && x.err == nil && x.is(model.OpOpen) {
				r := x.r
				x.make(model.NewCall(model.OpOpen, model.Str("/"), model.Num(model.O_PATH)))
				x.r = r
			}
		}},
		{name: "unmounts what is in use", do: func(x *faulty) {
			call := *x.call
			if x.is(model.OpUmount2) && call.Args[1].N&model.MNT_EXPIRE == 0 {
				call.Args[1].N |= model.MNT_DETACH
			}
			x.make(call)
		}},
		{name: "unmounts one too many", do: func(x *faulty) {
			if x.right() && x.is(model.OpUmount2) {
				for m := len(x.s.Mounts) - 1; m > 0; m-- {
					if r := &x.s.Mounts[m]; r.ID != 0 && r.NS == x.caller() && r.Parent != 0 && r.Flags&model.Locked == 0 && leaf(x.s, model.MountIx(m)) {
						x.edit().Unmount(model.MountIx(m))
						return
					}
				}
			}
		}},
		{name: "umount moves what survives", do: func(x *faulty) {
			if !x.right() || !x.is(model.OpUmount2) {
				return
			}
			for m := len(x.s.Mounts) - 1; m > 0; m-- {
				r := x.s.Mounts[m]
				if r.ID == 0 || r.NS <= 0 || r.Parent == 0 || r.MP == x.s.Mounts[r.Parent].Root || x.s.Overmount(r.Parent) != 0 {
					continue
				}
				x.edit().Detach(model.MountIx(m))
				x.edit().Attach(model.MountIx(m), r.Parent, x.s.Mounts[r.Parent].Root)
				return
			}
		}},
		{name: "umount does not look at LOCKED elsewhere", do: func(x *faulty) {
			var locked []model.MountIx
			if x.is(model.OpUmount2) {
				for m := range x.s.Mounts {
					if r := &x.s.Mounts[m]; r.ID != 0 && r.NS != x.caller() && r.Flags&model.Locked != 0 {
						r.Flags &^= model.Locked
						locked = append(locked, model.MountIx(m))
					}
				}
			}
			x.right()
			for _, m := range locked {
				if r := &x.s.Mounts[m]; r.ID != 0 && r.NS > 0 {
					r.Flags |= model.Locked
				}
			}
		}},
		{name: "umount does not propagate", do: func(x *faulty) {
			if !x.is(model.OpUmount2) {
				x.right()
				return
			}
			at, r := x.s.Resolve(x.actor, model.AT_FDCWD, x.call.Args[0], model.ResolveFollow|model.ResolveMountpoint)
			if x.right(); x.r.Errno != 0 || r.Refused() || x.s.Mounts[at.M].ID != 0 && x.s.Mounts[at.M].NS > 0 {
				return
			}
			x.before.Copy(x.s)
			x.make(model.NewCall(model.OpUmount2, model.Str(""), model.Num(0))) // begins a call, and fails
			x.edit().Unmount(at.M)
			x.r = model.Result{}
		}},
		{name: "unmount takes from another namespace", do: func(x *faulty) {
			if x.right() && x.is(model.OpUmount2, model.OpMount) {
				for m := len(x.s.Mounts) - 1; m > 0; m-- {
					r := &x.s.Mounts[m]
					if r.ID != 0 && r.NS > 0 && r.NS != x.caller() && !x.s.Spaces[r.NS].Anon && r.Parent != 0 && leaf(x.s, model.MountIx(m)) {
						x.edit().Unmount(model.MountIx(m))
						return
					}
				}
			}
		}},
		{name: "remount changes the peers too", do: func(x *faulty) {
			if x.right() && (x.is(model.OpMountSetattr) || x.is(model.OpMount) && x.call.Args[3].N&model.MS_REMOUNT != 0) {
				for _, c := range append([]model.Change(nil), x.s.Journal()...) {
					if d := (c.Old.Flags ^ x.s.Mounts[c.M].Flags) & model.SettableFlags; d != 0 && c.Old.ID != 0 {
						for p := x.s.Mounts[c.M].NextPeer; p != c.M; p = x.s.Mounts[p].NextPeer {
							x.edit().Mount(p).Flags ^= d
						}
					}
				}
			}
		}},
		{name: "changes the type of mounts of other owners", do: func(x *faulty) {
			if !x.right() && x.err == nil && x.typeChange() != 0 && x.r.Errno == model.EPERM {
				if at, ok := x.target(1, model.ResolveFollow); ok && x.s.Mounts[at.M].NS > 0 && at.D == x.s.Mounts[at.M].Root {
					x.edit().SetType(at.M, x.typeChange())
					x.r = model.Result{}
				}
			}
		}},
		{name: "unmounts without CAP_SYS_ADMIN", do: func(x *faulty) {
			if !x.right() && x.err == nil && x.is(model.OpUmount2) && x.r.Errno == model.EPERM {
				if at, ok := x.target(0, model.ResolveFollow|model.ResolveMountpoint); ok && x.s.Mounts[at.M].Parent != 0 && x.s.Mounts[at.M].NS > 0 {
					x.edit().Unmount(at.M)
					x.r = model.Result{}
				}
			}
		}},
		{name: "loses a master when the last peer leaves", do: func(x *faulty) {
			if x.right() {
				for _, c := range append([]model.Change(nil), x.s.Journal()...) {
					r := x.s.Mounts[c.M]
					if c.Old.ID != 0 && c.Old.Master != 0 && r.ID != 0 && r.Master != 0 && r.Master != c.Old.Master && x.s.Mounts[c.Old.Master].Group == 0 {
						x.leaveMaster(c.M)
					}
				}
			}
		}},
		{name: "MS_SLAVE makes private", do: func(x *faulty) {
			if x.right() && x.typeChange() == model.MS_SLAVE {
				if at, ok := x.target(1, model.ResolveFollow); ok && x.s.Mounts[at.M].Master != 0 {
					x.edit().SetType(at.M, model.MS_PRIVATE)
				}
			}
		}},
		{name: "MS_UNBINDABLE is MS_PRIVATE", do: func(x *faulty) {
			c := *x.call
			if f := c.Args[3].N; x.typeChange() == model.MS_UNBINDABLE {
				c.Args[3].N = f&^model.MS_UNBINDABLE | model.MS_PRIVATE
			}
			x.make(c)
		}},
		{name: "bind makes its source private", do: func(x *faulty) {
			if x.right() && x.isBind() {
				if at, ok := x.target(0, model.ResolveFollow); ok && x.s.Mounts[at.M].NextPeer == at.M {
					x.edit().SetType(at.M, model.MS_PRIVATE)
				}
			}
		}},
		{name: "rbind is bind", do: func(x *faulty) {
			c := *x.call
			if x.isBind() {
				c.Args[3].N &^= model.MS_REC
			}
			x.make(c)
		}},
		{name: "unshare leaves out a mount", do: func(x *faulty) {
			if x.right() && x.is(model.OpUnshare, model.OpClone, model.OpClone3) {
				if _, root, _ := x.space(); root != 0 {
					for all := x.tree(root); len(all) > 2; {
						x.edit().Unmount(all[len(all)-1])
						return
					}
				}
			}
		}},
		{name: "unshare makes copies private", do: func(x *faulty) {
			if x.right() && x.is(model.OpUnshare, model.OpClone, model.OpClone3) {
				for _, m := range x.fresh() {
					x.edit().SetType(m, model.MS_PRIVATE)
				}
			}
		}},
		{name: "unshare leaves the working directory behind", do: func(x *faulty) {
			if x.right() && x.is(model.OpUnshare) {
				if ns, _, _ := x.space(); ns != 0 {
					was := x.before.FSs[x.before.Procs[x.actor].FS].Cwd
					if fs := &x.s.FSs[x.s.Procs[x.actor].FS]; int(was.M) < len(x.s.Mounts) && x.s.Mounts[was.M].UID == x.before.Mounts[was.M].UID {
						fs.Cwd = was
					}
				}
			}
		}},
		{name: "an empty namespace is a copy", do: func(x *faulty) {
			c := *x.call
			if x.is(model.OpUnshare) && c.Args[0].N&model.UNSHARE_EMPTY_MNTNS != 0 {
				c.Args[0].N = c.Args[0].N&^model.UNSHARE_EMPTY_MNTNS | model.CLONE_NEWNS
			}
			x.make(c)
		}},
		{name: "unshare copies twice", do: func(x *faulty) {
			if x.right() && x.is(model.OpUnshare, model.OpClone, model.OpClone3) {
				if ns, _, _ := x.space(); ns != 0 {
					x.edit().AddWork(model.Work{Copied: int(x.s.Spaces[ns].Nr)})
				}
			}
		}},
		{name: "forgets to lock what arrives", do: func(x *faulty) {
			if x.right() && x.is(model.OpMount, model.OpMoveMount) {
				for _, m := range x.fresh() {
					x.edit().Mount(m).Flags &^= model.Locked | model.AttributeLocks
				}
			}
		}},
		{name: "locks the topmost mount of what arrives", do: func(x *faulty) {
			if x.right() && x.is(model.OpMount, model.OpMoveMount) {
				for _, m := range x.tops() {
					if x.s.Mounts[m].Flags&model.LockAtime != 0 {
						x.edit().Mount(m).Flags |= model.Locked
					}
				}
			}
		}},
		{name: "mounts proc where none is visible", do: func(x *faulty) {
			if !x.right() && x.err == nil && x.isNewMount() && x.r.Errno == model.EPERM {
				ns := x.caller()
				owner := x.s.Spaces[ns].Owner
				if x.s.Procs[x.actor].User != owner {
					return
				}
				for u := range x.s.Users {
					if u > 0 && x.s.Users[u].Level == 0 {
						// The rule asks for the owner, the capability does too: grant both.
						x.s.Spaces[ns].Owner, x.s.Procs[x.actor].User = model.UserIx(u), model.UserIx(u)
						x.right()
						x.s.Spaces[ns].Owner, x.s.Procs[x.actor].User = owner, owner
						return
					}
				}
			}
		}},
		{name: "the view shows the kernel's own ids", do: func(x *faulty) { x.right() },
			view: func(v model.View, s *model.State) model.View {
				var ids strings.Builder
				for m := range s.Mounts {
					if s.Mounts[m].ID != 0 {
						ids.WriteByte('0' + byte(s.Mounts[m].ID%10))
					}
				}
				v.Mounts = strings.Replace(v.Mounts, "# ns 1", "# ns 1 "+ids.String(), 1)
				return v
			}},
	}
}
