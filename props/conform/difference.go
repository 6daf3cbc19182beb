package conform

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/draw"
	"mntcheck/props/shrink"
	"mntcheck/props/system"
)

// Difference is something in which a kernel and the model differ, with the
// smallest program found that shows it: all calls of it but the last are
// answered alike and leave the same tables.
type Difference struct {
	Kind   Kind   `json:"kind"`
	Case   uint64 `json:"case"` // number of the first case that showed it; it and the seed make it again
	Seed   uint64 `json:"seed"`
	Family string `json:"family"`
	Cases  uint64 `json:"cases"` // programs that showed it

	Call string `json:"call"` // the last of the program, and its actor; "" where the worlds differ before the first
	// Kernel and Model are the answers to it; where these are alike, the first
	// line in which the views differ; of a call without an answer, why there is none.
	Kernel string `json:"kernel"`
	Model  string `json:"model"`

	// Rule is the one by which the model refuses the call; "" where it makes it.
	Rule string `json:"rule,omitempty"`
	Spec string `json:"spec,omitempty"` // the section of the specification that states it
	Why  string `json:"why,omitempty"`  // the rule, with the names that things have here
	// Candidates are the model's rules by which such a call could be answered as
	// the kernel does.
	Candidates []string `json:"candidates,omitempty"`

	// Runs and Shown say how often the program was made once more, and how
	// often it differed again. Flaky: not each time.
	Runs     int    `json:"runs"`
	Shown    int    `json:"shown"`
	Flaky    bool   `json:"flaky,omitempty"`
	Unshrunk string `json:"unshrunk,omitempty"` // why it could not be made smaller

	Program  draw.Program   `json:"-"` // the smallest
	Original draw.Program   `json:"-"` // as it was found
	Answers  []model.Result `json:"-"` // of the kernel
	World    system.World   `json:"-"`
	Release  string         `json:"-"` // of the kernel
	Shrink   shrink.Stats   `json:"shrink"`

	BeforeView            model.View   `json:"-"` // before the last call, of both
	KernelView, ModelView model.View   `json:"-"` // after it
	Trace                 *trace.Trace `json:"-"`
	Text                  string       `json:"trace"`          // Trace as a file has it
	File                  string       `json:"file,omitempty"` // where it was written
}

// fill describes what an attempt shows.
func (d *Difference) fill(a *attempt) error {
	d.Program = a.program
	last := len(d.Program) - 1
	d.Answers = a.rec.Answers[:min(len(a.rec.Answers), last+1)]
	d.ModelView = a.expected.views[last+1]
	if len(a.rec.Views) > last+1 {
		d.KernelView = a.rec.Views[last+1]
	}
	d.Kernel, d.Model = firstLine(d.Kind, d.KernelView, d.ModelView)
	if last >= 0 {
		d.BeforeView = a.expected.views[last]
		d.fillCall(a, last)
	}
	if d.Kind == NoAnswer {
		d.Kernel = fmt.Sprint(a.m.err)
	}
	return d.record(a)
}

// fillCall describes the last call.
func (d *Difference) fillCall(a *attempt, last int) {
	step, expected := d.Program[last], a.expected.answers[last]
	values := make([]int64, 0, last)
	for _, r := range a.expected.answers[:last] {
		values = append(values, r.Value)
	}
	call := step.Call.Resolve(values)
	d.Call = fmt.Sprintf("%d %s", step.Actor, call)
	if d.Kind == Answer || d.Kind == NoAnswer {
		d.Model = trace.Recorded(call.Op, expected).String()
	}
	if rule := expected.Refusal.Rule; rule != 0 {
		d.Rule, d.Spec, d.Why = rule.String(), rule.Spec(), a.expected.last.Sentence(expected.Refusal)
	}
	if d.Kind != Answer {
		return
	}
	d.Kernel = trace.Recorded(call.Op, d.Answers[last]).String()
	if errno := d.Answers[last].Errno; errno != 0 && errno != expected.Errno {
		for _, rule := range model.Checks(&call) {
			if rule.Errno() == errno {
				d.Candidates = append(d.Candidates, rule.String())
			}
		}
	}
}

// record makes the trace: what the kernel was asked, answered, and left behind.
func (d *Difference) record(a *attempt) error {
	var meta trace.Meta
	meta.Set("kernel", releaseNumber(d.Release))
	meta.Set("family", d.Family)
	meta.Set("seed", fmt.Sprint(d.Seed))
	meta.Set("case", fmt.Sprint(d.Case))
	t, err := traceOf(recorded{
		name: d.fileName(), comment: d.comment(), meta: meta, world: d.World, program: d.Program,
		answers: d.Answers, expected: a.expected.answers, initial: a.expected.views[0], final: d.KernelView,
	})
	if err != nil {
		return err
	}
	d.Trace, d.Text = t, string(t.Format())
	return nil
}

// comment says in the trace what it shows.
func (d *Difference) comment() string {
	return oneLine(fmt.Sprintf("The kernel differs from the model of Linux %s: %s", d.World.Semantics.Release, d.Headline())) + oneLine("kernel: "+d.Kernel) + oneLine("model: "+d.Model+d.because()) + d.lost()
}

// lost says where the numbers of descriptors are from, if not from the kernel: it took
// its answers along. It is empty where there is nothing to say.
func (d *Difference) lost() string {
	if len(d.Answers) >= len(d.Program)-1 {
		return ""
	}
	return "The kernel's answers are lost; descriptors are numbered as by the model.\n"
}

func (d *Difference) because() string {
	if d.Rule == "" {
		return ""
	}
	return fmt.Sprintf(", %s (rule %s, %s)", d.Why, d.Rule, d.Spec)
}

// save writes the trace into a folder; "" means nowhere.
func (d *Difference) save(dir string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	file := filepath.Join(dir, d.fileName())
	err := os.WriteFile(file, []byte(d.Text), 0o644)
	if err == nil {
		d.File = file
	}
	return err
}

func (d *Difference) fileName() string {
	op := "world"
	if n := len(d.Program); n > 0 {
		op = d.Program[n-1].Call.Op.String()
	}
	return fmt.Sprintf("%s-%s-%d-%d.txtar", strings.ReplaceAll(string(d.Kind), " ", "-"), op, d.Seed, d.Case)
}
