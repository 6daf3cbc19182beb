package live

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"mntcheck/model"
)

// expiryMark is of a mount that umount2(MNT_EXPIRE) has marked, and that lies
// right on the root of a namespace. listmount(2) and statmount(2) use that mount
// when they are asked about the namespace from outside, which clears the mark; from
// inside they use the root directory of the process that asks.
type expiryMark struct {
	space uint64 // id of the namespace
	root  uint64 // unique id of the namespace's root
	mount uint64
	actor *actor // who set it
}

// afterRefusal looks at a call that failed.
func (w *world) afterRefusal(a *actor, c *model.Call, errno unix.Errno) error {
	if c.Op != model.OpUmount2 || errno != unix.EAGAIN || c.Args[1].N&model.MNT_EXPIRE == 0 {
		return nil
	}
	w.marked = true
	return w.noteMark(a, c)
}

// noteMark finds out which mount has been marked, and notes it if that is the
// one right on the root of the namespace. A mount that has another on it is in
// use, and is never marked: so where the path ends on such a one ("/" and "."
// do not follow what is mounted there, but umount2 does), it is not that one.
func (w *world) noteMark(a *actor, c *model.Call) error {
	named, err := w.namedMount(a, c)
	if err != nil {
		return err
	}
	on, err := w.list(a.process, 0, named)
	if err != nil {
		return err
	}
	if len(on) == 0 {
		if err := w.markAgain(a, c); err != nil {
			return err
		}
		return w.noteMarked(a, named)
	}
	for _, m := range on {
		above, err := w.list(a.process, 0, m)
		if err != nil {
			return err
		}
		if len(above) == 0 && len(on) == 1 {
			return w.noteMarked(a, m)
		}
	}
	return nil
}

// namedMount is the unique id of the mount that the path of a call ends on. That look
// clears its mark.
func (w *world) namedMount(a *actor, c *model.Call) (uint64, error) {
	a.begin()
	path, err := a.text(w.magicPath(c.Args[0].S))
	if err != nil {
		return 0, err
	}
	flags := uintptr(unix.AT_NO_AUTOMOUNT)
	if c.Args[1].N&model.UMOUNT_NOFOLLOW != 0 {
		flags |= unix.AT_SYMLINK_NOFOLLOW
	}
	st := a.addStatx(atFDCWD, path, flags)
	if err := a.run(w.deadline); err != nil {
		return 0, err
	}
	if _, errno := a.result(0); errno != 0 {
		return 0, fmt.Errorf("looking at a mount that was marked: %w", errno)
	}
	return st.Mnt_id, nil
}

// markAgain sets a mark that was cleared by looking.
func (w *world) markAgain(a *actor, c *model.Call) error {
	a.begin()
	path, err := a.text(w.magicPath(c.Args[0].S))
	if err != nil {
		return err
	}
	a.must(unix.SYS_UMOUNT2, path, uintptr(c.Args[1].N))
	if err := a.run(w.deadline); err != nil {
		return err
	}
	if _, errno := a.result(0); errno != unix.EAGAIN {
		return fmt.Errorf("marking a mount again: want EAGAIN, got %w", errno)
	}
	return nil
}

// noteMarked notes a mount that is marked, if it lies right on the root of the
// namespace.
func (w *world) noteMarked(a *actor, marked uint64) error {
	rows, err := w.stat(a.process, 0, []uint64{marked})
	if err != nil {
		return err
	}
	parent, err := w.stat(a.process, 0, []uint64{rows[0].parent})
	if err != nil {
		return err
	}
	if parent[0].parent != parent[0].id || rows[0].parent == marked {
		return nil
	}
	space, err := w.spaceIn(a)
	if err != nil {
		return err
	}
	m := expiryMark{space: space, root: parent[0].id, mount: marked, actor: a}
	w.marks = append(slices.DeleteFunc(w.marks, func(old expiryMark) bool { return old.space == space }), m)
	return nil
}

// spaceIn is the id of the mount namespace that an actor is in.
func (w *world) spaceIn(a *actor) (uint64, error) {
	text, err := w.readlink(a, "ns/mnt")
	if err != nil {
		return 0, err
	}
	ino, _ := bracketed(text, "mnt:[")
	for _, s := range w.spaces {
		if !s.gone && s.ino == ino {
			return s.id, nil
		}
	}
	return 0, fmt.Errorf("actor %d is in a namespace that nobody knows", a.number)
}

// tableMarked reads a namespace with a marked mount on its root by an actor that
// is in it. Where there is none, the mark matters no more: to unmount anything
// there one has to enter, which clears it.
func (w *world) tableMarked(s *snapshot, x *space, m expiryMark) ([]mount, error) {
	var inside []*actor
	for _, p := range s.places {
		if a := w.actors[p.actor-1]; p.ino == x.ino && a == m.actor {
			inside = append([]*actor{a}, inside...)
		} else if p.ino == x.ino {
			inside = append(inside, a)
		}
	}
	if len(inside) == 0 {
		w.marks = slices.DeleteFunc(w.marks, func(old expiryMark) bool { return old.space == x.id })
		return w.tableBy(w.self, x.id)
	}
	for _, a := range inside {
		rows, err := w.tableFromRoot(a.process, m.root, m.mount)
		if errors.Is(err, unix.EPERM) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return rows, w.findPoints(s, x, rows)
	}
	return nil, fmt.Errorf("a mount on the root of a namespace has been marked by umount2(MNT_EXPIRE), and nobody in it may look without clearing that: %w", errUnsupported)
}
