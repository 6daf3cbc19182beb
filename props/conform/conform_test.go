package conform_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/conform"
	"mntcheck/props/replay"
	"mntcheck/props/system"
)

// twisted is a model that answers as a kernel with a fault might.
type twisted struct {
	*system.Model
	twist twist
	calls int
}

// twist makes a call; right is the model's way to make it.
type twist func(x *twisted, actor int, c *model.Call, right func() (model.Result, error)) (model.Result, error)

func (x *twisted) Do(ctx context.Context, actor int, c *model.Call) (model.Result, error) {
	x.calls++
	return x.twist(x, actor, c, func() (model.Result, error) { return x.Model.Do(ctx, actor, c) })
}

// runner runs programs on a model with a twist; nil for none.
func runner(t twist) conform.RunnerFactory {
	return func(context.Context) (system.Runner, error) {
		profile := system.Profile{Name: "twisted", Release: "7.3.4"}
		return system.RunnerOf(func(ctx context.Context, w system.World) (system.System, error) {
			s, err := system.NewModel(ctx, w)
			if err != nil || t == nil {
				return s, err
			}
			return &twisted{Model: s.(*system.Model), twist: t}, nil
		}, profile), nil
	}
}

// lenient makes umount2 of what is not mounted succeed.
func lenient(_ *twisted, _ int, c *model.Call, right func() (model.Result, error)) (model.Result, error) {
	r, err := right()
	if c.Op == model.OpUmount2 && r.Errno == model.EINVAL {
		return model.Result{}, err
	}
	return r, err
}

// forgetful makes what was shared private, one mount too many, when it is bound.
func forgetful(x *twisted, _ int, c *model.Call, right func() (model.Result, error)) (model.Result, error) {
	r, err := right()
	s := x.State()
	if err != nil || r.Errno != 0 || c.Op != model.OpMount || c.Args[3].N&(model.MS_BIND|model.MS_REMOUNT) != model.MS_BIND {
		return r, err
	}
	for _, change := range s.Journal() {
		if m := &s.Mounts[change.M]; change.Old.ID == 0 && m.ID != 0 && m.Flags&model.Shared != 0 {
			s.Edit().SetType(change.M, model.MS_PRIVATE)
		}
	}
	return r, err
}

// wandering lets a chroot move the working directory as well.
func wandering(x *twisted, actor int, c *model.Call, right func() (model.Result, error)) (model.Result, error) {
	r, err := right()
	if err == nil && r.Errno == 0 && c.Op == model.OpChroot {
		chdir := model.NewCall(model.OpChdir, model.Str("/"))
		_, err = x.State().Do(actor, &chdir)
	}
	return r, err
}

var errPanic = errors.New("kernel panic - not syncing: a test\nCPU: 0 PID: 7 Comm: a test")

// dying does not survive a rename.
func dying(_ *twisted, _ int, c *model.Call, right func() (model.Result, error)) (model.Result, error) {
	if c.Op == model.OpRename {
		return model.Result{}, errPanic
	}
	return right()
}

func run(t *testing.T, o conform.Options) *conform.Report {
	t.Helper()
	r, err := conform.Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func family(t *testing.T, name string) []*conform.Family {
	t.Helper()
	f, err := conform.FamilyByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return []*conform.Family{f}
}

func TestModelAgreesWithItself(t *testing.T) {
	r := run(t, conform.Options{Runner: runner(nil), Checks: 400, Seed: 3, Workers: 2})
	if len(r.Differences) > 0 {
		t.Fatalf("the model differs from itself:\n%s", r.Differences[0])
	}
	if r.Programs != 400 || r.ProgramsAgreed != 400 || r.Calls != r.CallsAgreed || r.Calls < 400*20 {
		t.Errorf("%d programs of which %d agree, %d calls of which %d agree", r.Programs, r.ProgramsAgreed, r.Calls, r.CallsAgreed)
	}
	if len(r.Families) != len(conform.Families()) {
		t.Errorf("%d families were compared, want all %d", len(r.Families), len(conform.Families()))
	}
	for _, f := range r.Families {
		if f.Programs != 50 || f.Differences != 0 {
			t.Errorf("family %s: %d programs, %d of them differ; want 50, none", f.Name, f.Programs, f.Differences)
		}
	}
	if len(r.Coverage.Outcomes) < 100 || len(r.Coverage.Missing) > 120 {
		t.Errorf("%d outcomes, %d rules not reached", len(r.Coverage.Outcomes), len(r.Coverage.Missing))
	}
}

func TestFindsAndShrinks(t *testing.T) {
	for _, test := range []struct {
		name   string
		twist  twist
		family string
		kind   conform.Kind
		calls  int // of the smallest program, at most
		said   string
	}{
		{"an answer", lenient, "classic", conform.Answer, 2, "umount2: the kernel answers 0, the model EINVAL"},
		{"tables", forgetful, "classic", conform.Tables, 3, "mount is answered alike, and leaves other mount tables"},
		{"places", wandering, "classic", conform.Places, 3, "chroot is answered alike, and leaves actors in other places"},
		{"no answer", dying, "classic", conform.NoAnswer, 1, "rename: the kernel gives no answer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			r := run(t, conform.Options{
				Runner: runner(test.twist), Families: family(t, test.family), Checks: 300, Seed: 1, MaxDifferences: 1, Dir: dir,
			})
			if len(r.Differences) != 1 {
				t.Fatalf("%d differences, want one", len(r.Differences))
			}
			d := r.Differences[0]
			if d.Kind != test.kind || d.Headline() != test.said {
				t.Errorf("found %s, %q, want %s, %q", d.Kind, d.Headline(), test.kind, test.said)
			}
			if len(d.Program) > test.calls || d.Flaky || d.Shown != d.Runs || d.Runs == 0 {
				t.Errorf("%d calls, want at most %d; shown %d of %d times:\n%s", len(d.Program), test.calls, d.Shown, d.Runs, d)
			}
			if test.kind == conform.Answer && (d.Rule == "" || d.Why == "" || d.Spec == "") {
				t.Errorf("the rule that decided is not told: %+v", d)
			}
			if test.kind == conform.NoAnswer && !strings.Contains(d.String(), "not syncing: a test\n          CPU: 0") {
				t.Errorf("the kernel's last words are not told:\n%s", d)
			}
			checkFile(t, d)
		})
	}
}

// checkFile holds a difference's trace against what the model says: it is the
// kernel's, so the model disagrees with it, and at its last call only.
func checkFile(t *testing.T, d *conform.Difference) {
	t.Helper()
	data, err := os.ReadFile(d.File)
	if err != nil {
		t.Fatal(err)
	}
	if d.Kind == conform.NoAnswer {
		read, err := trace.ParseProgram(d.File, data)
		if err != nil || len(read.Steps) != len(d.Program) {
			t.Errorf("the program is not in %s: %v\n%s", d.File, err, data)
		}
		return
	}
	read, err := trace.Parse(d.File, data)
	if err != nil {
		t.Fatal(err)
	}
	o, err := replay.Trace(context.Background(), read, replay.ModelFor)
	if err != nil || o.Reason != "" || o.Difference == nil {
		t.Fatalf("replayed on the model: %v, %q, %v, want a difference in\n%s", err, o.Reason, o.Difference, data)
	}
	if want := len(d.Program); d.Kind == conform.Answer && o.Difference.Call != want || d.Kind != conform.Answer && o.Difference.Call != 0 {
		t.Errorf("replayed, the model differs at call %d of %d", o.Difference.Call, want)
	}
}

// The report says the same however many runners there are.
func TestReportDependsOnSeedOnly(t *testing.T) {
	var texts []string
	for _, workers := range []int{1, 3} {
		r := run(t, conform.Options{Runner: runner(lenient), Checks: 200, Seed: 8, Workers: workers, MaxDifferences: 2})
		r.Elapsed, r.Workers = 0, 0
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	if texts[0] != texts[1] {
		t.Errorf("with one runner\n%s\nwith three\n%s", texts[0], texts[1])
	}
}

func TestKindsAreMerged(t *testing.T) {
	r := run(t, conform.Options{Runner: runner(lenient), Families: family(t, "classic"), Checks: 300, Seed: 1, MaxDifferences: -1, ShrinkTries: -1})
	seen := map[string]bool{}
	programs := uint64(0)
	for _, d := range r.Differences {
		call := d.Program[len(d.Program)-1].Call
		kind := fmt.Sprint(d.Rule, call.Args[1].N&(model.MNT_DETACH|model.MNT_EXPIRE))
		if seen[kind] {
			t.Errorf("%s is told twice", d.Headline())
		}
		seen[kind] = true
		programs += d.Cases
	}
	if f := r.Families[0]; len(r.Differences) < 2 || programs != f.Differences || programs != r.Programs-r.ProgramsAgreed || r.Programs != 300 {
		t.Errorf("%d kinds, %d programs of %d; the family counts %d", len(r.Differences), programs, r.Programs, f.Differences)
	}
}

// A kernel that errs now and then is told from one that does so each time.
func TestFlaky(t *testing.T) {
	var made atomic.Int64
	once := func(_ *twisted, _ int, c *model.Call, right func() (model.Result, error)) (model.Result, error) {
		if c.Op == model.OpRename && made.Add(1) == 5 {
			return model.Result{Value: -1, Errno: model.ENOMEM}, nil
		}
		return right()
	}
	r := run(t, conform.Options{Runner: runner(once), Families: family(t, "classic"), Checks: 200, Seed: 1})
	if len(r.Differences) != 1 {
		t.Fatalf("%d differences, want one", len(r.Differences))
	}
	d := r.Differences[0]
	if !d.Flaky || d.Shown != 0 || !strings.Contains(d.String(), "FLAKY") || !strings.Contains(d.Kernel, "ENOMEM") {
		t.Errorf("flaky %v, shown %d times, kernel %s:\n%s", d.Flaky, d.Shown, d.Kernel, d)
	}
	if len(d.Program) == 0 || len(d.Answers) != len(d.Program) || d.Trace == nil {
		t.Errorf("what was seen is not told: %d answers for %d calls", len(d.Answers), len(d.Program))
	}
}

// A kernel that numbers namespaces in batches is as right as another.
func TestBatchedNumbering(t *testing.T) {
	batched := func(context.Context) (system.Runner, error) {
		return system.RunnerOf(func(ctx context.Context, w system.World) (system.System, error) {
			sem := *w.Semantics
			sem.NSIDs = model.BatchedIDs
			w.Semantics = &sem
			return system.NewModel(ctx, w)
		}, system.Profile{Name: "batched", Release: "7.3"}), nil
	}
	r := run(t, conform.Options{Runner: batched, Families: family(t, "nsfs"), Checks: 400, Seed: 2})
	if len(r.Differences) > 0 {
		t.Errorf("the numbering is taken for a difference:\n%s", r.Differences[0])
	}
	if r.Batched == 0 || r.ProgramsAgreed != 400 {
		t.Errorf("%d of %d programs agree, %d fit batches only; want all, some", r.ProgramsAgreed, r.Programs, r.Batched)
	}
}

// mortal is a runner that goes down with each program that renames, and does
// not come back by itself.
type mortal struct {
	system.Runner
	dead bool
}

var errGone = errors.New("the machine is gone")

func (m *mortal) Run(ctx context.Context, jobs []system.Job) ([]system.Recording, error) {
	var all []system.Recording
	for _, job := range jobs {
		if m.dead {
			return all, errGone
		}
		recs, err := m.Runner.Run(ctx, []system.Job{job})
		if err != nil {
			return all, err
		}
		all = append(all, recs...)
		m.dead = recs[0].Err != nil
	}
	return all, nil
}

func TestRunnerIsReplaced(t *testing.T) {
	var started atomic.Int64
	start := func(ctx context.Context) (system.Runner, error) {
		started.Add(1)
		r, err := runner(dying)(ctx)
		return &mortal{Runner: r}, err
	}
	r := run(t, conform.Options{Runner: start, Families: family(t, "classic"), Checks: 100, Seed: 1, MaxDifferences: -1, Workers: 2})
	dead := r.Programs - r.ProgramsAgreed
	if r.Programs != 100 || dead == 0 || uint64(started.Load()) < dead {
		t.Errorf("%d programs, %d deadly, %d runners", r.Programs, dead, started.Load())
	}
	for _, d := range r.Differences {
		if d.Kind != conform.NoAnswer || d.Flaky || len(d.Program) != 1 {
			t.Errorf("want a deadly rename alone, got\n%s", d)
		}
	}
}

// lastGasp is a runner whose programs are lost altogether when one of them
// renames: nothing tells which call it was.
type lastGasp struct{ system.Runner }

func (l lastGasp) Run(ctx context.Context, jobs []system.Job) ([]system.Recording, error) {
	recs, err := l.Runner.Run(ctx, jobs)
	for i := range recs {
		if recs[i].Err != nil {
			recs[i] = system.Recording{Err: errPanic}
		}
	}
	return recs, err
}

func TestLostProgram(t *testing.T) {
	start := func(ctx context.Context) (system.Runner, error) {
		r, err := runner(dying)(ctx)
		return lastGasp{r}, err
	}
	r := run(t, conform.Options{Runner: start, Families: family(t, "classic"), Checks: 100, Seed: 1, MaxDifferences: -1})
	if len(r.Differences) != 1 || r.Differences[0].Cases < 2 {
		t.Fatalf("%d kinds of difference, want one of several programs", len(r.Differences))
	}
	d := r.Differences[0]
	if d.Kind != conform.NoAnswer || len(d.Program) != 1 || d.Headline() != "rename: the kernel gives no answer" || len(d.Original) < 10 {
		t.Errorf("want a deadly rename alone, out of a whole program, got\n%s", d)
	}
	if r.CallsAgreed >= r.Calls {
		t.Errorf("%d of %d calls agree", r.CallsAgreed, r.Calls)
	}
}

// mounting dies of an fsmount of a context that can be mounted.
func mounting(_ *twisted, _ int, c *model.Call, right func() (model.Result, error)) (model.Result, error) {
	r, err := right()
	if c.Op == model.OpFsmount && r.Errno == 0 {
		return r, errPanic
	}
	return r, err
}

// A program whose answers are lost is told with the descriptors that it had, so that
// a kernel can be made to die of it again.
func TestLostDescriptors(t *testing.T) {
	start := func(ctx context.Context) (system.Runner, error) {
		r, err := runner(mounting)(ctx)
		return lastGasp{r}, err
	}
	dir := t.TempDir()
	r := run(t, conform.Options{Runner: start, Families: family(t, "newapi"), Checks: 200, Seed: 1, MaxDifferences: -1, Dir: dir})
	if len(r.Differences) != 1 {
		t.Fatalf("%d kinds of difference, want one", len(r.Differences))
	}
	d := r.Differences[0]
	data, err := os.ReadFile(d.File)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"what is printed": d.String(), "the trace": string(data)} {
		if !strings.Contains(text, "fsmount(3, ") || !strings.Contains(text, "The kernel's answers are lost") {
			t.Errorf("want %s to have descriptor 3, and where that is from, got\n%s", what, text)
		}
	}
	back, err := trace.ParseProgram(d.File, data)
	if err != nil {
		t.Fatal(err)
	}
	kernel, err := start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer kernel.Close()
	recs, err := kernel.Run(t.Context(), []system.Job{{World: d.World, Program: back.Program()}})
	if err != nil || len(recs) != 1 || !errors.Is(recs[0].Err, errPanic) {
		t.Errorf("the program of the trace does not end the kernel: %v, %v", recs, err)
	}
}

// No more kernels are started than there are programs.
func TestFewPrograms(t *testing.T) {
	var started atomic.Int64
	start := func(ctx context.Context) (system.Runner, error) {
		started.Add(1)
		return runner(nil)(ctx)
	}
	r := run(t, conform.Options{Runner: start, Checks: 3, Seed: 1, Workers: 100})
	if r.Programs != 3 || r.Workers != 3 || started.Load() > 3 {
		t.Errorf("%d programs by %d workers on %d kernels, want 3 of each at most", r.Programs, r.Workers, started.Load())
	}
}

// A kernel that is gone for good ends the run with an error, and does not loop.
func TestRunnerThatNeverAnswers(t *testing.T) {
	start := func(ctx context.Context) (system.Runner, error) {
		r, err := runner(nil)(ctx)
		return &mortal{r, true}, err
	}
	if _, err := conform.Run(context.Background(), conform.Options{Runner: start, Checks: 10}); !errors.Is(err, errGone) {
		t.Errorf("got error %v, want %v", err, errGone)
	}
}

func TestCannotStart(t *testing.T) {
	start := func(context.Context) (system.Runner, error) { return nil, errGone }
	if _, err := conform.Run(context.Background(), conform.Options{Runner: start}); !errors.Is(err, errGone) {
		t.Errorf("got error %v, want %v", err, errGone)
	}
	if _, err := conform.Run(context.Background(), conform.Options{}); err == nil {
		t.Error("a run without a kernel has no error")
	}
}

// Calls that a kernel is not asked for are not drawn.
func TestProfileIsKept(t *testing.T) {
	start := func(ctx context.Context) (system.Runner, error) {
		profile := system.Profile{Name: "old", Release: "7.3", Calls: func(op model.Op) bool { return op != model.OpRename && op != model.OpClone3 }}
		return system.RunnerOf(func(ctx context.Context, w system.World) (system.System, error) {
			s, err := system.NewModel(ctx, w)
			return &twisted{Model: s.(*system.Model), twist: dying}, err
		}, profile), nil
	}
	r := run(t, conform.Options{Runner: start, Checks: 200, Seed: 2})
	if len(r.Differences) > 0 {
		t.Errorf("rename was drawn:\n%s", r.Differences[0])
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var calls atomic.Int64
	stop := func(_ *twisted, _ int, _ *model.Call, right func() (model.Result, error)) (model.Result, error) {
		if calls.Add(1) == 3000 {
			cancel()
		}
		return right()
	}
	r, err := conform.Run(ctx, conform.Options{Runner: runner(stop), Checks: 1 << 30, Seed: 1, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Interrupted || r.Calls == 0 || len(r.Differences) > 0 {
		t.Errorf("interrupted %v after %d calls, with %d differences", r.Interrupted, r.Calls, len(r.Differences))
	}
}

func TestSemanticsOf(t *testing.T) {
	for _, release := range []string{"6.12.117", "6.18.44-fc-v657", "7.2.13+deb13-cloud-amd64", "7.3.0-rc4", "7.3", "7.2.5"} {
		want, err := model.ForRelease(release)
		if err != nil {
			t.Fatal(err)
		}
		if sem, err := conform.SemanticsOf(release); err != nil || *sem != *want {
			t.Errorf("%q: got %v, error %v, want %v", release, sem, err, want)
		}
	}
	for _, release := range []string{"6.1.7", "7.4.0", "8.0.1", "", "Darwin", "7"} {
		if sem, err := conform.SemanticsOf(release); !errors.Is(err, conform.ErrUnknownRelease) {
			t.Errorf("%q: got %v, error %v, want that it is not known", release, sem, err)
		}
	}
}

func TestFamilies(t *testing.T) {
	for _, f := range conform.Families() {
		if found, err := conform.FamilyByName(f.Name); err != nil || found != f || f.About == "" {
			t.Errorf("family %q: %v, about %q", f.Name, err, f.About)
		}
	}
	if _, err := conform.FamilyByName("classical"); err == nil || !strings.Contains(err.Error(), "classic") {
		t.Errorf("an unknown family: error %v, want one that lists the known ones", err)
	}
	old, err := model.ForRelease("6.18")
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, conform.Options{Runner: runner(nil), Semantics: old, Checks: 16, Seed: 1})
	for _, f := range r.Families {
		if skipped := f.Skipped != ""; skipped != (f.Name == "namespace") || skipped == (f.Programs > 0) {
			t.Errorf("on 6.18, family %s: %d programs, skipped for %q", f.Name, f.Programs, f.Skipped)
		}
	}
	_, err = conform.Run(context.Background(), conform.Options{Runner: runner(nil), Semantics: old, Families: family(t, "namespace")})
	if err == nil || !strings.Contains(err.Error(), "OPEN_TREE_NAMESPACE") {
		t.Errorf("namespace alone on 6.18: error %v", err)
	}
}
