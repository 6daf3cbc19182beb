package model_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/model/trace"
)

var update = flag.Bool("update", false, "write the sentences in testdata/rules.txt anew")

const ruleFile = "testdata/rules.txt"

// unreachable are the rules that no state of the model lets decide, with the
// reason. They are kept where the kernel has the test and the specification
// states it.
var unreachable = map[string]string{
	"source-pseudo-file": "the files of filesystem contexts lie on a mount of the kernel's own, " +
		"which source-in-other-namespace refuses before",
}

// ruleCase is a section of the file.
type ruleCase struct {
	name     string // of the rule, and what else the header says
	line     int    // of the header in the file, from 1
	world    model.World
	settings []string // the lines that say which world
	body     []string // the program
	blank    int      // empty lines at the end
	sentence string
}

// rule is the name of the rule: the header's first word.
func (c *ruleCase) rule() string {
	word, _, _ := strings.Cut(c.name, " ")
	return strings.TrimSuffix(word, ",")
}

// TestRules runs a program for each rule, and holds that the rule decides, that
// nothing changes, and what a person is told.
func TestRules(t *testing.T) {
	intro, cases := readRuleCases(t)
	shown := map[string]bool{}
	for i := range cases {
		c := &cases[i]
		shown[c.rule()] = true
		t.Run(c.name, func(t *testing.T) { c.run(t) })
	}
	for _, r := range model.Rules() {
		if !shown[r.String()] && unreachable[r.String()] == "" {
			t.Errorf("%s: no section for rule %s: %s", ruleFile, r, r.Text())
		}
	}
	for name := range unreachable {
		if _, ok := model.RuleByName(name); !ok || shown[name] {
			t.Errorf("%s: listed as out of reach, but unknown or shown", name)
		}
	}
	if *update && !t.Failed() {
		writeRuleCases(t, intro, cases)
	}
}

// refused is a state, and a call that a rule is to refuse there.
type refused struct {
	state *model.State
	actor int
	call  model.Call
	errno model.Errno // as the file has it
}

func (c *ruleCase) run(t *testing.T) {
	at := fmt.Sprintf("%s:%d", ruleFile, c.line)
	rule, ok := model.RuleByName(c.rule())
	if !ok {
		t.Fatalf("%s: no rule %q", at, c.rule())
	}
	r := c.prepare(t, at)
	before := r.state.Clone()
	got, err := r.state.Do(r.actor, &r.call)
	if err != nil {
		t.Fatalf("%s: %v", at, err)
	}
	if got.Refusal.Rule != rule {
		t.Fatalf("%s: %s = %s, decided by %s: %s", at, r.call, got, ruleName(got.Refusal), sentenceOf(r.state, got.Refusal))
	}
	if got.Errno != r.errno || got.Errno != rule.Errno() || got.Value != -1 {
		t.Errorf("%s: %s = %s, want errno %v, and the rule declares %v", at, r.call, got, r.errno, rule.Errno())
	}
	if !slices.Contains(model.Checks(&r.call), rule) {
		t.Errorf("%s: %s is not among the checks of %s", at, rule, r.call)
	}
	marks := rule == model.RuleExpireMarked || rule == model.RuleFilesystemExists // a mount, or a context as failed
	if !marks && !bytes.Equal(before.AppendKey(nil), r.state.AppendKey(nil)) {
		t.Errorf("%s: the refused call changed the state", at)
	}
	if told := r.state.Sentence(got.Refusal); !mentionsName(rule) && before.Sentence(got.Refusal) != told {
		t.Errorf("%s: the state before the call says %q, that behind it %q", at, before.Sentence(got.Refusal), told)
	}
	switch s := r.state.Sentence(got.Refusal); {
	case *update:
		c.sentence = s
	case s != c.sentence:
		t.Errorf("%s: the sentence is\n%q, want\n%q\n(-update writes it anew)", at, s, c.sentence)
	}
}

// prepare makes the calls before the last one, which have to be answered as the
// program says, or else to succeed.
func (c *ruleCase) prepare(t *testing.T, at string) refused {
	if answer, ok := strings.CutPrefix(c.body[0], "made = -1 "); ok {
		build, known := made[c.rule()]
		errno, ok := model.ErrnoByName(answer)
		if !known || !ok {
			t.Fatalf("%s: no state is made for %s, or errno %q is unknown", at, c.rule(), answer)
		}
		r := build(t)
		r.errno = errno
		return r
	}
	program, err := trace.ParseProgram(at, []byte(strings.Join(c.body, "\n")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	s := model.NewState(c.world)
	last := len(program.Steps) - 1
	if !program.Steps[last].Answered {
		t.Fatalf("%s: want the answer behind the last call", at)
	}
	for _, step := range program.Steps[:last] {
		got, err := s.Do(step.Actor, &step.Call)
		if err != nil {
			t.Fatalf("%s: %s: %v", at, step.Text, err)
		}
		if answer := trace.Recorded(step.Call.Op, got); step.Answered && !answer.Agrees(step.Result) ||
			!step.Answered && got.Errno != 0 {
			t.Fatalf("%s: %s: answered %s: %s", at, step.Text, answer, sentenceOf(s, got.Refusal))
		}
	}
	step := program.Steps[last]
	return refused{s, step.Actor, step.Call, step.Result.Errno}
}

// mentionsName tells whether the rule's sentence has a name in it. The state
// before the call does not know one that the call was the first to use.
func mentionsName(r model.Rule) bool { return strings.Contains(r.Text(), "of that name") }

func ruleName(r model.Refusal) string {
	if !r.Refused() {
		return "no rule"
	}
	return r.Rule.String()
}

func sentenceOf(s *model.State, r model.Refusal) string {
	if !r.Refused() {
		return ""
	}
	return s.Sentence(r)
}

// readRuleCases reads the file: its introduction, and the sections.
func readRuleCases(t *testing.T) (intro []string, cases []ruleCase) {
	t.Helper()
	data, err := os.ReadFile(ruleFile)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for i := 0; i < len(lines); {
		name, ok := header(lines[i])
		if !ok {
			intro = append(intro, lines[i])
			i++
			continue
		}
		c := ruleCase{name: name, line: i + 1}
		end := i + 1
		for end < len(lines) {
			if _, ok := header(lines[end]); ok {
				break
			}
			end++
		}
		c.section(t, lines[i+1:end])
		cases = append(cases, c)
		i = end
	}
	return intro, cases
}

// header is what a line such as "-- may-mount --" names.
func header(line string) (string, bool) {
	name, ok := strings.CutPrefix(line, "-- ")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(name, " --")
}

func (c *ruleCase) section(t *testing.T, lines []string) {
	t.Helper()
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
		c.blank++
	}
	if len(lines) > 0 && strings.HasPrefix(lines[len(lines)-1], "# ") {
		c.sentence = strings.TrimPrefix(lines[len(lines)-1], "# ")
		lines = lines[:len(lines)-1]
	}
	for len(lines) > 0 && c.setting(t, lines[0]) {
		c.settings = append(c.settings, lines[0])
		lines = lines[1:]
	}
	if c.body = lines; len(lines) == 0 {
		t.Fatalf("%s:%d: section %q has no program", ruleFile, c.line, c.name)
	}
}

// setting reads a line that chooses the world; false if it is none.
func (c *ruleCase) setting(t *testing.T, line string) bool {
	t.Helper()
	var err error
	key, value, _ := strings.Cut(line, " ")
	switch key {
	case "release":
		c.world.Semantics, err = model.ForRelease(value)
	case "mount-max":
		var n int
		n, err = strconv.Atoi(value)
		c.world.MountMax = int32(n)
	default:
		return false
	}
	if err != nil {
		t.Fatalf("%s:%d: %s: %v", ruleFile, c.line, line, err)
	}
	return true
}

func writeRuleCases(t *testing.T, intro []string, cases []ruleCase) {
	t.Helper()
	var out strings.Builder
	for _, line := range intro {
		fmt.Fprintln(&out, line)
	}
	for _, c := range cases {
		fmt.Fprintf(&out, "-- %s --\n", c.name)
		for _, line := range append(slices.Clip(c.settings), c.body...) {
			fmt.Fprintln(&out, line)
		}
		fmt.Fprintf(&out, "# %s\n%s", c.sentence, strings.Repeat("\n", c.blank))
	}
	if err := os.WriteFile(ruleFile, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// made has the states and calls that cannot be written as a short program.
var made = map[string]func(t *testing.T) refused{
	// Strings too long for a line of text.
	"path-too-long": func(*testing.T) refused {
		return fresh(model.NewCall(model.OpChdir, model.Str(strings.Repeat("a/", 2048))))
	},
	"name-too-long": func(*testing.T) refused {
		return fresh(model.NewCall(model.OpChdir, model.Str(strings.Repeat("a", 256))))
	},
	"mount-string-too-long": func(*testing.T) refused {
		return fresh(model.NewCall(model.OpMount, model.Str("none"), model.Str("/"),
			model.Str(strings.Repeat("a", 4096)), model.Num(0), model.NULL()))
	},
	// RLIMIT_NOFILE descriptors.
	"too-many-files": func(t *testing.T) refused {
		s := model.NewState(model.World{})
		for fd := 3; fd < 1024; fd++ {
			if _, err := s.Actor(1).Open("/", model.O_PATH); err != nil {
				t.Fatal(err)
			}
		}
		return refused{state: s, actor: 1, call: model.NewCall(model.OpFsopen, model.Str("tmpfs"), model.Num(0))}
	},
	// No call of the model takes capabilities away; a program that runs without
	// them is started so.
	"chroot-capability": func(*testing.T) refused {
		return incapable(model.NewCall(model.OpChroot, model.Str("/")))
	},
	"own-capability": func(*testing.T) refused {
		return incapable(model.NewCall(model.OpUnshare, model.Num(model.CLONE_NEWNS)))
	},
	// The owner of a user namespace has all capabilities in it, but may have
	// none in its own.
	"setns-own-capability": func(t *testing.T) refused {
		s := model.NewState(model.World{})
		child, err := s.Actor(1).Fork()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Unshare(model.CLONE_NEWNS | model.CLONE_NEWUSER); err != nil {
			t.Fatal(err)
		}
		fd, err := s.Actor(1).Open("/proc/2/ns/mnt", model.O_RDONLY)
		if err != nil {
			t.Fatal(err)
		}
		s.Procs[1].Caps = 0
		return refused{state: s, actor: 1, call: model.NewCall(model.OpSetns, model.Num(int64(fd)), model.Num(0))}
	},
	// No way is known by which the mount of a mount namespace's file becomes
	// LOCKED in this release: copies never carry one, and it cannot slide beneath
	// a LOCKED mount. Spec 03 §4.
	"locked-namespace-file": func(t *testing.T) refused {
		s := model.NewState(model.World{})
		p := s.Actor(1)
		if err := p.Mknod("/f", model.S_IFREG|0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := p.OpenTree(model.AT_FDCWD, "/", model.OPEN_TREE_NAMESPACE); err != nil {
			t.Fatal(err)
		}
		if err := p.Mount("/proc/self/fd/3", "/f", "", model.MS_BIND); err != nil {
			t.Fatal(err)
		}
		at, refusal := s.Resolve(1, model.AT_FDCWD, model.Str("/f"), 0)
		if refusal.Refused() {
			t.Fatal(s.Sentence(refusal))
		}
		s.Mounts[at.M].Flags |= model.Locked
		return refused{state: s, actor: 1, call: model.NewCall(model.OpUnshare, model.Num(model.CLONE_NEWNS))}
	},
}

func fresh(c model.Call) refused {
	return refused{state: model.NewState(model.World{}), actor: 1, call: c}
}

func incapable(c model.Call) refused {
	r := fresh(c)
	r.state.Procs[1].Caps = 0
	return r
}
