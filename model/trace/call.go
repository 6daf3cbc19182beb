package trace

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"mntcheck/model"
)

// ParseCall reads one call in strace's syntax, without actor and result:
//
//	open_tree(AT_FDCWD, "/a", OPEN_TREE_CLONE|AT_RECURSIVE)
//
// Where a descriptor, an actor or userns_fd is wanted, $3 is the result of the
// third call of a program; the Arg counts from 0. An error is an *Error with
// the column.
func ParseCall(text string) (model.Call, error) {
	s := &scanner{text: text, before: MaxSteps}
	s.skipBlank()
	call, err := s.call()
	if err != nil {
		return model.Call{}, err
	}
	s.skipBlank()
	if s.pos < len(s.text) {
		return model.Call{}, s.fail(s.pos, "want nothing behind the call, not %s", s.found())
	}
	return call, nil
}

func (s *scanner) call() (model.Call, error) {
	start := s.pos
	name := s.name()
	if name == "" {
		return model.Call{}, s.fail(start, `want a call such as umount2("/a", MNT_DETACH), not %s`, s.found())
	}
	op, ok := model.OpByName(name)
	if !ok {
		return model.Call{}, s.fail(start, "unknown call %q: %s", name, suggestCalls(name))
	}
	s.skipBlank()
	if !s.take('(') {
		return model.Call{}, s.fail(s.pos, `want "(" behind %s, not %s`, name, s.found())
	}
	call := model.Call{Op: op}
	if err := s.args(&call, op.Signature()); err != nil {
		return model.Call{}, err
	}
	return call, nil
}

// args reads the arguments that sig asks for, and the closing parenthesis.
func (s *scanner) args(call *model.Call, sig *model.Signature) error {
	for i := range sig.Params {
		s.skipBlank()
		if s.next() == ')' {
			return s.fail(s.pos, "%s, not %d", arity(sig), i)
		}
		if i > 0 && !s.take(',') {
			return s.fail(s.pos, `want "," behind argument %d of %s, not %s`, i, sig.Name, s.found())
		}
		s.skipBlank()
		arg, err := s.arg(call, &sig.Params[i])
		if err != nil {
			return within(err, "argument %d of %s, %s", i+1, sig.Name, sig.Params[i].Name)
		}
		call.Args[i] = arg
	}
	s.skipBlank()
	if !s.take(')') {
		return s.fail(s.pos, `%s: want ")", not %s`, arity(sig), s.found())
	}
	return nil
}

// arity says which arguments a call takes.
func arity(sig *model.Signature) string {
	names := make([]string, len(sig.Params))
	for i, p := range sig.Params {
		names[i] = p.Name
	}
	switch len(names) {
	case 0:
		return sig.Name + " takes no arguments"
	case 1:
		return fmt.Sprintf("%s takes 1 argument (%s)", sig.Name, names[0])
	default:
		return fmt.Sprintf("%s takes %d arguments (%s)", sig.Name, len(names), strings.Join(names, ", "))
	}
}

func (s *scanner) arg(call *model.Call, p *model.Param) (model.Arg, error) {
	switch p.Kind {
	case model.PathParam, model.StringParam:
		return s.stringArg()
	case model.FlagsParam:
		v, err := s.flags(p.Flags)
		return model.Num(int64(v)), err
	case model.DirFDParam:
		if s.keyword("AT_FDCWD") {
			return model.Num(model.AT_FDCWD), nil
		}
		return s.handle("AT_FDCWD, a descriptor's number, or a step's result such as $1")
	case model.FDParam:
		return s.handle(wantFD)
	case model.ActorParam:
		return s.handle("an actor's number, or a step's result such as $1")
	case model.AttrParam:
		return s.attrArg(&call.Attr)
	default:
		n, err := s.number("a number")
		return model.Num(n), err
	}
}

func (s *scanner) stringArg() (model.Arg, error) {
	if s.keyword("NULL") {
		return model.NULL(), nil
	}
	if s.next() != '"' {
		return model.Arg{}, s.fail(s.pos, `want a string in double quotes or NULL, not %s`, s.found())
	}
	value, err := s.quoted()
	return model.Str(value), err
}

const wantFD = "a descriptor's number, or a step's result such as $1"

// handle reads a descriptor or an actor, each an int to the kernel, or the
// reference to a step's result that stands for one.
func (s *scanner) handle(want string) (model.Arg, error) {
	if s.next() == '$' {
		return s.reference()
	}
	start := s.pos
	n, err := s.number(want)
	if err == nil && (n < math.MinInt32 || n > math.MaxInt32) {
		err = s.fail(start, "%d does not fit in an int: want %s", n, want)
	}
	return model.Num(n), err
}

// reference reads $N. It has to be a step that has been made when this one is.
func (s *scanner) reference() (model.Arg, error) {
	start := s.pos
	s.pos++
	step, err := s.number("the number of a step behind $, counted from 1")
	switch {
	case err != nil:
		return model.Arg{}, err
	case step < 1:
		return model.Arg{}, s.fail(start, "$%d is no step's result: steps are counted from 1", step)
	case step > int64(s.before):
		return model.Arg{}, s.fail(start, "$%d is no earlier step's result: there are %d steps before this one", step, s.before)
	}
	return model.Ref(int(step) - 1), nil
}

// flags reads a set of flags: names and numbers in any order. The set knows its
// names; what it does not know is a number below zero, which C programmers write
// for all bits at once.
func (s *scanner) flags(set *model.FlagSet) (uint64, error) {
	start := s.pos
	end := start + strings.IndexAny(s.rest()+")", `,(){}="$`)
	if i := strings.Index(s.text[start:end], "/*"); i >= 0 {
		end = start + i
	}
	text := strings.TrimRight(s.text[start:end], " \t\r")
	if text == "" {
		return 0, s.fail(start, "want flags joined by '|' or a number, not %s", s.found())
	}
	if text[0] == '-' {
		n, err := s.number("flags joined by '|' or a number")
		return uint64(n), err
	}
	v, err := set.Parse(text)
	if unknown := (*model.FlagError)(nil); errors.As(err, &unknown) {
		word := strings.TrimLeft(text[unknown.Offset:], " \t\r")
		return 0, s.fail(start+len(text)-len(word), "%v", unknown)
	}
	s.pos = start + len(text)
	return v, err
}

// attrArg reads struct mount_attr. A field that is left out is zero, as it is in
// a C initializer.
func (s *scanner) attrArg(attr *model.MountAttr) (model.Arg, error) {
	if s.keyword("NULL") {
		return model.NULL(), nil
	}
	if !s.take('{') {
		return model.Arg{}, s.fail(s.pos, "want {attr_set=…, attr_clr=…, propagation=…, userns_fd=…} or NULL, not %s", s.found())
	}
	seen := make([]string, 0, 4)
	for s.skipBlank(); !s.take('}'); s.skipBlank() {
		if len(seen) > 0 {
			if !s.take(',') {
				return model.Arg{}, s.fail(s.pos, `want "," or "}" behind %s, not %s`, seen[len(seen)-1], s.found())
			}
			s.skipBlank()
		}
		start := s.pos
		field := s.name()
		for _, other := range seen {
			if field == other {
				return model.Arg{}, s.fail(start, "field %s is given twice", field)
			}
		}
		if err := s.attrField(attr, field, start); err != nil {
			return model.Arg{}, err
		}
		seen = append(seen, field)
	}
	return model.Arg{Kind: model.Attr}, nil
}

// attrField reads "=" and the value of a field whose name has been read.
func (s *scanner) attrField(attr *model.MountAttr, field string, start int) error {
	var bits *uint64
	set := model.MountAttrFlags()
	switch field {
	case "attr_set":
		bits = &attr.Set
	case "attr_clr":
		bits = &attr.Clr
	case "propagation":
		bits, set = &attr.Propagation, model.PropagationFlags()
	case "userns_fd":
	default:
		s.pos = start
		return s.fail(start, "want a field attr_set, attr_clr, propagation or userns_fd, not %s", s.found())
	}
	s.skipBlank()
	if !s.take('=') {
		return s.fail(s.pos, `want "=" behind %s, not %s`, field, s.found())
	}
	s.skipBlank()
	var err error
	switch {
	case bits != nil:
		*bits, err = s.flags(set)
	case s.next() == '$':
		attr.UserNSFD, err = s.reference()
	default:
		// A descriptor, but 64 bits wide: one too large for an int can be said.
		attr.UserNSFD.N, err = s.number(wantFD)
	}
	if err != nil {
		return within(err, "%s", field)
	}
	return nil
}
