package props

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"mntcheck/model"
	"mntcheck/props/check"
	"mntcheck/props/draw"
	"mntcheck/props/invariant"
)

// Option changes what Check or Fuzz does.
type Option func(*settings) error

type settings struct {
	check  check.Options
	minima *check.Minima
	seeded bool
}

// Checks sets the number of cases; without it there are 1000, and 100 with
// -short.
func Checks(n int) Option {
	return func(s *settings) error {
		s.check.Checks = n
		return nil
	}
}

// Duration makes Check run for so long instead of a number of cases.
func Duration(d time.Duration) Option {
	return func(s *settings) error {
		s.check.Duration = d
		return nil
	}
}

// Seed makes the cases those of a seed. Without it, each run has a seed of its
// own, which a failure prints.
func Seed(seed uint64) Option {
	return func(s *settings) error {
		s.check.Seed, s.seeded = seed, true
		return nil
	}
}

// Release sets the kernel release whose rules the model has, such as "7.3".
func Release(release string) Option {
	return func(s *settings) (err error) {
		s.check.Semantics, err = model.ForRelease(release)
		return err
	}
}

// Invariants sets what to check, by patterns of names such as "NS-*".
func Invariants(globs ...string) Option {
	return func(s *settings) error {
		for _, glob := range globs {
			some, err := invariant.ByGlob(glob)
			if err != nil {
				return err
			}
			s.check.Invariants = append(s.check.Invariants, some...)
		}
		return nil
	}
}

// Add adds invariants of your own.
func Add(own ...*invariant.Invariant) Option {
	return func(s *settings) error {
		if s.check.Invariants == nil {
			s.check.Invariants = invariant.All()
		}
		s.check.Invariants = append(s.check.Invariants, own...)
		return nil
	}
}

// Strict makes what the release is known to break (invariant.Known) fail too.
func Strict() Option {
	return func(s *settings) error {
		s.check.Strict = true
		return nil
	}
}

// Sizes sets how large worlds are.
func Sizes(sizes ...draw.Size) Option {
	return func(s *settings) error {
		s.check.Sizes = sizes
		return nil
	}
}

// Calls sets the number of calls in a case, without those that build its world.
func Calls(n int) Option {
	return func(s *settings) error {
		s.check.Calls = n
		return nil
	}
}

// Workers sets how many cases run at once; a system that is slow to answer
// wants more than there are cores.
func Workers(n int) Option {
	return func(s *settings) error {
		s.check.Workers = n
		return nil
	}
}

// Require makes Check fail where the run does not reach what it should.
func Require(m check.Minima) Option {
	return func(s *settings) error {
		s.minima = &m
		return nil
	}
}

// FailureDir sets where a failing case is written as a trace; without it, that
// is testdata/failures.
func FailureDir(dir string) Option {
	return func(s *settings) error {
		s.check.FailureDir = dir
		return nil
	}
}

// Environment variables that repeat a run, as its failure prints them. They
// override the options.
const (
	seedVariable   = "MNTCHECK_SEED"
	checksVariable = "MNTCHECK_CHECKS"
)

// settle applies the options, and what the environment and -short say.
func settle(t testing.TB, opts []Option) *settings {
	t.Helper()
	s := &settings{check: check.Options{FailureDir: "testdata/failures"}}
	for _, o := range opts {
		if err := o(s); err != nil {
			t.Fatalf("props: %v", err)
		}
	}
	if s.check.Checks == 0 && s.check.Duration == 0 {
		s.check.Checks = 1000
		if testing.Short() {
			s.check.Checks = 100
		}
	}
	if testing.Short() && s.check.Duration > time.Second {
		s.check.Duration = time.Second
	}
	if !s.seeded {
		s.check.Seed = rand.Uint64()
	}
	fromEnvironment(t, seedVariable, func(n uint64) { s.check.Seed = n })
	fromEnvironment(t, checksVariable, func(n uint64) { s.check.Checks, s.check.Duration = int(n), 0 })
	return s
}

func fromEnvironment(t testing.TB, name string, set func(uint64)) {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		t.Fatalf("props: environment variable %s=%q: want a number", name, text)
	}
	set(n)
}

// again is the line that repeats a failing run.
func again(t testing.TB, f *check.Failure) string {
	return fmt.Sprintf("%s=%d %s=%d go test -run '^%s$'", seedVariable, f.Seed, checksVariable, f.Case+1, t.Name())
}

// ManyNamespaces makes calls that make mount namespaces of a subtree frequent,
// such as open_tree(OPEN_TREE_NAMESPACE).
func ManyNamespaces() Option {
	return func(s *settings) error {
		s.check.Namespaces = true
		return nil
	}
}

// Direct makes cases start from states that were drawn directly, without calls,
// on the model only. What breaks there is logged and fails no test: it is not
// known to be reachable.
func Direct() Option {
	return func(s *settings) error {
		s.check.Direct = true
		return nil
	}
}
