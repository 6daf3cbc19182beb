package explore

import (
	"slices"
	"strings"
)

// like makes the world a copy of a named one.
func (p *worldParser) like(rest string, column, at int) error {
	switch {
	case p.said["like"] > 0:
		return p.once("like", column)
	case p.late:
		return p.fail(column, "like comes too late: only comments and the line 'world' may be before it")
	case rest == "" || strings.ContainsAny(rest, " \t"):
		return p.fail(at, "want: like NAME")
	}
	p.said["like"], p.base = p.line, rest
	if err := p.likeItself(at); err != nil {
		return err
	}
	above := append(slices.Clone(p.above), p.base)
	if slices.Contains(p.above, p.base) {
		return p.fail(at, "worlds are like each other in a circle: %s", strings.Join(above, " is like "))
	}
	data, err := p.named(p.base)
	if err != nil {
		return p.fail(at, "%v", err)
	}
	base, err := parseWorld(p.base+worldEnding, data, p.named, above)
	if err != nil {
		return err
	}
	base.w.Name, base.w.Doc, base.w.States = p.w.Name, p.w.Doc, 0
	p.w, p.lists, p.text = base.w, base.lists, base.text
	return nil
}

// likeItself refuses a world that is like that of its own name.
func (p *worldParser) likeItself(at int) error {
	if p.said["like"] > 0 && p.base == p.w.Name {
		return p.fail(at, "the world %s cannot be like itself", p.w.Name)
	}
	return nil
}
