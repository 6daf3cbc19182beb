package live

import (
	"strconv"
	"strings"
)

// Before Linux 6.13, statmount(2) does not tell the source of a mount. It is in
// /proc/PID/mountinfo, which shows the mounts that can be reached from the root of a
// process. A source is that of the call that made the superblock's first mount,
// and copies of a mount have it as well: so where one mount of a superblock is
// seen, all are known; where none is, nobody ever saw one.

// nameSources gives the mounts of a snapshot their sources.
func (w *world) nameSources(s *snapshot) error {
	if w.tellsSource {
		return nil
	}
	if w.sources == nil {
		w.sources = map[uint64]string{}
	}
	for _, p := range s.places {
		if err := w.readSources(s, p); err != nil {
			return err
		}
	}
	bySuperblock := map[device]string{}
	for i := range s.spaces {
		for j := range s.spaces[i].mounts {
			m := &s.spaces[i].mounts[j]
			if source, ok := w.sources[m.id]; ok {
				m.source, m.hasSource = source, true
				bySuperblock[m.device] = source
			}
		}
	}
	for i := range s.spaces {
		for j := range s.spaces[i].mounts {
			m := &s.spaces[i].mounts[j]
			if m.hasSource {
				continue
			}
			m.source = w.guessSource(m, bySuperblock)
		}
	}
	return nil
}

// guessSource is the source of a mount that no actor sees.
func (w *world) guessSource(m *mount, bySuperblock map[device]string) string {
	if source, ok := bySuperblock[m.device]; ok {
		return source
	}
	switch m.fstype {
	case "nsfs", "rootfs", "nullfs":
		return m.fstype
	}
	return "none"
}

// readSources reads the mountinfo of an actor.
func (w *world) readSources(s *snapshot, p place) error {
	data, err := w.mountinfo(w.actors[p.actor-1])
	if err != nil {
		return err
	}
	sources := map[uint32]string{}
	for line := range strings.Lines(string(data)) {
		id, _, _ := strings.Cut(line, " ")
		_, rest, ok := strings.Cut(line, " - ")
		fields := strings.SplitN(rest, " ", 3)
		n, err := strconv.ParseUint(id, 10, 32)
		if ok && err == nil && len(fields) == 3 {
			sources[uint32(n)] = unescape(fields[1])
		}
	}
	for i := range s.spaces {
		if s.spaces[i].ino != p.ino {
			continue
		}
		for _, m := range s.spaces[i].mounts {
			if source, ok := sources[m.idOld]; ok {
				w.sources[m.id] = source
			}
		}
	}
	return nil
}

// unescape undoes escape.
func unescape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+3 < len(text) {
			if n, err := strconv.ParseUint(text[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
