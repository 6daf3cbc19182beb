// Package props checks mount tables against the promises of the mount API: on
// the model, on a kernel, or on an implementation of your own.
//
// Five lines in a Go test run all of it:
//
//	func TestMounts(t *testing.T) {
//		props.Check(t, func(ctx context.Context, w system.World) (system.System, error) {
//			return NewMySystem(w)
//		})
//	}
//
// [Check] makes random worlds and calls, on all cores, and checks every
// invariant after every call; what breaks one is shrunken to a few calls and
// printed as a trace. [Replay] runs traces that were recorded on real kernels and
// compares each answer. [Fuzz] is the same search under go test -fuzz. [Program],
// [Table] and [Machine] are for properties of your own with
// pgregory.net/rapid, which only this package imports.
//
// # The parts
//
// A system is whatever can make a call and show its mount tables; everything
// here knows systems by that interface only. The packages below this one are
// free of rapid, and arrows point one way:
//
//	props             the face: Check, Replay, Fuzz, generators on rapid
//	  │
//	props/check       the engine: cases on all cores, report, coverage, minima
//	props/explore     every state of a bounded world, breadth first
//	props/replay      recorded traces against a system
//	props/conform     random programs on a kernel and on the model, compared
//	props/onkernel    the invariants, on what a kernel did
//	props/live        a kernel as a system: the running one, or one in QEMU
//	  │
//	props/draw        the decoder: bytes to worlds and calls, by looking at the state
//	props/shrink      the shrinker: smaller programs that still fail
//	props/observed    the state that mount tables show, kept call by call
//	props/invariant   the promises, as values that can be checked on one call
//	  │
//	props/system      the seam: System, Factory, World; the model as a System
//	  │
//	model, model/trace, model/mountinfo
//
// A case is bytes; draw decodes them call by call, looking at the state that
// the calls before have made. check makes each call, and shows invariant the
// state before, the call, its answer and the state after. When a promise is
// broken, shrink asks check again and again whether a smaller program
// breaks it as well. The result is a trace: text that any system can replay, and
// that stays valid when the decoder changes.
//
// A system that does not show its state is checked too: by the invariants that
// mount tables suffice for. Calls are then drawn by looking at a model that
// makes the same calls beside it. The others are reported as not observable.
//
// A kernel is a system like any other. live makes its calls natively or in a
// virtual machine, whole programs at a time ([system.Runner]); conform says where
// its answers or tables are not the model's. onkernel, and [CheckKernel] in a test,
// ask no model: what the kernel's tables show before and after a call is held
// against the invariants that it suffices for.
//
// # Reading a verdict
//
// held: the promise applied so many times and was kept. violated: see the
// trace. never applied: its premise never came about, so nothing was tested; a
// run that should mean something has minima against that. known: the release is
// known to break it, with a witness (invariant.Known), and the search goes on; Strict
// makes it a violation. not observable: the system does not show enough.
package props
