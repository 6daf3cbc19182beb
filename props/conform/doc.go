// Package conform compares a kernel with the model: random programs are made on
// both, and held against each other call by call and view by view.
//
//	report, err := conform.Run(ctx, conform.Options{Runner: start, Duration: time.Minute})
//
// It tells who checks a kernel build that it breaks a rule of the specification,
// and who keeps the specification that it is wrong; which of the two it is, the
// report cannot say.
//
// # One program
//
// A program is drawn as package draw does it, by looking at the model: the same
// swarm, so that each program has a subset of the calls and weights of its own.
// Family is what parts of the API it is drawn from. The model's answers and
// views are at hand when the program is drawn; the kernel (a system.Runner) gets
// it whole, together with others, and shows its tables after each call. The
// first thing that is not the same is the difference: behind it the two are in
// different states, and nothing is compared.
//
// Calls are kept to what the model speaks of: there are no options of
// filesystems, no files in proc and sysfs, no descriptors below 3, and so on
// (scope.go has the list). Where it says nothing, a difference would be none.
//
// # What cannot be known
//
// How a kernel numbers namespaces decides some calls (model.NSNumbering). A
// program that does not fit rising numbers is held against numbers in batches,
// and counted (Report.Batched). Views that have no canonical form are not
// compared, and counted (Report.ViewsHidden); the answers still are. So is the
// source of a mount that nobody can see (Report.SourcesUntold), on kernels that show
// sources to those who see the mount only.
//
// # Differences
//
// What differs in the same call by the same rule is one kind, and told once. Its
// program is made smaller on the kernel itself (package shrink): the model
// sorts out, without asking the kernel, what could not show it. Then it is made a
// few times more. A difference that does not come back each time is told as
// flaky; it is never dropped.
//
// A kernel that does not answer, since it hangs or is gone, differs too. The run
// goes on with a new runner.
//
// Recorder writes what a kernel answers as traces, without a model's opinion.
package conform
