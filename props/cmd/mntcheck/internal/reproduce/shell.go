package reproduce

import (
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"
	"text/template"

	"mntcheck/model"
	"mntcheck/model/trace"
)

//go:embed shell.tmpl
var shellText string

// shellWriter writes a shell script.
type shellWriter struct {
	*story
	calls  strings.Builder
	tools  map[string]bool // the commands that the calls use
	stages int             // parts of the script behind an unshare, each a new shell
}

// Shell writes a shell script of util-linux commands that make the calls of a trace
// or program, says where one that was recorded to succeed fails, or the other
// way round, and exits 1 then. A call that no command makes is a *trace.Error, and
// so is one that would not do in a script what it does in the trace.
func Shell(t *trace.Trace) ([]byte, error) {
	s, err := read(t)
	if err != nil {
		return nil, err
	}
	w := &shellWriter{story: s, tools: map[string]bool{"mkdir": true, "umount": true, "mount": true, "pivot_root": true}}
	for i := range t.Steps {
		if err := w.step(&t.Steps[i]); err != nil {
			return nil, err
		}
	}
	tmpl, err := template.New("shell").Parse(shellText)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	err = tmpl.Execute(&text, w.data())
	return []byte(text.String()), err
}

// step writes the check of one call: a word that says what was recorded, and the
// command.
func (w *shellWriter) step(step *trace.Step) error {
	w.calls.WriteString(comment("# ", remarks(step)))
	if step.Actor != 1 || step.Call.Op == model.OpFork {
		return w.refuse(step, "is of several actors, and a shell script is one process")
	}
	if step.Call.Op == model.OpUnshare {
		return w.unshare(step)
	}
	command, err := w.command(step)
	if err != nil {
		return err
	}
	word, note := "ok", ""
	switch {
	case !step.Answered:
		word = "try"
	case step.Result.Errno != 0:
		word, note = "fails", "  # "+step.Result.Errno.Error()
	}
	fmt.Fprintf(&w.calls, "%s %s%s\n", word, command, note)
	return nil
}

// refuse is the error about a call that a script cannot make.
func (w *shellWriter) refuse(step *trace.Step, format string, args ...any) error {
	return fail(w.Trace, step, "%s: not in a shell script; --go writes a program that makes it",
		step.Call.Op.String()+" "+fmt.Sprintf(format, args...))
}

// unshare ends the part of the script that runs in one mount namespace.
func (w *shellWriter) unshare(step *trace.Step) error {
	flags := step.Call.Args[0].N
	switch {
	case flags&model.CLONE_NEWUSER != 0:
		return w.refuse(step, "makes a user namespace, whose identity map unshare(1) cannot write without /proc")
	case flags&^model.CLONE_FS != model.CLONE_NEWNS:
		return w.refuse(step, "is made by unshare(1) with the flag CLONE_NEWNS only")
	case step.Answered && step.Result.Errno != 0:
		return w.refuse(step, "is recorded to fail, and unshare(1) is for what succeeds")
	}
	w.stages++
	fmt.Fprintf(&w.calls, "unshare_and_go_on %d\n;;\n%d)\necho 'unshare -m: ok'\n", w.stages, w.stages)
	return nil
}

// command is the command that makes a call.
func (w *shellWriter) command(step *trace.Step) (string, error) {
	c := &step.Call
	switch c.Op {
	case model.OpMount:
		return w.mount(step)
	case model.OpUmount2:
		return w.umount(step)
	case model.OpMkdir:
		return w.simple(step, "mkdir -m "+fmt.Sprintf("%04o", c.Args[1].N), 0)
	case model.OpRmdir:
		return w.simple(step, "rmdir", 0)
	case model.OpUnlink:
		return w.simple(step, "unlink", 0)
	case model.OpPivotRoot:
		return w.simple(step, "pivot_root", 0, 1)
	case model.OpMknod:
		if c.Args[1].N&^0o777 != model.S_IFREG || c.Args[2].N != 0 {
			return "", w.refuse(step, "of another file than a regular one")
		}
		return w.simple(step, "create", 0)
	case model.OpSymlink:
		if c.Args[0].Kind != model.String {
			return "", w.refuse(step, "without a target")
		}
		return w.simple(step, "ln -sT -- "+shellQuote(c.Args[0].S), 1)
	case model.OpRename:
		if step.Result.Errno != 0 || c.Args[0].S == c.Args[1].S {
			return "", w.refuse(step, "is done by mv(1), which does more than the call where that fails")
		}
		return w.simple(step, "mv -fT --", 0, 1)
	case model.OpChdir:
		if step.Result.Errno == 0 && !(c.Args[0].Kind == model.String && path.Clean("/"+c.Args[0].S) == "/") {
			return "", w.refuse(step, "would move the shell, which stays where it has its commands")
		}
		return w.simple(step, "chdir", 0)
	case model.OpChroot:
		if step.Result.Errno == 0 {
			return "", w.refuse(step, "would move a command's root, but not that of the shell")
		}
		return w.simple(step, "chroots", 0)
	}
	return "", w.refuse(step, "is made by no command of util-linux")
}

// simple is a command whose last words are paths: those of the call's arguments
// args.
func (w *shellWriter) simple(step *trace.Step, command string, args ...int) (string, error) {
	name, _, _ := strings.Cut(command, " ")
	w.tools[name] = true
	for _, i := range args {
		p, err := w.path(step, i)
		if err != nil {
			return "", err
		}
		command += " " + p
	}
	return command, nil
}

// path is a path as a word of the shell. The actor never leaves its root directory
// in a script, so a relative path begins there.
func (w *shellWriter) path(step *trace.Step, i int) (string, error) {
	a := step.Call.Args[i]
	p := a.S
	switch {
	case a.Kind != model.String:
		return "", w.refuse(step, "with NULL for a path")
	case p == "":
		return "", w.refuse(step, "with an empty path")
	case slices.Contains(strings.Split(p, "/"), "proc"):
		return "", w.refuse(step, "of a path with a folder proc, which the script needs for itself")
	}
	if p[0] != '/' {
		p = "/" + p
	}
	return shellQuote(p), nil
}

// shellQuote is a word of the shell that stands for s.
func shellQuote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./,:+@%", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// data is what the template is executed with.
func (w *shellWriter) data() any {
	var tools []string
	for _, name := range []string{"mount", "umount", "pivot_root", "mkdir", "rmdir", "unlink", "ln", "mv"} {
		if w.tools[name] {
			tools = append(tools, name)
		}
	}
	names := slices.Clone(tools)
	if w.tools["chroots"] {
		names = append(names, "chroot")
	}
	if w.stages > 0 {
		names = append(names, "unshare", "sh")
	}
	manner := "The machine's own mounts are out of reach: before its first mount it makes sure that it is in a mount " +
		"namespace of its own. Each of the calls is the command that makes it"
	if w.compares() {
		manner += ", behind ok or fails, which is what was recorded"
	}
	manner += "; a command tells that a call failed, but only in words why. Exit status: 0, "
	if w.compares() {
		manner += "or 1 if a call ended otherwise than recorded, which is marked, "
	}
	manner += "or 2 if the world of the calls could not be built."
	return struct {
		Title, Notes, Manner           string
		Calls, Ending                  string
		Tools                          []string // with a function of the same name
		Names                          string   // of all commands
		Create, Chdir, Chroot, Unshare bool
		Answered, Try                  bool
	}{
		comment("# ", wrap("This script makes the calls of "+w.origin()+"."+w.whose(), 76)), comment("# ", strings.TrimSpace(w.Comment)),
		comment("# ", wrap(manner, 80)),
		w.calls.String(), comment("#\t", w.ending()),
		tools, strings.Join(names, " "),
		w.tools["create"], w.tools["chdir"], w.tools["chroots"], w.stages > 0,
		w.compares(), !w.answered(),
	}
}
