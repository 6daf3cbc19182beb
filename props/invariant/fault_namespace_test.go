package invariant_test

import "mntcheck/model"

// openTreeWith is the call with another path and other flags.
func openTreeWith(c model.Call, dfd model.Arg, path string, flags int64) model.Call {
	c.Args[0], c.Args[1], c.Args[2] = dfd, model.Str(path), model.Num(flags)
	return c
}

// asksNamespace tells whether the call is open_tree with OPEN_TREE_NAMESPACE,
// and whether it is recursive.
func (x *faulty) asksNamespace() (yes, recursive bool) {
	f := x.call.Args[2].N
	return x.is(model.OpOpenTree) && f&model.OPEN_TREE_NAMESPACE != 0, f&model.AT_RECURSIVE != 0
}

// namespaceFaults break what OPEN_TREE_NAMESPACE promises.
func namespaceFaults() []fault {
	root := model.Num(model.AT_FDCWD)
	return []fault{
		{name: "OPEN_TREE_NAMESPACE copies the whole table", do: func(x *faulty) {
			yes, _ := x.asksNamespace()
			if !x.right() || !yes {
				return
			}
			ns, _, graft := x.space()
			top := x.s.Top(x.s.Spaces[x.caller()].Root)
			for c := x.before.Mounts[top].FirstChild; c != 0; c = x.before.Mounts[c].NextChild {
				n := x.edit().Clone(c)
				x.s.Spaces[x.caller()].Nr--
				x.s.Spaces[ns].Nr++
				x.edit().Mount(n).NS = ns
				x.edit().Attach(n, x.s.Top(graft), x.s.Mounts[x.s.Top(graft)].Root)
				x.edit().AddWork(model.Work{Visited: len(x.s.Mounts)})
			}
		}},
		{name: "OPEN_TREE_NAMESPACE ignores AT_RECURSIVE", do: func(x *faulty) {
			if yes, recursive := x.asksNamespace(); yes && recursive {
				x.make(openTreeWith(*x.call, x.call.Args[0], x.call.Args[1].S, x.call.Args[2].N&^model.AT_RECURSIVE))
				return
			}
			x.right()
		}},
		{name: "OPEN_TREE_NAMESPACE takes AT_RECURSIVE for granted", do: func(x *faulty) {
			if yes, _ := x.asksNamespace(); yes {
				x.make(openTreeWith(*x.call, x.call.Args[0], x.call.Args[1].S, x.call.Args[2].N|model.AT_RECURSIVE))
				return
			}
			x.right()
		}},
		{name: "grafts the real root instead of the subtree", do: func(x *faulty) {
			if yes, _ := x.asksNamespace(); yes {
				x.make(openTreeWith(*x.call, root, "/", x.call.Args[2].N))
				return
			}
			x.right()
		}},
		{name: "grafts the root of the named mount", do: func(x *faulty) {
			if x.namespace() {
				if _, _, g := x.space(); g != 0 {
					x.edit().Mount(g).Root = x.s.SBs[x.s.SBOf(g)].Root
				}
			}
		}},
		{name: "roots the namespace in a copy of the topmost mount", do: func(x *faulty) {
			yes, _ := x.asksNamespace()
			if !yes {
				x.right()
				return
			}
			ns := x.caller()
			bottom := x.s.Spaces[ns].Root
			if o := x.s.Overmount(bottom); o != 0 {
				x.s.Spaces[ns].Root = o
			}
			x.right()
			x.s.Spaces[ns].Root = bottom
		}},
		{name: "shares instead of slaving the copy for a foreign user namespace", do: func(x *faulty) {
			if !x.namespace() || !x.foreign() {
				return
			}
			_, root, _ := x.space()
			for _, m := range x.tree(root) {
				if p := x.s.Mounts[m].Master; p != 0 && x.s.Mounts[m].Group == 0 {
					x.leaveMaster(m)
					x.joinRing(m, p)
				}
			}
		}},
		{name: "forgets to lock", do: func(x *faulty) {
			if x.namespace() && x.foreign() {
				_, root, _ := x.space()
				for _, m := range x.tree(root) {
					x.edit().Mount(m).Flags &^= model.Locked | model.AttributeLocks
				}
			}
		}},
		{name: "copies an unbindable mount", do: func(x *faulty) {
			yes, _ := x.asksNamespace()
			var all []model.MountIx
			for m := range x.s.Mounts {
				if r := &x.s.Mounts[m]; yes && r.ID != 0 && r.Flags&model.Unbindable != 0 {
					all = append(all, model.MountIx(m))
					r.Flags &^= model.Unbindable
				}
			}
			x.right()
			for _, m := range all {
				x.s.Mounts[m].Flags |= model.Unbindable
			}
		}},
		{name: "a copy becomes unbindable", do: func(x *faulty) {
			if x.namespace() && !x.foreign() {
				if _, _, g := x.space(); g != 0 && x.s.Mounts[g].Group == 0 {
					x.edit().Mount(g).Flags |= model.Unbindable
				}
			}
		}},
		{name: "leaves out what covers", do: func(x *faulty) {
			if x.namespace() {
				if _, _, g := x.space(); g != 0 {
					if c := x.s.Mounts[g].FirstChild; c != 0 {
						x.edit().Unmount(c)
					}
				}
			}
		}},
		{name: "leaves out what is LOCKED", do: func(x *faulty) {
			if x.namespace() {
				_, root, g := x.space()
				for _, m := range x.tree(root) {
					if m != root && m != g && x.s.Mounts[m].Flags&model.Locked != 0 {
						x.edit().Unmount(m)
						return
					}
				}
			}
		}},
		{name: "a copy loses its source", do: func(x *faulty) {
			if x.namespace() {
				if _, root, graft := x.space(); graft != 0 {
					x.edit().Mount(graft).Source = x.s.Mounts[root].Source
				}
			}
		}},
		{name: "puts the children in another order", do: func(x *faulty) {
			if x.namespace() {
				_, root, _ := x.space()
				for _, m := range x.tree(root) {
					if r := x.s.Mounts[m]; r.FirstChild != r.LastChild {
						c := x.s.Mounts[r.FirstChild]
						x.edit().Detach(r.FirstChild)
						x.edit().Attach(r.FirstChild, m, c.MP)
						return
					}
				}
			}
		}},
		{name: "a copy loses its flags", do: func(x *faulty) {
			if x.namespace() {
				_, root, _ := x.space()
				for _, m := range x.tree(root) {
					x.edit().Mount(m).Flags &^= model.NoDev | model.NoSuid | model.NoExec | model.ReadOnly | model.LockNoDev | model.LockNoExec | model.LockReadOnly | model.LockNoSuid
				}
			}
		}},
		{name: "the graft is LOCKED as what it copies", do: func(x *faulty) {
			if !x.namespace() {
				return
			}
			if _, _, g := x.space(); g != 0 && x.call.Args[0].N == model.AT_FDCWD {
				if at, ok := x.target(1, model.ResolveFollow); ok {
					f := x.edit().Mount(g)
					f.Flags = f.Flags&^model.Locked | x.before.Mounts[at.M].Flags&model.Locked
				}
			}
		}},
		{name: "forgets that the root stack is LOCKED", do: func(x *faulty) {
			if x.namespace() && !x.foreign() {
				if _, _, g := x.space(); g != 0 {
					x.edit().Mount(g).Flags &^= model.Locked
				}
			}
		}},
		{name: "puts the copy in front of its original in the ring", do: func(x *faulty) {
			if x.namespace() && !x.foreign() {
				_, root, _ := x.space()
				for _, m := range x.tree(root) {
					if r := x.s.Mounts[m]; r.NextPeer != m && r.NextPeer != r.PrevPeer {
						before := x.s.Mounts[r.PrevPeer].PrevPeer
						x.leaveRing(m)
						x.joinRing(m, before)
						return
					}
				}
			}
		}},
		{name: "makes the source private", do: func(x *faulty) {
			if x.namespace() {
				for _, m := range x.fresh() {
					if p := x.s.Mounts[m].PrevPeer; p != m && !x.isNew(p) {
						x.edit().SetType(p, model.MS_PRIVATE)
						return
					}
				}
			}
		}},
		{name: "gives shared copies a group of their own", do: func(x *faulty) {
			if x.namespace() {
				for _, m := range x.fresh() {
					if r := x.s.Mounts[m]; r.Group != 0 && r.Master == 0 {
						x.edit().SetType(m, model.MS_PRIVATE)
						x.edit().SetType(m, model.MS_SHARED)
					}
				}
			}
		}},
		{name: "propagates the graft", do: func(x *faulty) {
			if x.namespace() {
				if _, _, g := x.space(); g != 0 {
					ns := x.caller()
					top := x.s.Top(x.s.Spaces[ns].Root)
					own := x.s.Mounts[g].NS
					c := x.edit().Clone(g)
					x.s.Spaces[own].Nr--
					x.s.Spaces[ns].Nr++
					x.edit().Mount(c).NS = ns
					x.edit().Attach(c, top, x.s.Mounts[top].Root)
				}
			}
		}},
		{name: "takes the mount instead of a copy", do: func(x *faulty) {
			if x.namespace() {
				ns, root, g := x.space()
				at, ok := x.target(1, model.ResolveFollow)
				if !ok || g == 0 || x.call.Args[0].N != model.AT_FDCWD || !leaf(x.s, at.M) || x.s.Mounts[at.M].Parent == 0 || x.s.Mounts[at.M].NS != x.caller() {
					return
				}
				x.edit().Unmount(g)
				x.edit().Detach(at.M)
				x.s.Spaces[x.caller()].Nr--
				x.s.Spaces[ns].Nr++
				x.edit().Mount(at.M).NS = ns
				x.edit().Attach(at.M, root, x.s.Mounts[root].Root)
			}
		}},
		{name: "the new namespace belongs to the owner of the caller's", do: func(x *faulty) {
			if x.namespace() {
				ns, _, _ := x.space()
				x.s.Spaces[ns].Owner = x.s.Spaces[x.caller()].Owner
			}
		}},
		{name: "walks the whole table", do: func(x *faulty) {
			if x.namespace() {
				x.edit().AddWork(model.Work{Visited: 4 * len(x.s.Mounts)})
			}
		}},
		{name: "copies the whole table and drops what it does not need", do: func(x *faulty) {
			if x.namespace() {
				x.edit().AddWork(model.Work{Copied: int(x.s.Spaces[x.caller()].Nr), Destroyed: int(x.s.Spaces[x.caller()].Nr)})
			}
		}},
		{name: "the namespace refers to itself", do: func(x *faulty) {
			if x.namespace() {
				ns, _, _ := x.space()
				x.s.Spaces[ns].Refs++
			}
		}},
		{name: "an old namespace gets the largest id", do: func(x *faulty) {
			if x.namespace() {
				ns, _, _ := x.space()
				x.s.Spaces[ns].ID = 0x7f
				x.s.Spaces[x.caller()].ID = 1 << 20
			}
		}},
	}
}
