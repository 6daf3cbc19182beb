package draw

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"mntcheck/model"
)

func TestListsFit(t *testing.T) {
	for name, n := range map[string]int{"variants": len(variants), "growth": len(growth), "bulk": len(bulk)} {
		if n > maxVariants {
			t.Errorf("%d %s, and room for the weights of %d", n, name, maxVariants)
		}
	}
	for i, v := range variants {
		if (v.op == model.OpNone) != (v.idiom != nil && v.name != "") {
			t.Errorf("variant %d is neither a call nor an idiom with a name", i)
		}
	}
}

// Whatever the bytes are, they are a program that the model can run, and whose
// references point back to steps that make what they are used as.
func TestTotal(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	n := 2000
	if testing.Short() {
		n = 300
	}
	for i := range n {
		data := make([]byte, rng.IntN(600))
		switch i % 3 {
		case 0:
			for j := range data {
				data[j] = byte(rng.Uint32())
			}
		case 1:
			for j := range data {
				data[j] = 0xff
			}
		}
		p, err := Decode(data, Limits{})
		if err != nil {
			t.Fatalf("bytes %x: %v", data, err)
		}
		for k, step := range p {
			if step.Actor < 1 || step.Call.Op == model.OpNone || step.Call.Op >= model.NumOps {
				t.Fatalf("bytes %x: step %d is no call: %+v", data, k, step)
			}
			for _, a := range append(step.Call.Args[:], step.Call.Attr.UserNSFD) {
				if a.Kind == model.ResultOf && (a.N < 0 || a.N >= int64(k)) {
					t.Fatalf("bytes %x: step %d refers to step %d: %s", data, k, a.N, step.Call)
				}
			}
		}
	}
}

func TestSameBytesSameProgram(t *testing.T) {
	d := NewDrawer()
	for i := range uint64(200) {
		one, err := d.Run(NewSeed(5, i), Limits{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		two, err := NewDrawer().Run(NewSeed(5, i), Limits{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if one.String() != two.String() {
			t.Fatalf("case %d is two programs:\n%s\n%s", i, one, two)
		}
	}
}

// The calls after a changed byte keep most of their bytes: each call begins at
// a byte of its own.
func TestFewBytesACall(t *testing.T) {
	data := make([]byte, 4000)
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	p, err := Decode(data, Limits{Calls: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	if per := float64(len(data)) / float64(len(p)); per > 8 {
		t.Errorf("%d bytes are %d calls, %.1f bytes each; want at most 8", len(data), len(p), per)
	}
}

// With a fixed seed every call succeeds and fails, every flag of every set is
// set, unknown bits as well, and every kind of errno that needs no rare state
// is answered.
func TestReach(t *testing.T) {
	var ok, refused [model.NumOps]int
	errnos := map[model.Errno]int{}
	flags := map[*model.FlagSet]uint64{}
	kinds := map[string]int{}
	cases := 4000
	if testing.Short() {
		t.Skip("needs 4,000 cases")
	}
	d := NewDrawer()
	for i := range uint64(cases) {
		_, err := d.Run(NewSeed(1, i), Limits{}, func(s *model.State, step model.Step, r model.Result) {
			op := step.Call.Op
			if r.Errno == 0 {
				ok[op]++
			} else {
				refused[op]++
			}
			errnos[r.Errno]++
			for j, p := range op.Signature().Params {
				a := step.Call.Args[j]
				if p.Kind == model.FlagsParam {
					flags[p.Flags] |= uint64(a.N)
				}
				kinds[fmt.Sprintf("%d of kind %d", a.Kind, p.Kind)]++
			}
			if step.Actor > 1 {
				kinds["another actor"]++
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for op := model.OpNone + 1; op < model.NumOps; op++ {
		if ok[op] == 0 {
			t.Errorf("%s never succeeds", op)
		}
		if refused[op] == 0 && op != model.OpFork && op != model.OpExitGroup {
			t.Errorf("%s is never refused", op)
		}
		for _, p := range op.Signature().Params {
			if p.Kind != model.FlagsParam || p.Flags.Enum {
				continue
			}
			for _, n := range p.Flags.Names {
				if flags[p.Flags]&n.Bits != n.Bits {
					t.Errorf("%s: %s is never set", op, n.Name)
				}
			}
			known := uint64(0)
			for _, n := range p.Flags.Names {
				known |= n.Bits
			}
			if flags[p.Flags]&^known == 0 {
				t.Errorf("%s: no bit without a name is ever set in %s", op, p.Name)
			}
		}
	}
	for _, e := range []model.Errno{
		model.EPERM, model.ENOENT, model.ESRCH, model.EBADF, model.EAGAIN, model.EFAULT, model.EBUSY, model.EEXIST, model.EXDEV,
		model.ENODEV, model.ENOTDIR, model.EISDIR, model.EINVAL, model.ENOTTY, model.ENOSPC, model.EROFS, model.ENAMETOOLONG,
		model.ENOTEMPTY, model.ELOOP, model.EOPNOTSUPP, model.E2BIG, model.EMFILE,
	} {
		if errnos[e] == 0 {
			t.Errorf("%s is never answered", e)
		}
	}
	for _, k := range []string{"another actor", "2 of kind 1", "1 of kind 1", "3 of kind 4", "0 of kind 4", "3 of kind 5", "3 of kind 7", "2 of kind 8", "4 of kind 8", "2 of kind 2"} {
		if kinds[k] == 0 {
			t.Errorf("no argument is %s", k)
		}
	}
	if share := float64(sum(ok)) / float64(sum(ok)+sum(refused)); share < 0.35 || share > 0.75 {
		t.Errorf("%.0f %% of the calls succeed, want about half", 100*share)
	}
}

func sum(counts [model.NumOps]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

func TestSizes(t *testing.T) {
	d := NewDrawer()
	for _, test := range []struct {
		size      Size
		low, high int // mounts at the largest, in the largest of some cases
		cases     uint64
	}{
		{Small, 5, 200, 60},
		{Medium, 50, 2500, 30},
		{Large, 1000, 12000, 6},
	} {
		if testing.Short() && test.size == Large {
			continue
		}
		largest := 0
		for i := range test.cases {
			_, err := d.Run(NewSeed(9, i), Limits{Sizes: []Size{test.size}}, func(s *model.State, _ model.Step, _ model.Result) {
				largest = max(largest, mountCount(s))
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if largest < test.low || largest > test.high {
			t.Errorf("%s worlds have up to %d mounts, want %d to %d", test.size, largest, test.low, test.high)
		}
	}
}

func TestSupports(t *testing.T) {
	only := func(op model.Op) bool { return op == model.OpMkdir || op == model.OpMount || op == model.OpChdir }
	for i := range uint64(50) {
		p, err := NewDrawer().Run(NewSeed(2, i), Limits{Supports: only}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range p {
			if !only(step.Call.Op) {
				t.Fatalf("case %d has the call %s, which is not supported", i, step.Call)
			}
		}
	}
}

// Swarm: cases differ in what they are made of.
func TestSwarm(t *testing.T) {
	var without [model.NumOps]int
	d := NewDrawer()
	for i := range uint64(100) {
		p, err := d.Run(NewSeed(4, i), Limits{Calls: 100, Sizes: []Size{Small}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var has [model.NumOps]bool
		for _, step := range p {
			has[step.Call.Op] = true
		}
		for op := range has {
			if !has[op] {
				without[op]++
			}
		}
	}
	for _, op := range []model.Op{model.OpPivotRoot, model.OpChroot, model.OpRename, model.OpSetns} {
		if without[op] < 10 || without[op] > 95 {
			t.Errorf("%d of 100 cases are without %s; want some with and some without", without[op], op)
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	d := NewDrawer()
	b.ReportAllocs()
	calls := 0
	for i := uint64(0); calls < b.N; i++ {
		p, err := d.State(NewSeed(1, i), Limits{Sizes: []Size{Small}})
		if err != nil || p == nil {
			b.Fatal(err)
		}
		calls += len(d.program)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(calls), "ns/call")
}
