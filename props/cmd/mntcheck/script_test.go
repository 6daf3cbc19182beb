package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"mntcheck/props/conform"
	"mntcheck/props/live"
)

var update = flag.Bool("update", false, "write what the commands print into the scripts")

func TestMain(m *testing.M) {
	live.Main()
	testscript.Main(m, map[string]func(){
		"mntcheck": func() { os.Exit(runMain(os.Args[1:])) },
	})
}

// TestScripts runs the command as people do. The scripts are named for the
// subcommand and what they show of it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition:           condition,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits,
		},
	})
}

// condition tells what a script may ask for: [kernel], that the running kernel
// can be compared with the model here.
func condition(name string) (bool, error) {
	if name != "kernel" {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	native, err := live.New(context.Background(), live.Options{Log: io.Discard})
	if err != nil {
		return false, nil
	}
	defer native.Close()
	_, err = conform.SemanticsOf(native.Profile().Release)
	return err == nil, nil
}

// exits runs a command and wants an exit status: exits 2 mntcheck frob. Its
// output is there for stdout, stderr and cmp, as after exec.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits status program [args...]")
	}
	status := "0"
	err := ts.Exec(args[1], args[2:]...)
	if coded, ok := err.(interface{ ExitCode() int }); ok {
		status = string(rune('0' + coded.ExitCode()))
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if status != args[0] {
		ts.Fatalf("exit status %s, want %s", status, args[0])
	}
}
