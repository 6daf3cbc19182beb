package invariant_test

import "mntcheck/model"

// stateFaults break what holds for any state.
func stateFaults() []fault {
	return []fault{
		{name: "a mount lists another parent than it is listed by", do: func(x *faulty) {
			if !x.right() || !x.is(model.OpMount, model.OpMoveMount) {
				return
			}
			for _, m := range x.tops() {
				if p := x.s.Mounts[m].Parent; x.s.Mounts[p].Parent != 0 {
					x.edit().Mount(m).Parent = x.s.Mounts[p].Parent
					return
				}
			}
		}},
		{name: "a parent of another namespace", do: func(x *faulty) {
			if !x.right() || !x.is(model.OpMount, model.OpMoveMount) {
				return
			}
			for _, m := range x.tops() {
				for ns := range x.s.Spaces {
					if r := &x.s.Spaces[ns]; r.ID != 0 && !r.Anon && model.NSIx(ns) != x.s.Mounts[m].NS {
						x.edit().Mount(m).Parent = r.Root
						return
					}
				}
			}
		}},
		{name: "two mounts at one place", do: func(x *faulty) {
			if x.right() && x.isNewMount() {
				for _, m := range x.tops() {
					r := x.s.Mounts[m]
					x.edit().Attach(x.edit().Clone(m), r.Parent, r.MP)
					return
				}
			}
		}},
		{name: "a mountpoint of the mounted filesystem", do: func(x *faulty) {
			if x.right() && x.isNewMount() {
				for _, m := range x.tops() {
					r := x.s.Mounts[m]
					x.edit().Detach(m)
					x.edit().Attach(m, r.Parent, r.Root)
					return
				}
			}
		}},
		{name: "does not compare directory and file", do: func(x *faulty) {
			var file model.DentryIx
			if x.isNewMount() || x.isBind() {
				if at, ok := x.target(1, model.ResolveFollow); ok && x.s.Dentries[at.D].Kind == model.RegularFile && x.s.Mounts[at.M].Root != at.D {
					file = at.D
					x.s.Dentries[file].Kind = model.Dir
				}
			}
			x.right()
			if file != 0 {
				x.s.Dentries[file].Kind = model.RegularFile
			}
		}},
		{name: "attaches without entering the index", do: func(x *faulty) {
			if x.right() && x.isNewMount() {
				for _, m := range x.tops() {
					r := x.s.Mounts[m]
					p := x.edit().Mount(r.Parent)
					if r.MP != p.Root {
						continue
					}
					x.edit().Detach(m)
					n := x.edit().Mount(m)
					n.Parent, n.MP = r.Parent, r.MP
					if n.PrevChild = p.LastChild; n.PrevChild != 0 {
						x.edit().Mount(n.PrevChild).NextChild = m
					} else {
						p.FirstChild = m
					}
					p.LastChild = m
					return
				}
			}
		}},
		{name: "keeps the group id of what stops sharing", do: func(x *faulty) {
			if x.right() && x.typeChange()&^model.MS_SHARED != 0 {
				if at, ok := x.target(1, model.ResolveFollow); ok && x.before.Mounts[at.M].Group != 0 {
					x.edit().Mount(at.M).Group = x.before.Mounts[at.M].Group
				}
			}
		}},
		{name: "a new peer is left out of the ring", do: func(x *faulty) {
			if x.right() {
				for _, m := range x.fresh() {
					if x.s.Mounts[m].NextPeer != m {
						x.leaveRing(m)
						return
					}
				}
			}
		}},
		{name: "joins the group of another filesystem", do: func(x *faulty) {
			if !x.right() || x.typeChange() != model.MS_SHARED {
				return
			}
			at, ok := x.target(1, model.ResolveFollow)
			if !ok || x.s.Mounts[at.M].NextPeer != at.M {
				return
			}
			for m := range x.s.Mounts {
				if r := &x.s.Mounts[m]; r.ID != 0 && r.NS > 0 && r.Flags&model.Shared != 0 && x.s.SBOf(model.MountIx(m)) != x.s.SBOf(at.M) {
					x.joinRing(at.M, model.MountIx(m))
					return
				}
			}
		}},
		{name: "a slave is not in the list of its master", do: func(x *faulty) {
			if x.right() {
				for _, m := range x.fresh() {
					if p := x.s.Mounts[m].Master; p != 0 {
						x.leaveMaster(m)
						x.edit().Mount(m).Master = p
						return
					}
				}
			}
		}},
		{name: "what is unmounted stays shared", do: func(x *faulty) {
			if x.right() && x.is(model.OpUmount2) {
				for _, c := range x.s.Journal() {
					if r := &x.s.Mounts[c.M]; r.ID != 0 && r.NS == 0 && c.Old.Flags&model.Shared != 0 {
						n := x.edit().Mount(c.M)
						n.Group, n.Flags = c.Old.Group, n.Flags|model.Shared
						return
					}
				}
			}
		}},
		{name: "what is unmounted stays in its namespace", do: func(x *faulty) {
			if x.right() && x.is(model.OpUmount2) {
				for _, c := range x.s.Journal() {
					if r := &x.s.Mounts[c.M]; r.ID != 0 && r.NS == 0 && c.Old.NS > 0 {
						x.edit().Mount(c.M).NS = c.Old.NS
						return
					}
				}
			}
		}},
		{name: "locks the root of a namespace", do: func(x *faulty) {
			if x.right() && x.is(model.OpUnshare) {
				if _, root, _ := x.space(); root != 0 {
					x.edit().Mount(root).Flags |= model.Locked
				}
			}
		}},
		{name: "forgets to lock at unshare", do: func(x *faulty) {
			if x.right() && x.is(model.OpUnshare, model.OpClone, model.OpClone3) {
				if ns, root, _ := x.space(); root != 0 && x.s.Spaces[ns].Owner != x.before.Spaces[x.caller()].Owner {
					for _, m := range x.tree(root) {
						x.edit().Mount(m).Flags &^= model.Locked
					}
				}
			}
		}},
		{name: "a copy has no attribute locks", do: func(x *faulty) {
			if x.right() {
				for _, m := range x.fresh() {
					x.edit().Mount(m).Flags &^= model.AttributeLocks
				}
			}
		}},
		{name: "mount_setattr clears what is locked", do: func(x *faulty) {
			if !x.right() && x.is(model.OpMountSetattr, model.OpMount) && x.r.Errno == model.EPERM && x.err == nil {
				for i := range x.s.Mounts {
					if x.s.Mounts[i].ID != 0 {
						x.edit().Mount(model.MountIx(i)).Flags &^= model.AttributeLocks
					}
				}
				x.right()
				for i := range x.before.Mounts {
					if o := &x.before.Mounts[i]; o.ID != 0 && x.s.Mounts[i].UID == o.UID {
						x.edit().Mount(model.MountIx(i)).Flags |= o.Flags & model.AttributeLocks
					}
				}
			}
		}},
		{name: "remount drops the locks", do: func(x *faulty) {
			if x.right() && (x.is(model.OpMountSetattr) || x.is(model.OpMount) && x.call.Args[3].N&model.MS_REMOUNT != 0) {
				for _, c := range x.s.Journal() {
					if (c.Old.Flags^x.s.Mounts[c.M].Flags)&model.SettableFlags != 0 {
						x.edit().Mount(c.M).Flags &^= model.AttributeLocks
					}
				}
			}
		}},
		{name: "forgets a mount at propagation", do: func(x *faulty) {
			if x.right() && x.is(model.OpMount, model.OpMoveMount) {
				if all := x.tops(); len(all) > 1 {
					x.edit().Unmount(all[len(all)-1])
				}
			}
		}},
		{name: "propagates private copies", do: func(x *faulty) {
			if x.right() && x.is(model.OpMount, model.OpMoveMount) {
				if all := x.tops(); len(all) > 1 {
					x.edit().SetType(all[len(all)-1], model.MS_PRIVATE)
				}
			}
		}},
		{name: "propagates on top of what is there", do: func(x *faulty) {
			if !x.right() || !x.is(model.OpMount, model.OpMoveMount) {
				return
			}
			for _, m := range x.tops() {
				o := x.s.Overmount(m)
				if o == 0 || x.isNew(o) || !leaf(x.s, m) && x.s.Mounts[m].FirstChild != o {
					continue
				}
				r := x.s.Mounts[m]
				x.edit().Detach(o)
				x.edit().Detach(m)
				x.edit().Attach(o, r.Parent, r.MP)
				x.edit().Attach(m, o, x.s.Mounts[o].Root)
				return
			}
		}},
		{name: "propagates into detached trees", do: func(x *faulty) {
			if !x.right() || !x.isNewMount() {
				return
			}
			all := x.tops()
			if len(all) == 0 {
				return
			}
			p, d := x.s.Mounts[all[0]].Parent, x.s.Mounts[all[0]].MP
			for n := range x.s.Mounts {
				r := &x.s.Mounts[n]
				at := model.MountIx(n)
				if r.ID == 0 || r.NS <= 0 || !x.s.Spaces[r.NS].Anon || !x.s.Receives(at, p) || !x.s.Under(d, r.Root) || x.s.ChildAt(at, d) != 0 {
					continue
				}
				ns := r.NS
				c := x.edit().Clone(all[0])
				x.s.Spaces[x.s.Mounts[c].NS].Nr--
				x.s.Spaces[ns].Nr++
				x.edit().Mount(c).NS = ns
				x.edit().Attach(c, at, d)
				return
			}
		}},
		{name: "attaches the files of older namespaces", do: func(x *faulty) {
			const far = 1 << 30
			raised := x.is(model.OpMount, model.OpMoveMount)
			for i := range x.s.Spaces {
				if r := &x.s.Spaces[i]; raised && r.ID != 0 && model.NSIx(i) != x.caller() {
					r.ID += far
				}
			}
			x.right()
			for i := range x.before.Spaces {
				if r := &x.s.Spaces[i]; raised && r.ID > far {
					r.ID -= far
				}
			}
		}},
		{name: "copies mounts of namespaces' files", do: func(x *faulty) {
			var pins []model.DentryIx
			if x.is(model.OpUnshare, model.OpOpenTree, model.OpClone) {
				for m := range x.s.Mounts {
					if r := &x.s.Mounts[m]; r.ID != 0 && r.NS > 0 && x.s.Dentries[r.Root].Kind == model.MntNSFile {
						pins = append(pins, r.Root)
					}
				}
			}
			for _, d := range pins {
				x.s.Dentries[d].Kind = model.UserNSFile
			}
			x.right()
			for _, d := range pins {
				x.s.Dentries[d].Kind = model.MntNSFile
			}
		}},
		{name: "counts a mount twice", do: func(x *faulty) {
			if x.right() {
				for _, m := range x.tops() {
					x.s.Spaces[x.s.Mounts[m].NS].Nr++
					return
				}
			}
		}},
		{name: "rmdir removes a mountpoint", do: func(x *faulty) {
			if !x.right() && x.is(model.OpRmdir) && x.r.Errno == model.EBUSY {
				dir := x.call.Args[0].S
				for m := range x.s.Mounts {
					if r := &x.s.Mounts[m]; r.ID != 0 && r.NS == x.caller() && r.Parent != 0 && x.s.MountPath(model.MountIx(m)) == dir {
						x.s.Dentries[r.MP].Flags |= model.Unlinked
						x.r = model.Result{}
						return
					}
				}
			}
		}},
		{name: "a peer leaves the master of its group", do: func(x *faulty) {
			if x.right() {
				for _, m := range x.fresh() {
					if r := &x.s.Mounts[m]; r.Master != 0 && r.NextPeer != m && x.s.Mounts[r.NextPeer].Master == r.Master {
						x.leaveMaster(m)
						return
					}
				}
			}
		}},
		{name: "what is shared stays unbindable", do: func(x *faulty) {
			if x.right() && x.is(model.OpMount) && x.typeChange() == model.MS_SHARED {
				for _, c := range x.s.Journal() {
					if r := &x.s.Mounts[c.M]; r.ID != 0 && r.Flags&model.Shared != 0 && c.Old.Flags&model.Unbindable != 0 {
						x.edit().Mount(c.M).Flags |= model.Unbindable
					}
				}
			}
		}},
		{name: "removes a name that is a mountpoint elsewhere", do: func(x *faulty) {
			if !x.right() || !x.is(model.OpRmdir, model.OpUnlink, model.OpRename) {
				return
			}
			for m := range x.before.Mounts {
				was := &x.before.Mounts[m]
				if was.ID == 0 || was.NS <= 0 || was.Parent == 0 || x.s.Dentries[was.MP].Flags&model.Unlinked == 0 || x.s.Mounts[was.Parent].NS != was.NS {
					continue
				}
				c := x.edit().Clone(was.Parent)
				r := x.edit().Mount(c)
				r.UID, r.Root, r.Source, r.Flags = was.UID, was.Root, was.Source, was.Flags&model.SettableFlags
				x.edit().Attach(c, was.Parent, was.MP)
				return
			}
		}},
		{name: "copies in another order", do: func(x *faulty) {
			if x.right() {
				for _, m := range x.fresh() {
					if p := x.s.Mounts[m].Parent; p != 0 && x.isNew(p) {
						a, b := x.edit().Mount(m), x.edit().Mount(p)
						a.UID, b.UID = b.UID, a.UID
						return
					}
				}
			}
		}},
		{name: "an unmounted place shows what was covered", do: func(x *faulty) {
			if x.right() {
				x.edit().Uncover()
			}
		}},
	}
}
