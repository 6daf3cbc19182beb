package main

import (
	"fmt"
	"io"
	"strings"
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
			progressbar.OptionSetDescription(exploreProgressText(at, terminalWidth(p.to))))
	} else {
		p.bar.Describe(exploreProgressText(at, terminalWidth(p.to)))
	}
	if p.bar.GetMax64() != int64(at.Frontier) {
		p.bar.ChangeMax64(int64(max(at.Frontier, 2)))
	}
	_ = p.bar.Set64(min(int64(at.Expanded), int64(at.Frontier)-1)) // at the end it is taken away, not completed
}

// barColumns is what the bar takes at least, with its percentage and the cursor.
const barColumns = 14

// exploreProgressText is the line without the bar, for a terminal of so many columns,
// 0 where nobody knows: on a longer line than that each update would be lines of its
// own. What matters least is left out of it first.
func exploreProgressText(at explore.Progress, width int) string {
	parts := []struct {
		text string
		rank int // the highest goes first
	}{
		{at.Elapsed.Truncate(time.Second).String(), 0},
		{columns.Number(at.States) + " states", 0},
		{columns.Number(at.Transitions) + " transitions", 6},
		{columns.Number(uint64(at.TransitionsPerSecond())) + "/sec", 3},
		{fmt.Sprintf("depth %d", at.Depth), 1},
		{columns.Number(at.Frontier-at.Expanded) + " waiting", 5},
		{size(at.Memory), 4},
		{"layer done in " + at.LayerLeft().Truncate(time.Second).String(), 3},
	}
	if all := at.Left(); all > 0 {
		parts[len(parts)-1].rank = 7
		parts = append(parts, parts[0])
		parts[len(parts)-1].text, parts[len(parts)-1].rank = "all in about "+all.Truncate(time.Second).String(), 2
	}
	for most := 7; ; most-- {
		var texts []string
		for _, p := range parts {
			if p.rank <= most {
				texts = append(texts, p.text)
			}
		}
		line := "explore: " + strings.Join(texts, ", ")
		if width == 0 || most == 0 || len(line)+barColumns <= width {
			return line
		}
	}
}

// clear takes the line away.
func (p *exploreProgress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
}
