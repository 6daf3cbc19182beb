package reproduce

import (
	_ "embed"
	"fmt"
	"go/format"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"mntcheck/model"
	"mntcheck/model/trace"
)

//go:embed golang.tmpl
var goText string

// goWriter writes a Go program.
type goWriter struct {
	*story
	calls   strings.Builder
	defined map[string]uint64 // constants of the program itself, by name
	needs   goNeeds
}

// goNeeds are the parts of the template that a program needs.
type goNeeds struct {
	Processes bool // actors are processes, not one thread
	Fork      bool
	Exit      bool
	Pid       bool // an argument is an actor's process id
	IDMaps    bool // user namespaces are made
	OneCPU    bool // mount namespaces are made
	Attr      bool // an argument is struct mount_attr
	CloneArgs bool // an argument is struct clone_args
	Supp      bool // EOPNOTSUPP is recorded
}

// Go writes a Go program that makes the calls of a trace or program, says where
// an answer is not the recorded one, and exits 1 then. The text is formatted as
// gofmt does. An error is a *trace.Error that names the call which cannot be made.
func Go(t *trace.Trace) ([]byte, error) {
	s, err := read(t)
	if err != nil {
		return nil, err
	}
	w := &goWriter{story: s, defined: map[string]uint64{}}
	w.needs.Processes = slices.ContainsFunc(t.Steps, needsProcess)
	for i := range t.Steps {
		if err := w.step(i); err != nil {
			return nil, err
		}
	}
	tmpl, err := template.New("go").Parse(goText)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	if err := tmpl.Execute(&text, w.data()); err != nil {
		return nil, err
	}
	return format.Source([]byte(text.String()))
}

// needsProcess tells whether a call has another effect, or another answer, in one
// thread of several than in a process of its own.
func needsProcess(step trace.Step) bool {
	bits := uint64(step.Call.Args[0].N)
	switch step.Call.Op {
	case model.OpFork, model.OpClone, model.OpClone3, model.OpExitGroup, model.OpPidfdOpen, model.OpIoctl:
		return true
	case model.OpUnshare:
		return bits&^(model.CLONE_NEWNS|model.CLONE_FS|model.CLONE_FILES|model.UNSHARE_EMPTY_MNTNS) != 0
	case model.OpSetns:
		return step.Call.Args[1].N != model.CLONE_NEWNS
	}
	return false
}

// makesMountNamespace tells whether a call would, were it to succeed.
func makesMountNamespace(c *model.Call) bool {
	switch c.Op {
	case model.OpUnshare:
		return c.Args[0].N&(model.CLONE_NEWNS|model.UNSHARE_EMPTY_MNTNS) != 0
	case model.OpClone, model.OpClone3:
		return c.Args[0].N&(model.CLONE_NEWNS|model.CLONE_EMPTY_MNTNS) != 0
	case model.OpOpenTree, model.OpOpenTreeAttr:
		return c.Args[2].N&model.OPEN_TREE_NAMESPACE != 0
	case model.OpFsmount:
		return c.Args[1].N&model.FSMOUNT_NAMESPACE != 0
	}
	return false
}

// step writes one call.
func (w *goWriter) step(i int) error {
	step := &w.Steps[i]
	if err := w.checkClone(step); err != nil {
		return err
	}
	w.needs.OneCPU = w.needs.OneCPU || makesMountNamespace(&step.Call)
	w.calls.WriteString(comment("// ", remarks(step)))
	op := step.Call.Op
	head := goString(step.Call.String())
	if w.needs.Processes {
		head = strconv.Itoa(step.Actor) + ", " + head
	}
	if op.Signature().Result == model.NoResult {
		w.needs.Exit = true
		fmt.Fprintf(&w.calls, "exit(%s, %s)\n", head, w.arg(step, 0))
		return nil
	}
	do := "do"
	if op.Signature().Result == model.ActorResult {
		do, w.needs.Fork = "fork", true
	}
	if w.referred[i] {
		do = fmt.Sprintf("r%d := %s", i+1, do)
	}
	fmt.Fprintf(&w.calls, "%s(%s, %s,\n%s)\n", do, head, w.recorded(step), w.systemCall(step))
	w.identityMap(i)
	return nil
}

// checkClone refuses a clone that main could not follow: a child in its memory,
// or one whose pid means something else to main.
func (w *goWriter) checkClone(step *trace.Step) error {
	bits := uint64(step.Call.Args[0].N)
	switch step.Call.Op {
	case model.OpClone, model.OpClone3:
		var known uint64
		for _, name := range step.Call.Op.Signature().Params[0].Flags.Names {
			known |= name.Bits
		}
		if unknown := bits &^ known; unknown != 0 {
			return fail(w.Trace, step, "%s with the flags %#x cannot be written as a program", step.Call.Op, unknown)
		}
	case model.OpUnshare:
	default:
		return nil
	}
	if bits&model.CLONE_NEWPID != 0 {
		return fail(w.Trace, step, "%s with CLONE_NEWPID cannot be written as a program: "+
			"the actors' process ids would not be those that the program knows", step.Call.Op)
	}
	return nil
}

// identityMap follows a call that makes a user namespace: traces start those with
// the identity map, installed before the next call.
func (w *goWriter) identityMap(i int) {
	step := &w.Steps[i]
	actor := step.Actor
	switch step.Call.Op {
	case model.OpClone, model.OpClone3:
		actor = w.children[i]
	case model.OpUnshare:
	default:
		return
	}
	if step.Call.Args[0].N&model.CLONE_NEWUSER == 0 || step.Answered && step.Result.Errno != 0 {
		return
	}
	w.needs.IDMaps = true
	fmt.Fprintf(&w.calls, "mapIDs(%d)\n", actor)
}

// recorded is the recorded answer as a Go expression, nil where there is none.
func (w *goWriter) recorded(step *trace.Step) string {
	switch {
	case !step.Answered:
		return "nil"
	case step.Result.Errno == 0:
		return strconv.FormatInt(step.Result.Value, 10)
	}
	name := step.Result.Errno.String()
	if _, named := model.ErrnoByName(name); !named {
		return fmt.Sprintf("unix.Errno(%d)", step.Result.Errno)
	}
	w.needs.Supp = w.needs.Supp || step.Result.Errno == model.EOPNOTSUPP
	return "unix." + name
}

// data is what the template is executed with.
func (w *goWriter) data() any {
	var defined []string
	for name, value := range w.defined {
		defined = append(defined, fmt.Sprintf("%s = %#x", name, value))
	}
	slices.Sort(defined)
	title := "This program makes the calls of " + w.origin() + "." + w.whose()
	manner := "The machine's own mounts are out of reach: before its first mount call it makes sure that it is in " +
		"a mount namespace of its own. It prints each call with its answer, and the mount table at the end. Exit status: 0, "
	if w.compares() {
		manner += "or 1 if a call was answered otherwise than recorded, which is marked, "
	}
	manner += "or 2 if the world of the calls could not be built."
	return struct {
		goNeeds
		Title, Notes, Manner, Calls, Ending string
		Defined                             []string
		Last                                int // the highest number of an actor
	}{w.needs, comment("// ", wrap(title, 76)), comment("// ", strings.TrimSpace(w.Comment)), comment("// ", wrap(manner, 76)),
		w.calls.String(), comment("//\t", w.ending()), defined, w.actors}
}
