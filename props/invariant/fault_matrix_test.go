package invariant_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/props/draw"
	"mntcheck/props/invariant"
	"mntcheck/props/shrink"
)

var update = flag.Bool("update", false, "write testdata/faults.golden anew")

const (
	matrixSeed  = 7
	matrixCases = 1500 // of a fault, at most
	matrixFound = 24   // cases in which it is caught, then the next fault
)

// row is what is known of a fault.
type row struct {
	name    string
	caught  map[string]int // by invariant: in how many cases
	first   string         // the invariant of the smallest program
	calls   int            // made until the fault was first caught
	program []model.Step   // the smallest program that shows it
}

// TestFaultMatrix puts every fault into the model and lets all invariants look
// for it. Each fault has to be caught, and each invariant has to catch one.
func TestFaultMatrix(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	faults := allFaults()
	rows := make([]row, len(faults))
	t.Run("faults", func(t *testing.T) {
		for i := range faults {
			t.Run(faults[i].name, func(t *testing.T) {
				t.Parallel()
				rows[i] = runFault(t, &faults[i])
			})
		}
	})
	var out bytes.Buffer
	printMatrix(&out, rows)
	t.Logf("\n%s", out.String())
	seen := map[string]bool{}
	for _, r := range rows {
		if len(r.caught) == 0 {
			t.Errorf("no invariant catches %q", r.name)
		}
		for name := range r.caught {
			seen[name] = true
		}
	}
	for _, v := range invariant.All() {
		if !seen[v.Name] {
			t.Errorf("%s catches no fault", v.Name)
		}
	}
	golden := filepath.Join("testdata", "faults.golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, out.Bytes()) {
		t.Errorf("the matrix is another than in %s; if that is right, run the test with -update", golden)
	}
}

func allFaults() []fault {
	return slices.Concat(stateFaults(), namespaceFaults(), callFaults(), ruleFaults())
}

// TestFaultsHaveNames keeps the rows of the matrix apart.
func TestFaultsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range allFaults() {
		if f.name == "" || seen[f.name] {
			t.Errorf("the name %q is empty or given twice", f.name)
		}
		seen[f.name] = true
	}
}

func runFault(t *testing.T, f *fault) row {
	r := row{name: f.name, caught: map[string]int{}}
	c := newFaultChecker(f)
	d := draw.NewDrawer()
	found := 0
	for i := 0; i < matrixCases && found < matrixFound; i++ {
		program, world := drawCase(t, d, matrixSeed, uint64(i), draw.Limits{Sizes: []draw.Size{draw.Small}})
		names, step := c.run(world, program)
		if len(names) == 0 {
			continue
		}
		if found++; found == 1 {
			r.calls = c.calls
			r.first = names[0]
			r.program, _ = shrink.Program(program[:step+1], func(p []model.Step) bool {
				again, _ := c.run(world, p)
				return slices.Contains(again, r.first)
			}, shrink.Options{Tries: 1500})
		}
		for _, name := range names {
			r.caught[name]++
		}
	}
	return r
}

// faultChecker runs programs on a faulty model.
type faultChecker struct {
	fault  *fault
	all    []*invariant.Invariant
	calls  int
	before model.State
	t      invariant.Transition
}

func newFaultChecker(f *fault) *faultChecker { return &faultChecker{fault: f, all: invariant.All()} }

// run makes a program up to the first call that breaks an invariant; it
// returns those that it breaks, and its step.
func (c *faultChecker) run(world model.World, program []model.Step) (names []string, at int) {
	s := model.NewState(world)
	var values []int64
	for i, step := range program {
		call := step.Call.Resolve(values)
		s.Copy(&c.before)
		x := &faulty{before: &c.before, s: s, actor: step.Actor, call: &call}
		c.fault.do(x)
		if x.err != nil {
			values = append(values, -1)
			continue
		}
		values = append(values, x.r.Value)
		c.calls++
		c.t.Reset(&c.before, s, step.Actor, &call, x.r)
		if c.fault.view != nil {
			c.t.ShowViews(func() (before, after *model.View) {
				b, a := c.fault.view(c.before.View(), &c.before), c.fault.view(s.View(), s)
				return &b, &a
			})
		}
		for _, v := range c.all {
			if _, broken := v.Check(&c.t); broken != nil {
				names = append(names, v.Name)
			}
		}
		if len(names) > 0 {
			return names, i
		}
	}
	return nil, 0
}

// printMatrix writes a row a fault: the invariants that catch it, calls until
// the first of them did, and the smallest program.
func printMatrix(out *bytes.Buffer, rows []row) {
	order := map[string]int{}
	for i, v := range invariant.All() {
		order[v.Name] = i
	}
	fmt.Fprintf(out, "%d faults, %d invariants; of each fault at most %d cases of seed %d are caught\n\n", len(rows), len(order), matrixFound, matrixSeed)
	for _, r := range rows {
		names := make([]string, 0, len(r.caught))
		for name := range r.caught {
			names = append(names, name)
		}
		slices.SortFunc(names, func(a, b string) int { return order[a] - order[b] })
		fmt.Fprintf(out, "%s\n    caught after %d calls, shrunken to %d, by %s\n", r.name, r.calls, len(r.program), strings.Join(names, " "))
		for _, step := range r.program {
			fmt.Fprintf(out, "        %d %s\n", step.Actor, step.Call)
		}
	}
	byInvariant := map[string]int{}
	for _, r := range rows {
		for name := range r.caught {
			byInvariant[name]++
		}
	}
	fmt.Fprintf(out, "\nfaults that each invariant catches\n")
	for _, v := range invariant.All() {
		fmt.Fprintf(out, "    %-24s %3d\n", v.Name, byInvariant[v.Name])
	}
}
