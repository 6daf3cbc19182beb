package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"mntcheck/props/explore"
)

// keptSearch is what a checkpoint says of the command line, so that --resume
// needs nothing else.
type keptSearch struct {
	World string `json:"world"`          // as it was given
	Text  string `json:"text,omitempty"` // of a world that was a file
	Search
}

// Search are the flags that decide what a search finds.
type Search struct {
	Release     string   `json:"release,omitempty"`
	Depth       int      `json:"depth,omitempty"`
	Mounts      int      `json:"mounts,omitempty"`
	Invariant   []string `json:"invariant,omitempty"`
	Strict      bool     `json:"strict,omitempty"`
	KeepGoing   bool     `json:"keep_going,omitempty"`
	Unreduced   bool     `json:"unreduced,omitempty"`
	IgnoreOrder bool     `json:"ignore_order,omitempty"`
}

func (c *exploreCommand) search() Search {
	return Search{c.Release, c.Depth, c.Mounts, c.Invariant, c.Strict, c.KeepGoing, c.Unreduced, c.IgnoreOrder}
}

// resume sets the flags to those of the search that is kept in a checkpoint.
// Flags that were given have to agree with it.
func (c *exploreCommand) resume() (kept keptSearch, err error) {
	if c.Checkpoint != "" && c.Checkpoint != c.Resume {
		return kept, fmt.Errorf("--checkpoint %s: --resume goes on in the file that it is given, %s", c.Checkpoint, c.Resume)
	}
	if info, err := os.Stat(c.Resume); err == nil && info.IsDir() {
		return kept, fmt.Errorf("--resume %s: a folder; want the file that --checkpoint was given", c.Resume)
	}
	note, err := explore.CheckpointNote(c.Resume)
	if err != nil {
		return kept, fmt.Errorf("--resume: %w", err)
	}
	if note == nil || json.Unmarshal(note, &kept) != nil || kept.World == "" {
		return kept, fmt.Errorf("--resume %s: the checkpoint does not say which world it is of", c.Resume)
	}
	k := &kept.Search
	var differ []string
	agree(&differ, "--world", &c.World, kept.World, "")
	agree(&differ, "--release", &c.Release, k.Release, "")
	agree(&differ, "--depth", &c.Depth, k.Depth, 0)
	agree(&differ, "--mounts", &c.Mounts, k.Mounts, 0)
	agree(&differ, "--strict", &c.Strict, k.Strict, false)
	agree(&differ, "--keep-going", &c.KeepGoing, k.KeepGoing, false)
	agree(&differ, "--unreduced", &c.Unreduced, k.Unreduced, false)
	agree(&differ, "--ignore-order", &c.IgnoreOrder, k.IgnoreOrder, false)
	globs := strings.Join(c.Invariant, " ")
	agree(&differ, "--invariant", &globs, strings.Join(k.Invariant, " "), "")
	if differ != nil {
		return kept, errors.New(strings.Join(differ, "; "))
	}
	c.Invariant, c.Checkpoint = k.Invariant, c.Resume
	return kept, nil
}

// agree sets a flag that was not given, and notes one that is not as it was kept.
func agree[T comparable](differ *[]string, name string, given *T, kept, none T) {
	switch {
	case *given == none:
		*given = kept
	case *given != kept && kept == none:
		*differ = append(*differ, fmt.Sprintf("%s %v: the search in the checkpoint is of another world, release or bound: it was begun without %s", name, *given, name))
	case *given != kept:
		*differ = append(*differ, fmt.Sprintf("%s %v: the search in the checkpoint is of another world, release or bound: %v", name, *given, kept))
	}
}

// resumeCommand is the command that goes on with the search. The limit of memory is
// none of what a checkpoint keeps, since that may be another machine's.
func (c *exploreCommand) resumeCommand() string {
	words := "mntcheck explore --resume " + shellWord(c.Checkpoint)
	if c.Memory != "" {
		words += " --memory " + shellWord(c.Memory)
	}
	return words
}

// shellWord quotes what a shell would take apart.
func shellWord(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=+,:@%") == "" && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
