package live

import (
	"errors"
	"testing"
	"time"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/live/internal/qemu"
	"mntcheck/props/live/internal/qemu/qemutest"
	"mntcheck/props/system"
)

// newMachine boots a kernel for a test, or skips it.
func newMachine(t testing.TB, o MachineOptions) *Machine {
	t.Helper()
	o.Kernel, o.Init = qemutest.Kernel(t), qemutest.Init(t)
	m, err := Boot(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// recorded are traces of the machine's series, and jobs to run them.
func recorded(t testing.TB, m *Machine, limit int, each bool) (traces []*trace.Trace, jobs []system.Job) {
	t.Helper()
	err := trace.Each([]string{corpusOf(t, m.Profile().Release)}, func(file string, data []byte) error {
		x, err := trace.Parse(file, data)
		if err == nil {
			traces = append(traces, x)
			jobs = append(jobs, system.Job{Program: x.Program(), EachView: each})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// From all over the folder: the families are one after the other in it.
	if step := len(traces)/limit + 1; step > 1 {
		kept := 0
		for i := 0; i < len(traces); i += step {
			traces[kept], jobs[kept] = traces[i], jobs[i]
			kept++
		}
		traces, jobs = traces[:kept], jobs[:kept]
	}
	return traces, jobs
}

// A kernel in a machine does what that kernel did when traces were recorded. Some
// recordings do not list descriptors of detached trees: there the model decides.
func TestMachineCorpus(t *testing.T) {
	m := newMachine(t, MachineOptions{Machines: 2})
	traces, jobs := recorded(t, m, 100, false)
	recordings, err := m.Run(t.Context(), jobs)
	if err != nil {
		t.Fatal(err)
	}
	reference := machineModel(t, m)
	for i, x := range traces {
		d := difference(x, &recordings[i])
		if d == "" {
			continue
		}
		want := reference.runOne(t, jobs[i])
		if compare(jobs[i].Program, &want, &recordings[i]) != "" {
			t.Errorf("%s: %s", x.Name, d)
		}
	}
	t.Logf("%d traces on Linux %s, with %s", len(traces), m.Profile().Release, m.Accel())
}

// machineModel is the model with the rules of the machine's release.
func machineModel(t *testing.T, m *Machine) modelRunner {
	t.Helper()
	sem, err := model.ForRelease(m.Profile().Release)
	if err != nil {
		t.Skip(err)
	}
	return modelRunner{system.RunnerOf(system.NewModel, system.Profile{}), sem}
}

func TestMachineAgreesWithModel(t *testing.T) {
	m := newMachine(t, MachineOptions{Options: Options{CrossCheck: true}})
	reference := machineModel(t, m)
	for _, test := range programsFor(reference.sem) {
		t.Run(test.name, func(t *testing.T) {
			job := system.Job{Program: parse(t, test.text), EachView: true}
			want := reference.runOne(t, job)
			got, err := m.Run(t.Context(), []system.Job{job})
			if err != nil {
				t.Fatal(err)
			}
			if d := compare(job.Program, &want, &got[0]); d != "" {
				t.Error(d)
			}
		})
	}
}

// A world that is used call by call has a machine of its own, and leaves it
// clean to the next one.
func TestMachineStart(t *testing.T) {
	m := newMachine(t, MachineOptions{})
	program := parse(t, `
		mkdir("/a", 0755)
		mount("none", "/a", "tmpfs", 0, NULL)
		umount2("/b", 0)`)
	var first []model.View
	for range 2 {
		sys, err := m.Start(t.Context(), system.World{})
		if err != nil {
			t.Fatal(err)
		}
		answers, err := system.Run(t.Context(), sys, program)
		if err != nil {
			t.Fatal(err)
		}
		if answers[1].Errno != 0 || answers[2].Errno != model.ENOENT {
			t.Errorf("answers %v, want 0 and ENOENT", answers)
		}
		view, err := sys.Observe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if first = append(first, view); first[0] != view {
			t.Errorf("the second world looks otherwise than the first:\n%s%s", view.Mounts, view.Actors)
		}
		if err := errors.Join(sys.Close(), sys.Close()); err != nil {
			t.Error(err)
		}
	}
}

// fragile is the channel of a machine that ends after so many bytes.
type fragile struct {
	*qemu.Machine
	left int
}

func (f *fragile) Read(p []byte) (int, error) {
	n, err := f.Machine.Read(p)
	if f.left -= n; f.left < 0 {
		_ = f.Close()
	}
	return n, err
}

// A run goes on with another machine where one ends in the middle of it.
func TestMachineIsReplaced(t *testing.T) {
	m := newPool(MachineOptions{Kernel: qemutest.Kernel(t), Init: qemutest.Init(t)})
	defer m.Close()
	machine, err := qemu.Boot(t.Context(), qemu.Options{Kernel: m.options.Kernel, Init: m.options.Init})
	if err != nil {
		t.Fatal(err)
	}
	m.release = machine.Release()
	g, err := m.greet(t.Context(), machine, &fragile{machine, 10_000})
	if err != nil {
		t.Fatal(err)
	}
	m.idle <- g
	_, jobs := recorded(t, m, 40, true)
	recordings, err := m.Run(t.Context(), jobs)
	if err != nil {
		t.Fatal(err)
	}
	if len(recordings) != len(jobs) {
		t.Fatalf("%d recordings of %d jobs", len(recordings), len(jobs))
	}
	var failed []error
	for _, r := range recordings {
		if r.Err != nil {
			failed = append(failed, r.Err)
		}
		if len(r.Views) != len(r.Answers)+1 {
			t.Errorf("%d views with %d answers", len(r.Views), len(r.Answers))
		}
	}
	if len(failed) != 1 || !errors.Is(failed[0], qemu.ErrClosed) {
		t.Errorf("%d recordings have an error, want one, that the machine was closed: %v", len(failed), failed)
	}
}

// A machine that ends while nobody uses it is no program's fault.
func TestMachineThatDiedIdle(t *testing.T) {
	m := newMachine(t, MachineOptions{})
	g := <-m.idle
	g.machine.Close()
	m.idle <- g
	recordings, err := m.Run(t.Context(), []system.Job{{}})
	if err != nil || len(recordings) != 1 || recordings[0].Err != nil {
		t.Errorf("got %v, %v", recordings, err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Run(t.Context(), []system.Job{{}}); !errors.Is(err, qemu.ErrClosed) {
		t.Errorf("after Close: %v, want %v", err, qemu.ErrClosed)
	}
}

// What cannot be booted is said to be unreachable, and why.
func TestBootUnreachable(t *testing.T) {
	_, err := Boot(t.Context(), MachineOptions{Kernel: "/dev/null"})
	var unreachable *UnreachableError
	if !errors.As(err, &unreachable) {
		t.Errorf("booting nothing: %v, want an UnreachableError", err)
	}
}

// TestMachineLongProgram makes a program that takes longer than a machine may be
// silent: each of its calls comes back in time. In the end an actor has a thousand
// descriptors, half of one mount and half of one namespace.
func TestMachineLongProgram(t *testing.T) {
	const deadline = time.Second
	m := newMachine(t, MachineOptions{Options: Options{Deadline: deadline}})
	program := parse(t, `
		mkdir("/a", 0755)
		open("/a", O_PATH)
		pidfd_open(1, 0)
		ioctl($3, PIDFD_GET_MNT_NAMESPACE, 0)`)
	for len(program) < 1300 {
		program = append(program, model.Step{Actor: 1, Call: model.NewCall(model.OpDup, model.Ref(1+2*(len(program)%2)))})
	}
	job := system.Job{Program: program, EachView: true}
	want := machineModel(t, m).runOne(t, job)
	began := time.Now()
	got, err := m.Run(t.Context(), []system.Job{job})
	if err != nil {
		t.Fatal(err)
	}
	if d := compare(program, &want, &got[0]); d != "" {
		t.Error(d)
	}
	t.Logf("%d calls in %v, with %s", len(program), time.Since(began).Round(time.Millisecond), m.Accel())
}

// BenchmarkMachine runs recorded programs in one machine.
func BenchmarkMachine(b *testing.B) {
	for _, bench := range []struct {
		name string
		each bool
	}{{"EachView", true}, {"LastView", false}} {
		b.Run(bench.name, func(b *testing.B) {
			m := newMachine(b, MachineOptions{})
			_, jobs := recorded(b, m, 100, bench.each)
			calls, programs := 0, 0
			for b.Loop() {
				recordings, err := m.Run(b.Context(), jobs)
				if err != nil {
					b.Fatal(err)
				}
				for _, r := range recordings {
					calls += len(r.Answers)
				}
				programs += len(jobs)
			}
			b.ReportMetric(float64(calls)/b.Elapsed().Seconds(), "calls/s")
			b.ReportMetric(float64(programs)/b.Elapsed().Seconds(), "programs/s")
		})
	}
}
