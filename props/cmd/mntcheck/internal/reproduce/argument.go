package reproduce

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"mntcheck/model"
	"mntcheck/model/trace"
)

// systemCall is the number of a call and its arguments, as Go expressions.
func (w *goWriter) systemCall(step *trace.Step) string {
	op := step.Call.Op
	f, ok := forms[op]
	if !ok {
		f.number = "unix.SYS_" + strings.ToUpper(op.String())
	}
	if name, own := strings.CutPrefix(f.number, "unix."); !own {
		w.defined[name] = notInSys[name]
	}
	args := make([]string, len(op.Signature().Params))
	for i := range args {
		args[i] = w.arg(step, i)
	}
	w.needs.CloneArgs = w.needs.CloneArgs || op == model.OpClone3
	if !ok {
		return strings.Join(append([]string{f.number}, args...), ", ")
	}
	words := strings.Fields(f.args)
	for i, word := range words {
		for n, arg := range args {
			word = strings.ReplaceAll(word, "$"+strconv.Itoa(n+1), arg)
		}
		words[i] = word
	}
	return strings.Join(append([]string{f.number}, words...), ", ")
}

// arg is an argument as a Go expression that the function do takes: a number, a
// string, a pointer to a structure, or nil.
func (w *goWriter) arg(step *trace.Step, i int) string {
	p, a := &step.Call.Op.Signature().Params[i], step.Call.Args[i]
	switch a.Kind {
	case model.Null:
		return "nil"
	case model.String:
		return goString(a.S)
	case model.ResultOf:
		return w.result(a, p.Kind == model.ActorParam)
	case model.Attr:
		return w.attr(&step.Call.Attr)
	}
	switch p.Kind {
	case model.FlagsParam:
		return w.flags(p.Flags, a.N)
	case model.DirFDParam:
		if a.N == model.AT_FDCWD {
			return "unix.AT_FDCWD"
		}
	case model.ActorParam:
		if a.N > 0 {
			w.needs.Pid = true
			return fmt.Sprintf("pid(%d)", a.N)
		}
	}
	return strconv.FormatInt(a.N, 10)
}

// result is the variable that holds the result of a step.
func (w *goWriter) result(a model.Arg, actor bool) string {
	name := "r" + strconv.FormatInt(a.N+1, 10)
	if w.Steps[a.N].Call.Op == model.OpExitGroup {
		name = "0" // it has no result
	}
	if actor {
		w.needs.Pid = true
		return "pid(" + name + ")"
	}
	return name
}

// flags is a set of flags by their names, of which the program defines those that
// golang.org/x/sys/unix lacks.
func (w *goWriter) flags(set *model.FlagSet, n int64) string {
	if n < 0 {
		return strconv.FormatInt(n, 10) // no Go constant of type int has this bit
	}
	words := strings.Split(set.Format(uint64(n)), "|")
	for i, word := range words {
		if word[0] >= '0' && word[0] <= '9' {
			if set.Octal && word != "0" {
				words[i] = "0o" + strings.TrimPrefix(word, "0")
			}
			continue
		}
		if value, own := notInSys[word]; own {
			w.defined[word] = value
			continue
		}
		words[i] = "unix." + word
		if other, ok := inSys[word]; ok {
			words[i] = other
		}
	}
	return strings.Join(words, "|")
}

// attr is a struct mount_attr; fields that are zero are left out.
func (w *goWriter) attr(a *model.MountAttr) string {
	w.needs.Attr = true
	var fields []string
	add := func(name, value string) {
		if value != "0" {
			fields = append(fields, name+": "+value)
		}
	}
	add("Attr_set", w.flags64(model.MountAttrFlags(), a.Set))
	add("Attr_clr", w.flags64(model.MountAttrFlags(), a.Clr))
	add("Propagation", w.flags64(model.PropagationFlags(), a.Propagation))
	switch fd := a.UserNSFD; {
	case fd.Kind == model.ResultOf:
		add("Userns_fd", "uint64("+w.result(fd, false)+")")
	case fd.N < 0:
		add("Userns_fd", fmt.Sprintf("%#x", uint64(fd.N)))
	default:
		add("Userns_fd", strconv.FormatInt(fd.N, 10))
	}
	return "&unix.MountAttr{" + strings.Join(fields, ", ") + "}"
}

// flags64 are flags in a field of 64 bits without a sign.
func (w *goWriter) flags64(set *model.FlagSet, v uint64) string {
	if v > math.MaxInt64 {
		return fmt.Sprintf("%#x", v)
	}
	return w.flags(set, int64(v))
}

// goString is a Go string, raw where that is the same text without escapes.
func goString(s string) string {
	if strconv.CanBackquote(s) && strings.ContainsAny(s, `"\`) {
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}
