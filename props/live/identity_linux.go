package live

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"mntcheck/model"
)

// nsGetUserNS asks for the user namespace that owns a namespace.
const nsGetUserNS = 0xb701

// identified is observe that also adds the identity of the view to a reply; one
// that is as the last one is sent as an empty one.
func (w *world) identified(r *reply) func(crossCheck bool) (model.View, error) {
	var last model.Identity
	if n := len(r.Identities); n > 0 {
		last = w.identity
	}
	return func(crossCheck bool) (model.View, error) {
		s, err := w.checkedLook(crossCheck)
		if err != nil {
			return model.View{}, err
		}
		written, err := s.render()
		if err != nil {
			return model.View{}, err
		}
		id, err := w.identify(written)
		if err != nil {
			return model.View{}, err
		}
		w.identity = id
		if sameIdentity(&last, &id) {
			id = model.Identity{}
		}
		r.Identities = append(r.Identities, id)
		return model.View{Mounts: string(written.out), Actors: written.actors()}, nil
	}
}

func sameIdentity(a, b *model.Identity) bool {
	return slices.Equal(a.Mounts, b.Mounts) && slices.Equal(a.Spaces, b.Spaces) && slices.Equal(a.Users, b.Users)
}

// identify finds the kernel's numbers of what a view shows.
func (w *world) identify(r *renderer) (id model.Identity, err error) {
	for _, m := range r.order {
		one := model.MountIdentity{
			ID: m.id, Device: uint64(m.device.Major)<<32 | uint64(m.device.Minor), Group: m.group, Master: m.master,
		}
		one.File, _ = bracketed(m.root, "user:[")
		id.Mounts = append(id.Mounts, one)
	}
	for _, p := range r.places {
		text, err := w.readlink(w.actors[p.actor-1], "ns/user")
		if err != nil {
			return id, err
		}
		user, ok := bracketed(text, "user:[")
		if !ok {
			return id, fmt.Errorf("actor %d is in user namespace %q", p.actor, text)
		}
		id.Users = append(id.Users, user)
	}
	for i := range r.spaces {
		one, err := w.spaceIdentity(r, &r.spaces[i])
		if err != nil {
			return id, err
		}
		id.Spaces = append(id.Spaces, one)
	}
	return id, nil
}

// spaceIdentity finds the id and the owner of a mount namespace. Its owner is
// asked for once, when the namespace is first seen and somebody is in it or holds
// it; 0 stands for one that nobody could be asked about.
func (w *world) spaceIdentity(r *renderer, t *table) (one model.SpaceIdentity, err error) {
	i := slices.IndexFunc(w.spaces, func(x space) bool { return !x.gone && x.ino == t.ino })
	if i < 0 {
		return one, errors.New("a mount namespace is listed that nobody has noted")
	}
	one.ID = w.spaces[i].id
	if owner, ok := w.owners[one.ID]; ok {
		one.Owner = owner
		return one, nil
	}
	for _, p := range r.places {
		if p.ino == t.ino && one.Owner == 0 {
			one.Owner, err = w.ownerOf(w.actors[p.actor-1].file("ns/mnt"))
		}
	}
	for _, h := range t.fds {
		if one.Owner == 0 && err == nil {
			one.Owner, err = w.ownerOf(w.actors[h.actor-1].file("fd/" + strconv.Itoa(h.fd)))
		}
	}
	if one.Owner != 0 {
		if w.owners == nil {
			w.owners = map[uint64]uint64{}
		}
		w.owners[one.ID] = one.Owner
	}
	return one, err
}

// ownerOf is the number of the user namespace that owns the namespace behind a
// file in /proc.
func (w *world) ownerOf(name string) (uint64, error) {
	fd, err := unix.Openat(w.proc, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("opening a mount namespace: %w", err)
	}
	defer unix.Close(fd)
	user, err := unix.IoctlRetInt(fd, nsGetUserNS)
	if err != nil {
		return 0, fmt.Errorf("the owner of a mount namespace: %w", err)
	}
	defer unix.Close(user)
	var st unix.Stat_t
	if err := unix.Fstat(user, &st); err != nil {
		return 0, err
	}
	return st.Ino, nil
}
