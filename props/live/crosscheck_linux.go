package live

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// crossCheck compares what listmount(2) and statmount(2) told with what
// /proc/PID/mountinfo shows of the same mounts, for each actor: that it shows no
// mount that was not listed, and that each of its fields says the same. Mounts
// that cannot be reached from the actor's root are not in it.
func (w *world) crossCheck(s *snapshot) error {
	tables := map[uint64]map[string]*mount{}
	for i := range s.spaces {
		byID := map[string]*mount{}
		for j := range s.spaces[i].mounts {
			m := &s.spaces[i].mounts[j]
			byID[strconv.FormatUint(uint64(m.idOld), 10)] = m
		}
		tables[s.spaces[i].ino] = byID
	}
	for _, p := range s.places {
		if err := w.checkFiles(w.actors[p.actor-1]); err != nil {
			return err
		}
		data, err := w.mountinfo(w.actors[p.actor-1].process)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(data)) {
			line = strings.TrimSuffix(line, "\n")
			if problem := w.compareLine(strings.Split(line, " "), tables[p.ino]); problem != "" {
				return fmt.Errorf("listmount and statmount disagree with mountinfo of actor %d, which has %q: %s", p.actor, line, problem)
			}
		}
	}
	return nil
}

// mountinfo reads the table that a process can see. In some kernels (6.18.15, for
// one) that of a namespace with a single mount never ends: it is that mount's line
// over and over.
func (w *world) mountinfo(p *process) ([]byte, error) {
	fd, err := unix.Openat(w.proc, strconv.Itoa(p.pid)+"/mountinfo", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("mountinfo of process %d: %w", p.pid, err)
	}
	defer unix.Close(fd)
	const chunk = 16 << 10
	var data []byte
	for {
		data = slices.Grow(data, chunk)
		n, err := unix.Read(fd, data[len(data):len(data)+chunk])
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, fmt.Errorf("mountinfo of process %d: %w", p.pid, err)
		case n == 0:
			return data, nil
		}
		data = data[:len(data)+n]
		first, rest, _ := bytes.Cut(data, []byte("\n"))
		if second, _, ok := bytes.Cut(rest, []byte("\n")); ok && bytes.Equal(first, second) {
			return first, nil
		}
	}
}

// checkFiles compares what is known of an actor's descriptors with its table.
func (w *world) checkFiles(a *actor) error {
	files, err := w.readFiles(a)
	if err == nil && !slices.Equal(files, a.files.known) {
		err = fmt.Errorf("actor %d has descriptors %v of namespaces, and its calls made %v", a.number, files, a.files.known)
	}
	return err
}

// compareLine says what differs between a line of mountinfo and the mount.
func (w *world) compareLine(fields []string, byID map[string]*mount) string {
	m := byID[fields[0]]
	if m == nil {
		return "this mount was not listed"
	}
	tags, options := []string{}, []string{}
	rest := fields[6:]
	for i, f := range rest {
		if f == "-" {
			options = rest[i+1:]
			break
		}
		if !strings.HasPrefix(f, "propagate_from:") {
			tags = append(tags, f)
		}
	}
	sb := "rw"
	if m.readOnlySB {
		sb = "ro"
	}
	super, _, _ := strings.Cut(options[len(options)-1], ",")
	for _, c := range []struct{ what, have, want string }{
		{"parent", fields[1], strconv.FormatUint(uint64(m.parentOld), 10)},
		{"device", fields[2], fmt.Sprintf("%d:%d", m.device.Major, m.device.Minor)},
		{"root", fields[3], string(escape(nil, m.root, false))},
		{"options", fields[5], string(appendOptions(nil, m.attr))},
		{"tags", strings.Join(tags, " "), m.tags()},
		{"type", options[0], m.fstype},
		{"source", options[1], string(escape(nil, m.source, true))},
		{"superblock", super, sb},
	} {
		if c.have != c.want {
			return fmt.Sprintf("statmount has %s %q", c.what, c.want)
		}
	}
	return ""
}

// tags are the optional fields in the kernel's own numbers.
func (m *mount) tags() string {
	var all []string
	if m.group != 0 {
		all = append(all, "shared:"+strconv.FormatUint(m.group, 10))
	}
	if m.master != 0 {
		all = append(all, "master:"+strconv.FormatUint(m.master, 10))
	}
	const unbindable = 1 << 17
	if m.propagation&unbindable != 0 {
		all = append(all, "unbindable")
	}
	return strings.Join(all, " ")
}
