package main

import (
	"fmt"
	"os"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/cmd/mntcheck/internal/reproduce"
)

// reproduceCommand turns a trace into a program for a bug report.
type reproduceCommand struct {
	File   string `arg:"" name:"trace" help:"A trace, or a program: a list of calls, one a line. '-' is standard input."`
	Go     bool   `xor:"language" help:"Write a Go program that uses golang.org/x/sys/unix. This is the default."`
	Sh     bool   `xor:"language" help:"Write a shell script of util-linux commands, if they can make every call."`
	Output string `short:"o" help:"Write to this file, not to standard output." placeholder:"FILE"`
}

// Reproducer is what reproduce --json prints.
type Reproducer struct {
	Language string `json:"language"` // "go" or "sh"
	Program  string `json:"program"`  // its text; empty where it went into a file
	File     string `json:"file"`     // where it went; empty where it is Program
}

// Run writes the program. Nothing is written of a trace that has a call which the
// language cannot say.
func (c *reproduceCommand) Run(s *session) error {
	name, data, err := readInput(s, c.File, trace.MaxFileBytes)
	if err != nil {
		return err
	}
	t, err := trace.ParseProgram(name, data)
	if err != nil {
		return err
	}
	if err := sameWorld(t, model.NewState(model.World{})); err != nil {
		return err
	}
	language, write := "go", reproduce.Go
	if c.Sh {
		language, write = "sh", reproduce.Shell
	}
	text, err := write(t)
	if err != nil {
		fmt.Fprintf(s.stderr, "mntcheck: %v\n", err)
		return errFound
	}
	report := Reproducer{Language: language, File: c.Output}
	if c.Output == "" {
		report.Program = string(text)
	} else if err := os.WriteFile(c.Output, text, 0o666); err != nil {
		return err
	}
	if s.json {
		return printJSON(s.stdout, report)
	}
	_, err = s.stdout.WriteString(report.Program)
	return err
}
