package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"mntcheck/model"
	"mntcheck/props/conform"
	"mntcheck/props/explore"
	"mntcheck/props/live"
	"mntcheck/props/system"
)

// The exit codes, which are part of what the command promises.
const (
	exitOK          = 0 // nothing violated, everything agrees, the question answered
	exitFound       = 1 // an invariant was violated, or a kernel or a trace disagrees
	exitUsage       = 2 // a wrong command line, or input that cannot be read
	exitUnavailable = 3 // a kernel that cannot be reached, or lacks what is asked
)

// commandLine is the grammar of the command.
type commandLine struct {
	JSON    bool        `help:"Print one JSON object instead of text." name:"json"`
	Version versionFlag `help:"Print the version and the semantics it knows." name:"version"`

	Check   checkCommand   `cmd:"" help:"Check invariants on random mount tables and call sequences."`
	Explore exploreCommand `cmd:"" help:"Check invariants on every state of a bounded world."`
	Explain explainCommand `cmd:"" help:"Show what a call would do to a mount table."`
	Run     runCommand     `cmd:"" help:"Make the calls of a program, and print each answer."`
	Replay  replayCommand  `cmd:"" help:"Compare recorded traces with the model."`
	Conform conformCommand `cmd:"" help:"Compare a kernel with the model, on random programs."`
	Record  recordCommand  `cmd:"" help:"Record what a kernel answers to programs, as traces."`

	Releases  releasesCommand  `cmd:"" help:"Print the rules in which kernel releases differ."`
	Reproduce reproduceCommand `cmd:"" help:"Turn a trace into a program that stands alone, for a bug report."`
}

// session is what a command works with: its streams, and what ends it early.
type session struct {
	ctx    context.Context
	stdin  io.Reader
	stdout *bufio.Writer
	stderr io.Writer
	json   bool

	factory system.Factory        // of what check checks; nil: the model
	runner  conform.RunnerFactory // of the kernel; nil: the one that the flags choose
}

// also says what went wrong beside what was found, which counts for more: nil is
// nothing.
func (s *session) also(err error) {
	if err != nil {
		fmt.Fprintf(s.stderr, "mntcheck: %v\n", err)
	}
}

// errFound ends a command with exitFound: it has already printed what it found.
var errFound = errors.New("found")

func main() {
	live.Main() // in a process that makes a kernel's calls: does not return
	os.Exit(runMain(os.Args[1:]))
}

// runMain is main, with the exit code as its result.
func runMain(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends it at once

	out := bufio.NewWriter(coloured(os.Stdout))
	s := &session{ctx: ctx, stdin: os.Stdin, stdout: out, stderr: os.Stderr}
	err := dispatch(s, args)
	if flushErr := out.Flush(); err == nil && flushErr != nil {
		err = fmt.Errorf("writing the output: %w", flushErr)
	}
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFound):
		return exitFound
	}
	fmt.Fprintf(os.Stderr, "mntcheck: %v\n", err)
	if errors.As(err, new(errUnavailable)) {
		return exitUnavailable
	}
	var usage *kong.ParseError
	if errors.As(err, &usage) {
		fmt.Fprintf(os.Stderr, "Run '%s --help' for the usage.\n", commandName(usage.Context))
	}
	return exitUsage
}

// dispatch reads the command line and does what it says.
func dispatch(s *session, args []string) error {
	var line commandLine
	parser, err := kong.New(&line,
		kong.Name("mntcheck"),
		kong.Description("A model checker for Linux mount tables.\n\nExit status: 0 if nothing was violated and everything agrees, 1 if not, 2 for bad usage or input, 3 if there is no kernel to ask."),
		kong.Writers(s.stdout, s.stderr),
		kong.Exit(func(code int) { _ = s.stdout.Flush(); os.Exit(code) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Vars{
			"default_release": model.DefaultRelease, "families": familyNames(),
			"default_world":   explore.DefaultWorld,
			"max_differences": strconv.Itoa(conform.DefaultMaxDifferences),
		},
		kong.Bind(s),
	)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return err
	}
	s.json = line.JSON
	return parsed.Run()
}

// commandName is "mntcheck", with the subcommand where one was recognised.
func commandName(c *kong.Context) string {
	if c == nil || c.Selected() == nil {
		return "mntcheck"
	}
	return "mntcheck " + c.Selected().Name
}

// releaseFlag is the flag that chooses whose rules hold.
type releaseFlag struct {
	Release string `help:"Kernel release whose rules hold; ${default_release} where not given." default:"${default_release}" placeholder:"R"`
}

// semantics finds the rules of the release that was asked for.
func (f releaseFlag) semantics() (*model.Semantics, error) {
	sem, err := model.ForRelease(f.Release)
	if err != nil && !strings.Contains(err.Error(), "known") {
		err = fmt.Errorf("%w; the known ones are %s", err, strings.Join(model.Releases(), ", "))
	}
	return sem, err
}
