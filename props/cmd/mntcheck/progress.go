package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"mntcheck/props/check"
)

// progressAfter is how long a run has to take before it shows how far it is.
const progressAfter = 2 * time.Second

// progressLine shows how far a run has come: a live line on a terminal, and
// nothing elsewhere.
type progressLine struct {
	to      io.Writer
	command string
	bar     *progressbar.ProgressBar // nil until progressAfter
}

// show is a check.Options.Progress.
func (p *progressLine) show(at check.Progress) {
	if at.Elapsed < progressAfter {
		return
	}
	whole := int64(at.Checks)
	done := int64(at.Cases)
	if at.Duration > 0 && (whole == 0 || at.Elapsed.Seconds()/at.Duration.Seconds() > float64(done)/float64(whole)) {
		whole, done = at.Duration.Milliseconds(), at.Elapsed.Milliseconds()
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions64(whole,
			progressbar.OptionSetWriter(p.to), progressbar.OptionSetWidth(20), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetElapsedTime(false), progressbar.OptionSetPredictTime(false),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionUseANSICodes(true),
			progressbar.OptionSetDescription(p.text(at)))
	} else {
		p.bar.Describe(p.text(at))
	}
	_ = p.bar.Set64(min(done, whole-1)) // at the end it is taken away, not completed
}

// text is worded as go test -fuzz does.
func (p *progressLine) text(at check.Progress) string {
	return fmt.Sprintf("%s: elapsed: %s, cases: %d, calls: %d (%.0f/sec)",
		p.command, at.Elapsed.Truncate(time.Second), at.Cases, at.Calls, at.CallsPerSecond())
}

// clear takes the line away.
func (p *progressLine) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
}
