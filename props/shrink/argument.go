package shrink

import (
	"math/bits"
	"strings"

	"mntcheck/model"
)

// arguments makes the arguments of each step plainer, by their kind in the
// signature table.
func (s *shrinker) arguments() {
	for i := 0; i < len(s.best) && !s.spent(); i++ {
		params := s.best[i].Call.Op.Signature().Params
		for j := range params {
			switch params[j].Kind {
			case model.FlagsParam:
				s.flags(i, j, params[j].Flags)
			case model.PathParam:
				s.path(i, j)
			case model.StringParam:
				s.firstOf(i, j, model.NULL(), model.Str(""), model.Str("none"))
			case model.DirFDParam:
				s.firstOf(i, j, model.Num(model.AT_FDCWD), model.Num(-1))
			case model.FDParam:
				s.firstOf(i, j, model.Num(-1))
			case model.NumberParam:
				s.firstOf(i, j, model.Num(0), model.Num(model.MOUNT_ATTR_SIZE_VER0), model.Num(1))
			case model.ActorParam:
				s.firstOf(i, j, model.Num(1))
			case model.AttrParam:
				s.attr(i, j)
			}
		}
	}
}

// with tries the program with a change to the call of step i.
func (s *shrinker) with(i int, change func(*model.Call)) bool {
	c := clone(s.best)
	change(&c[i].Call)
	return c[i].Call != s.best[i].Call && s.try(c)
}

// firstOf tries plainer values for argument j, the plainest first, up to the
// one that it has.
func (s *shrinker) firstOf(i, j int, plain ...model.Arg) {
	for _, p := range plain {
		if s.best[i].Call.Args[j] == p || s.with(i, func(c *model.Call) { c.Args[j] = p }) {
			return
		}
	}
}

// flags clears what can be cleared: all, then name by name, then bit by bit.
func (s *shrinker) flags(i, j int, set *model.FlagSet) {
	get := func(c *model.Call) uint64 { return uint64(c.Args[j].N) }
	s.bits(i, set, get, func(c *model.Call, v uint64) { c.Args[j] = model.Num(int64(v)) })
}

func (s *shrinker) bits(i int, set *model.FlagSet, get func(*model.Call) uint64, put func(*model.Call, uint64)) {
	now := func() uint64 { return get(&s.best[i].Call) }
	without := func(mask uint64) bool {
		return now()&mask != 0 && s.with(i, func(c *model.Call) { put(c, now()&^mask) })
	}
	if without(^uint64(0)) {
		return
	}
	if set.Enum {
		for _, n := range set.Names {
			if n.Bits >= now() || s.with(i, func(c *model.Call) { put(c, n.Bits) }) {
				return
			}
		}
		return
	}
	known := uint64(0)
	for _, n := range set.Names {
		known |= n.Bits
	}
	if without(^known) && now() == 0 {
		return
	}
	for _, n := range set.Names {
		if now()&n.Bits == n.Bits {
			without(n.Bits)
		}
	}
	for v := now(); v != 0; v &= v - 1 {
		without(1 << bits.TrailingZeros64(v))
	}
}

// path tries shorter paths: the root, one component less, plainer names.
func (s *shrinker) path(i, j int) {
	for again := true; again && !s.spent(); {
		a := s.best[i].Call.Args[j]
		if a.Kind != model.String || a.S == "" || a.S == "/" {
			return
		}
		again = false
		for _, p := range shorter(a.S) {
			if s.with(i, func(c *model.Call) { c.Args[j] = model.Str(p) }) {
				again = true
				break
			}
		}
	}
	s.rename(i, j)
}

// shorter lists the paths that are p with less in it.
func shorter(p string) []string {
	all := []string{"/"}
	if p == "." {
		return all
	}
	parts := strings.Split(p, "/")
	for k := range parts {
		rest := make([]string, 0, len(parts))
		rest = append(append(rest, parts[:k]...), parts[k+1:]...)
		q := strings.Join(rest, "/")
		if q != "" && q != p && len(q) < len(p) {
			all = append(all, q)
		}
	}
	if len(parts) > 8 {
		all = append(all, strings.Join(parts[:len(parts)/2], "/"))
	}
	if len(p) > 300 {
		all = append(all, p[:len(p)/2], p[:len(p)-1])
	}
	return all
}

// rename tries the path's components with the first letters of the alphabet,
// in all steps at once: a name means the same wherever it occurs.
func (s *shrinker) rename(i, j int) {
	a := s.best[i].Call.Args[j]
	if a.Kind != model.String {
		return
	}
	for _, name := range strings.Split(a.S, "/") {
		if len(name) == 0 || name[0] == '.' || name == "proc" || len(name) == 1 && name[0] == 'a' {
			continue
		}
		for _, to := range []string{"a", "b", "c", "d"} {
			if to >= name && len(name) == 1 || s.spent() {
				break
			}
			if s.try(renamed(s.best, name, to)) {
				break
			}
		}
	}
}

func renamed(program []model.Step, from, to string) []model.Step {
	c := clone(program)
	for i := range c {
		for j, p := range c[i].Call.Op.Signature().Params {
			if a := &c[i].Call.Args[j]; p.Kind == model.PathParam && a.Kind == model.String {
				parts := strings.Split(a.S, "/")
				for k := range parts {
					if parts[k] == from {
						parts[k] = to
					}
				}
				a.S = strings.Join(parts, "/")
			}
		}
	}
	return c
}

// attr makes struct mount_attr plainer field by field.
func (s *shrinker) attr(i, j int) {
	if s.best[i].Call.Args[j].Kind != model.Attr {
		return
	}
	if s.with(i, func(c *model.Call) { c.Args[j], c.Attr = model.NULL(), model.MountAttr{} }) {
		return
	}
	attrs, types := model.MountAttrFlags(), model.PropagationFlags()
	s.bits(i, attrs, func(c *model.Call) uint64 { return c.Attr.Set }, func(c *model.Call, v uint64) { c.Attr.Set = v })
	s.bits(i, attrs, func(c *model.Call) uint64 { return c.Attr.Clr }, func(c *model.Call, v uint64) { c.Attr.Clr = v })
	s.bits(i, types, func(c *model.Call) uint64 { return c.Attr.Propagation }, func(c *model.Call, v uint64) { c.Attr.Propagation = v })
	if s.best[i].Call.Attr.UserNSFD != (model.Arg{}) {
		s.with(i, func(c *model.Call) { c.Attr.UserNSFD = model.Arg{} })
	}
}
