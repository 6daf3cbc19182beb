package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"mntcheck/model"
	"mntcheck/model/mountinfo"
	"mntcheck/model/trace"
	"mntcheck/props/cmd/mntcheck/internal/explain"
)

// explainCommand shows what a call would do.
type explainCommand struct {
	Release   string   `help:"Kernel release whose rules hold, or 'all' to see where they differ; ${default_release} where not given." default:"${default_release}" placeholder:"R"`
	Mountinfo string   `help:"A mount table, as /proc/PID/mountinfo has it; '-' is standard input." placeholder:"FILE" xor:"table"`
	PID       int      `name:"pid" help:"The mount table of a process." placeholder:"N" xor:"table"`
	UserNS    bool     `name:"userns" help:"Ask as a caller in a new user namespace."`
	Calls     []string `arg:"" name:"call" help:"The call in strace's syntax. Of several, the last one is explained, and the others are made before it; $1 is the result of the first."`
}

// Run answers the question. A call that would fail is an answer, too. There is
// no half of an answer, so Ctrl-C ends it at once.
func (c *explainCommand) Run(s *session) error {
	defer context.AfterFunc(s.ctx, func() {
		fmt.Fprintln(s.stderr, "mntcheck: interrupted")
		os.Exit(exitUsage)
	})()
	var sem *model.Semantics
	if c.Release != allReleases {
		var err error
		if sem, err = (releaseFlag{c.Release}).semantics(); err != nil {
			return err
		}
	}
	calls, err := parseCalls(c.Calls)
	if err != nil {
		return err
	}
	table, live, err := c.table(s)
	if err != nil {
		return err
	}
	ask := func(sem *model.Semantics) (*explain.Answer, error) { return c.ask(sem, table, live, calls) }
	if sem == nil {
		across, err := explain.AskAcross(ask)
		if err != nil {
			return err
		}
		if s.json {
			return printJSON(s.stdout, across)
		}
		return across.Write(s.stdout)
	}
	answer, err := ask(sem)
	if err != nil {
		return err
	}
	if s.json {
		return printJSON(s.stdout, answer)
	}
	return answer.Write(s.stdout)
}

// allReleases is what stands for every known release.
const allReleases = "all"

// ask asks under the rules of one release.
func (c *explainCommand) ask(sem *model.Semantics, table *mountinfo.Table, live string, calls []model.Call) (*explain.Answer, error) {
	options := mountinfo.LoadOptions{Semantics: sem}
	if live != "" {
		options.IsDir, options.Readlink = lookInto(live + "/root")
	}
	loaded, err := mountinfo.Load(table, options)
	if err != nil {
		return nil, err
	}
	q := explain.Question{State: loaded.State, Actor: 1, Name: table.Name, Listed: len(table.Entries), NewUserNS: c.UserNS, Brief: c.Release == allReleases}
	if live != "" {
		if q.Cwd, err = os.Readlink(live + "/cwd"); err != nil {
			q.Cwd = "" // the answer says where it takes the caller to stand
		}
		loaded.Learn(q.Cwd)
	}
	for i := range calls {
		loaded.LearnCall(&calls[i])
	}
	q.First, q.Call = calls[:len(calls)-1], calls[len(calls)-1]
	q.Assumed = func(c *model.Call, r model.Result, before, after *model.State) []string {
		return sentences(loaded.Relevant(c, r, before, after))
	}
	return explain.Ask(q)
}

// groupsNamed is the number of peer groups up to which an assumption names each.
const groupsNamed = 3

// sentences are the assumptions in words. What is assumed of many peer groups
// is said once.
func sentences(all []mountinfo.Assumption) (words []string) {
	groups := 0
	for _, a := range all {
		if _, ok := a.(mountinfo.PeersElsewhere); ok {
			if groups++; groups > groupsNamed {
				continue
			}
		}
		words = append(words, a.Sentence())
	}
	if groups > groupsNamed {
		words = append(words, fmt.Sprintf("the same of %d more peer groups", groups-groupsNamed))
	}
	return words
}

// parseCalls reads the calls. An error says which one is meant, and quotes it
// with a mark below the column, since it is in no file that could be opened.
func parseCalls(texts []string) ([]model.Call, error) {
	calls := make([]model.Call, 0, len(texts))
	for i, text := range texts {
		c, err := trace.ParseCall(text)
		var bad *trace.Error
		switch {
		case errors.As(err, &bad) && bad.Column > 0 && bad.Column <= len(text)+1:
			return nil, fmt.Errorf("call %d, column %d: %s\n\t%s\n\t%s^", i+1, bad.Column, bad.Msg, text, strings.Repeat(" ", bad.Column-1))
		case err != nil:
			return nil, fmt.Errorf("call %d: %w", i+1, err)
		}
		calls = append(calls, c)
	}
	return calls, nil
}

// table reads the mount table that was asked for. live is the folder in /proc
// of the process that it is the table of, "" where there is none.
func (c *explainCommand) table(s *session) (table *mountinfo.Table, live string, err error) {
	file := c.Mountinfo
	switch {
	case c.PID < 0:
		return nil, "", fmt.Errorf("--pid %d: want the number of a process", c.PID)
	case c.PID > 0:
		live = "/proc/" + strconv.Itoa(c.PID)
	case file == "":
		live = "/proc/self"
	}
	if live != "" {
		file = live + "/mountinfo"
	}
	name, data, err := readInput(s, file, mountinfo.MaxSize)
	if errors.Is(err, fs.ErrNotExist) && c.Mountinfo == "" && c.PID == 0 {
		return nil, "", fmt.Errorf("%w; name a table with --mountinfo", err)
	}
	if err != nil {
		return nil, "", err
	}
	table, err = mountinfo.Parse(name, data)
	return table, live, err
}

// lookInto looks at files that a mount table does not list: whether a path is
// a directory, and where a symlink points. Nothing is followed below root but
// what root itself is.
func lookInto(root string) (isDir func(string) (dir, known bool), readlink func(string) (string, bool)) {
	isDir = func(path string) (dir, known bool) {
		info, err := os.Lstat(filepath.Join(root, path))
		if err != nil {
			return false, false
		}
		return info.IsDir(), true
	}
	readlink = func(path string) (string, bool) {
		target, err := os.Readlink(filepath.Join(root, path))
		return target, err == nil
	}
	return isDir, readlink
}
