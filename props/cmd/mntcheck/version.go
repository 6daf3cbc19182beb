package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"mntcheck/model"
)

// Version is what --version --json prints.
type Version struct {
	Version   string   `json:"version"`   // of the module; "(devel)" where built from a checkout
	Go        string   `json:"go"`        // the Go release that built it
	Semantics []string `json:"semantics"` // the first kernel release of each known set of rules, the oldest first
	Default   string   `json:"default"`   // the release whose rules hold where none is named
}

// versionFlag prints the version and ends the program, whatever else is on the
// command line.
type versionFlag bool

// BeforeReset is called by the parser when it meets the flag.
func (versionFlag) BeforeReset(app *kong.Kong, ctx *kong.Context) error {
	v := Version{Version: "(devel)", Go: runtime.Version(), Semantics: model.Releases(), Default: model.DefaultRelease}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	var err error
	if slices.Contains(ctx.Args, "--json") {
		err = printJSON(app.Stdout, v)
	} else {
		_, err = fmt.Fprintf(app.Stdout, "mntcheck %s, built with %s\nsemantics of Linux: %s (default %s)\n",
			v.Version, v.Go, strings.Join(v.Semantics, ", "), v.Default)
	}
	if err != nil {
		return err
	}
	app.Exit(exitOK)
	return nil
}

// printJSON writes the one object that a command prints under --json.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false) // mount tables are full of < and &; this is no web page
	e.SetIndent("", "  ")
	return e.Encode(v)
}
