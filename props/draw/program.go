package draw

import (
	"strconv"
	"strings"

	"mntcheck/model"
)

// Program is a sequence of calls. It prints as a program that package trace
// reads, one call a line.
type Program []model.Step

// String writes the program, a call and its actor a line.
func (p Program) String() string {
	var b strings.Builder
	for _, step := range p {
		b.WriteString(strconv.Itoa(step.Actor))
		b.WriteByte(' ')
		b.WriteString(step.Call.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// Decode draws the program that data stands for, by running it on the model.
// Every data is a program; the error is that of a model that cannot make one of
// its own calls, which is a mistake in the model.
func Decode(data []byte, limits Limits) (Program, error) {
	d := NewDrawer()
	return d.Run(NewBytes(data), limits, nil)
}

// Run draws a whole program from src on a model of its own. each is called
// after every call, with the state then, and may be nil. A source without end
// needs limits.Calls, or takes the number of calls that it draws.
func (d *Drawer) Run(src Source, limits Limits, each func(*model.State, model.Step, model.Result)) (Program, error) {
	_, err := d.run(src, limits, each)
	return append(Program(nil), d.program...), err
}

// State draws a state that the calls of a program have led to.
func (d *Drawer) State(src Source, limits Limits) (*model.State, error) {
	return d.run(src, limits, nil)
}

func (d *Drawer) run(src Source, limits Limits, each func(*model.State, model.Step, model.Result)) (*model.State, error) {
	d.Start(src, limits)
	w := d.World(nil)
	s := model.NewState(w.Model())
	values := make([]int64, 0, 64)
	for {
		step, ok := d.Next(s)
		if !ok {
			return s, nil
		}
		call := step.Call.Resolve(values)
		r, err := s.Do(step.Actor, &call)
		if err != nil {
			return s, err
		}
		values = append(values, r.Value)
		d.Done(r)
		if each != nil {
			each(s, step, r)
		}
	}
}
