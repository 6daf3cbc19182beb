package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"mntcheck/props/cmd/mntcheck/internal/columns"
	"mntcheck/props/explore"
)

// exploreProgress shows how far a search through a world has come: the bar is of
// the layer that is being expanded, since nobody knows how many come after it.
type exploreProgress struct {
	to  io.Writer
	bar *progressbar.ProgressBar // nil until progressAfter
}

// show is an explore.Options.Progress.
func (p *exploreProgress) show(at explore.Progress) {
	if at.Elapsed < progressAfter {
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions64(int64(at.Frontier),
			progressbar.OptionSetWriter(p.to), progressbar.OptionSetWidth(20), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetElapsedTime(false), progressbar.OptionSetPredictTime(false),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionUseANSICodes(true),
			progressbar.OptionSetDescription(exploreProgressText(at)))
	} else {
		p.bar.Describe(exploreProgressText(at))
	}
	if p.bar.GetMax64() != int64(at.Frontier) {
		p.bar.ChangeMax64(int64(max(at.Frontier, 2)))
	}
	_ = p.bar.Set64(min(int64(at.Expanded), int64(at.Frontier)-1)) // at the end it is taken away, not completed
}

func exploreProgressText(at explore.Progress) string {
	left := "layer done in " + at.LayerLeft().Truncate(time.Second).String()
	if all := at.Left(); all > 0 {
		left += ", all in about " + all.Truncate(time.Second).String()
	}
	return fmt.Sprintf("explore: %s, %s states, %s transitions (%s/sec), depth %d, %s waiting, %s, %s",
		at.Elapsed.Truncate(time.Second), columns.Number(at.States), columns.Number(at.Transitions),
		columns.Number(uint64(at.TransitionsPerSecond())), at.Depth, columns.Number(at.Frontier-at.Expanded),
		size(at.Memory), left)
}

// clear takes the line away.
func (p *exploreProgress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
}
