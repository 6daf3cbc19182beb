package conform

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"mntcheck/model"
)

// ErrUnknownRelease is in the error of SemanticsOf for a kernel whose rules
// the model does not know.
var ErrUnknownRelease = errors.New("the model does not know its rules")

// SemanticsOf returns the rules of a kernel by its release, as uname prints it.
// Other than model.ForRelease it answers nothing for a kernel of a series that is
// newer than all known ones: what differs from the rules of an older one is no
// finding.
func SemanticsOf(release string) (*model.Semantics, error) {
	sem, err := model.ForRelease(release)
	known := model.Releases()
	if err == nil && !newer(release, known[len(known)-1]) {
		return sem, nil
	}
	return nil, fmt.Errorf("kernel %s: %w; they are known from %s on, and to the series of %s", release, ErrUnknownRelease, known[0], known[len(known)-1])
}

// newer tells whether a release is of a newer series than another: 7.4.1 than
// 7.3.0, but not 7.3.1.
func newer(release, other string) bool {
	var a, b [2]int
	_, errA := fmt.Sscanf(release, "%d.%d", &a[0], &a[1])
	_, errB := fmt.Sscanf(other, "%d.%d", &b[0], &b[1])
	return errA != nil || errB != nil || slices.Compare(a[:], b[:]) > 0
}

// KernelError is why a kernel is not compared: it cannot be reached, or no
// more; the model does not know its rules; it lacks all that is asked of it.
type KernelError struct{ Err error }

// Error is the reason.
func (e *KernelError) Error() string { return e.Err.Error() }

// Unwrap is the error behind it.
func (e *KernelError) Unwrap() error { return e.Err }

// releaseNumber is the release that traces are sorted by: what uname prints,
// without what a distribution has put behind the number.
func releaseNumber(release string) string {
	if i := strings.IndexFunc(release, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); i > 0 {
		return release[:i]
	}
	return release
}
