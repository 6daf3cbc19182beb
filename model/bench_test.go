package model

import (
	"fmt"
	"testing"
	"unsafe"
)

// flatTable is a namespace of n mounts: nullfs, a tmpfs on it, and the rest in
// directories of that, one in eight of them shared; actor 1 stands in it.
func flatTable(tb testing.TB, n int) *State {
	tb.Helper()
	b := NewBuilder(World{})
	b.Grow(n)
	ns := b.Namespace(NamespaceSpec{})
	bottom := b.Superblock(SuperblockSpec{Type: Nullfs})
	root := b.Mount(MountSpec{NS: ns, Root: b.Root(bottom), Source: "nullfs"})
	sb := b.Superblock(SuperblockSpec{Type: Tmpfs})
	top := b.Mount(MountSpec{NS: ns, Parent: root, MP: b.Root(bottom), Root: b.Root(sb), Flags: RelAtime, Source: "none"})
	for i := 2; i < n; i++ {
		spec := MountSpec{NS: ns, Parent: top, MP: b.Dentry(b.Root(sb), fmt.Sprintf("d%d/m%d", i%100, i), Dir), Root: b.Root(sb), Flags: RelAtime, Source: "none"}
		if i%8 == 0 {
			spec.Group = int32(i)
		}
		b.Mount(spec)
	}
	b.Process(ProcessSpec{NS: ns, Caps: AllCaps})
	s, err := b.Build()
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// mustDo makes a call that has to succeed.
func mustDo(tb testing.TB, s *State, actor int, op Op, args ...Arg) int64 {
	tb.Helper()
	c := NewCall(op, args...)
	r, err := s.Do(actor, &c)
	if err != nil || r.Errno != 0 {
		tb.Fatalf("%s: %v, %v: %s", op, r, err, s.Sentence(r.Refusal))
	}
	return r.Value
}

// Target: under 1 µs.
func BenchmarkCopy30(b *testing.B) {
	s := flatTable(b, 30)
	d := new(State)
	b.ReportAllocs()
	for b.Loop() {
		s.Copy(d)
	}
}

// Target: the same for both sizes, within a factor of 2. The descriptor is closed
// each time, which ends the namespace again.
func BenchmarkOpenTreeNamespace(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := flatTable(b, n)
			open := NewCall(OpOpenTree, Num(AT_FDCWD), Str("/d50/m50"), Num(OPEN_TREE_NAMESPACE|AT_RECURSIVE))
			b.ReportAllocs()
			for b.Loop() {
				r, err := s.Do(1, &open)
				if err != nil || r.Errno != 0 {
					b.Fatal(r, err)
				}
				shut := NewCall(OpClose, Num(r.Value))
				if r, err = s.Do(1, &shut); err != nil || r.Errno != 0 {
					b.Fatal(r, err)
				}
			}
		})
	}
}

// Target: 300 ns a mount. A child keeps the namespace that is left, so that the
// call makes one and ends none.
func BenchmarkUnshare(b *testing.B) {
	const n = 30_000
	s := flatTable(b, n)
	mustDo(b, s, 1, OpFork)
	work := s.Clone()
	unshare := NewCall(OpUnshare, Num(CLONE_NEWNS))
	b.ReportAllocs()
	for b.Loop() {
		if r, err := work.Do(1, &unshare); err != nil || r.Errno != 0 {
			b.Fatal(r, err)
		}
		b.StopTimer()
		s.Copy(work)
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/mount")
}

// Target: the same for both sizes.
func BenchmarkResolve(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := flatTable(b, n)
			b.ReportAllocs()
			for b.Loop() {
				if _, r := s.Resolve(1, AT_FDCWD, Str("/d50/m50/d51/m51/../../d52"), ResolveFollow); r.Refused() {
					b.Fatal(s.Sentence(r))
				}
			}
		})
	}
}

// Target: 100 ms.
func BenchmarkBuild100000(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		flatTable(b, 100_000)
	}
}

// TestMountSize: a mount takes at most 256 bytes, with the indexes that grow with
// the mounts, and without names and dentries.
func TestMountSize(t *testing.T) {
	const n = 50_000
	s := flatTable(t, n)
	mustDo(t, s, 1, OpUnshare, Num(CLONE_NEWNS)) // grows as a run does, unlike the Builder, which knows
	mounts := 2 * n
	bytes := cap(s.Mounts)*int(unsafe.Sizeof(Mount{})) +
		cap(s.mountHash)*int(unsafe.Sizeof(MountIx(0))) +
		(cap(s.mountIDs.used)+cap(s.groupIDs.used))*8
	if per := float64(bytes) / float64(mounts); per > 256 {
		t.Errorf("%.0f bytes a mount (a record is %d), want at most 256", per, unsafe.Sizeof(Mount{}))
	} else {
		t.Logf("%.0f bytes a mount, %d of them the record", per, unsafe.Sizeof(Mount{}))
	}
}
