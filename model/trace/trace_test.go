package trace

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"mntcheck/model"
)

// corpus is a folder of recorded traces beside the project; it need not be there.
const corpus = "../../../shared/corpus"

func TestRoundTrip(t *testing.T) {
	traces, steps := roundTrip(t, "testdata")
	if traces < 7 || steps < 150 {
		t.Errorf("testdata: %d traces with %d calls, want at least 7 with 150", traces, steps)
	}
}

func TestRoundTripCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("testdata has one trace of each family")
	}
	if _, err := os.Stat(corpus); errors.Is(err, fs.ErrNotExist) {
		t.Skip("no corpus beside the project")
	}
	traces, steps := roundTrip(t, corpus)
	t.Logf("%d traces with %d calls", traces, steps)
}

// roundTrip holds that each trace in a folder comes out byte for byte as it is.
// Calls and results are printed from their values.
func roundTrip(t *testing.T, folder string) (traces, steps int) {
	t.Helper()
	err := Each([]string{folder}, func(file string, data []byte) error {
		parsed, err := Parse(file, data)
		if err != nil {
			return err
		}
		if got := parsed.Format(); !bytes.Equal(got, data) {
			t.Errorf("%s comes out as\n%s", file, got)
		}
		traces++
		steps += len(parsed.Steps)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return traces, steps
}

func readTestdata(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestLineNumbers holds that steps and sections know where in the file they are.
func TestLineNumbers(t *testing.T) {
	data := readTestdata(t, "userns.txtar")
	lines := strings.Split(string(data), "\n")
	parsed, err := Parse("userns.txtar", data)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range parsed.Steps {
		if got := lines[step.Number-1]; got != step.Text {
			t.Errorf("line %d is %q, want %q", step.Number, got, step.Text)
		}
	}
	for name, section := range map[string]Section{
		"initial.mountinfo": parsed.Initial, "final.mountinfo": parsed.Final, "actors": parsed.Actors,
	} {
		first, _, _ := strings.Cut(section.Text, "\n")
		if lines[section.Line-1] != first || lines[section.Line-2] != "-- "+name+" --" {
			t.Errorf("section %s does not start on line %d", name, section.Line)
		}
	}
	if parsed.Meta.Kernel() != "6.18.15" || parsed.Meta.Family() != "userns" || parsed.Meta.Get("seed") != "180007" || parsed.Meta.Get("x") != "" {
		t.Errorf("meta is %v", parsed.Meta)
	}
}

// whole is a trace with every section; tests break it in one place each.
const whole = `About this trace.
-- meta --
kernel 7.3.4
family made up
-- initial.mountinfo --
1 1 0:1 / / rw - nullfs nullfs rw
-- trace --
# first a folder

1 mkdir("/a", 0755) = 0
# then nothing
1 chdir($1x) = 0
-- final.mountinfo --
-- actors --
`

func TestComments(t *testing.T) {
	text := strings.Replace(whole, "$1x", `"/a"`, 1)
	text = strings.Replace(text, "-- final", "# the end\n\n-- final", 1)
	parsed, err := Parse("x", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if parsed.Comment != "About this trace.\n" || len(parsed.Steps) != 2 ||
		parsed.Steps[0].Comment != "# first a folder\n\n" || parsed.Steps[1].Comment != "# then nothing\n" || parsed.Tail != "# the end\n\n" {
		t.Errorf("got %+v", parsed)
	}
	if got := string(parsed.Format()); got != text {
		t.Errorf("comes out as\n%s", got)
	}
	if !parsed.Final.Present || parsed.Final.Text != "" {
		t.Errorf("an empty section is one: %+v", parsed.Final)
	}
}

func TestCarriageReturns(t *testing.T) {
	data := readTestdata(t, "nsfs.txtar")
	parsed, err := Parse("x", bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(parsed.Format(), data) {
		t.Errorf("comes out as\n%s", parsed.Format())
	}
}

func TestParseErrors(t *testing.T) {
	good := strings.Replace(whole, "$1x", `"/a"`, 1)
	for _, test := range []struct {
		old, new     string // what is replaced in a good trace
		line, column int
		want         string
	}{
		{`"/a") =`, `$1x) =`, 12, 9, `argument 1 of chdir, path: want a string`},
		{`chdir("/a")`, `close($2)`, 12, 9, `$2 is no earlier step's result: there are 1 steps before this one`},
		{`chdir("/a") = 0`, `chdir("/a")`, 12, 14, `no result: want "= 0", "= -1 EINVAL" or "= ?"`},
		{`-- actors --`, `-- actor --`, 14, 1, `unknown section "actor": want meta, initial.mountinfo, trace, final.mountinfo, actors`},
		{`-- actors --`, `-- trace --`, 14, 1, `section "trace" is there twice, first on line 7`},
		{"-- actors --\n", ``, 0, 0, `no section "actors": a trace has meta, `},
		{"-- trace --\n", ``, 0, 0, `no section "trace": a trace has meta, `},
		{`kernel 7.3.4`, `kern 7.3.4`, 2, 1, `no kernel in meta`},
		{`kernel 7.3.4`, `kernel`, 3, 1, `key kernel has no value`},
		{`kernel 7.3.4`, ` 7.3.4`, 3, 2, `"7.3.4" is no key`},
		{`family made`, `kernel made`, 4, 1, `key kernel is given twice`},
	} {
		text := strings.Replace(good, test.old, test.new, 1)
		if text == good {
			t.Fatalf("%q is not in the trace", test.old)
		}
		_, err := Parse("f.txtar", []byte(text))
		checkError(t, test.new, err, test.line, test.column, test.want)
	}
	_, err := Parse("f.txtar", []byte("fork() = 2\n"))
	checkError(t, "a list", err, 0, 0, "no section: a trace is a txtar archive")
	_, err = Parse("f.txtar", make([]byte, MaxFileBytes+1))
	checkError(t, "a large file", err, 0, 0, "a trace has at most")
}

func TestErrorText(t *testing.T) {
	for _, test := range []struct {
		err  Error
		want string
	}{
		{Error{"f", 3, 4, "bad"}, "f:3:4: bad"},
		{Error{"f", 3, 0, "bad"}, "f:3: bad"},
		{Error{"f", 0, 0, "bad"}, "f: bad"},
		{Error{"", 0, 4, "bad"}, "column 4: bad"},
		{Error{"", 0, 0, "bad"}, "bad"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestParseProgram(t *testing.T) {
	const list = "# a detached copy\nopen_tree(AT_FDCWD, \"/a\", OPEN_TREE_CLONE)\n\n2 close($1) = 0\n# done"
	const archive = "-- trace --\n# a detached copy\n1 open_tree(AT_FDCWD, \"/a\", OPEN_TREE_CLONE)\n\n2 close($1) = 0\n# done\n"
	for _, text := range []string{list, archive} {
		parsed, err := ParseProgram("p", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		want := []model.Step{
			{Actor: 1, Call: model.NewCall(model.OpOpenTree, model.Num(model.AT_FDCWD), model.Str("/a"), model.Num(1))},
			{Actor: 2, Call: model.NewCall(model.OpClose, model.Ref(0))},
		}
		if got := parsed.Program(); !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if len(parsed.Results()) != 0 || !parsed.Steps[1].Answered {
			t.Errorf("results are those up to the first call without: %v", parsed.Results())
		}
		if got := string(parsed.Format()); got != archive {
			t.Errorf("comes out as\n%s", got)
		}
	}
}

func TestParseProgramErrors(t *testing.T) {
	for _, test := range []struct {
		text         string
		line, column int
		want         string
	}{
		{"", 0, 0, `no call: want one a line`},
		{"# nothing\n", 0, 0, `no call: want one a line`},
		{"-- meta --\nkernel 7.3\n", 0, 0, `no section "trace"`},
		{"fork()\n\nfrok()\n", 3, 1, `unknown call "frok": did you mean fork?`},
		{"fork()\n  1 close($2)\n", 2, 11, `$2 is no earlier step's result`},
		{"x\n-- trace --\n# y\nclose(\"3\")\n", 4, 7, `argument 1 of close, fd`},
	} {
		_, err := ParseProgram("p", []byte(test.text))
		checkError(t, test.text, err, test.line, test.column, test.want)
	}
}

func TestNew(t *testing.T) {
	var meta Meta
	meta.Set("kernel", "7.3")
	meta.Set("family", "x")
	meta.Set("family", "check")
	openTree := model.NewCall(model.OpOpenTree, model.Num(model.AT_FDCWD), model.Str("/a"), model.Num(1))
	recording := Recording{
		Comment: "Broken: nothing covered is revealed.",
		Meta:    meta,
		Program: []model.Step{
			{Actor: 1, Call: openTree},
			{Actor: 2, Call: model.NewCall(model.OpClose, model.Ref(0))},
			{Actor: 1, Call: model.NewCall(model.OpClose, model.Ref(2))},
		},
		Results: []Result{Success(3), Failure(model.EBADF), Failure(model.EBADF)},
		Initial: "1 1 0:1 / / rw - nullfs nullfs rw\n",
		Actors:  "1 ns 1 root 1 / cwd 1 /",
	}
	const want = `Broken: nothing covered is revealed.
-- meta --
kernel 7.3
family check
-- initial.mountinfo --
1 1 0:1 / / rw - nullfs nullfs rw
-- trace --
1 open_tree(AT_FDCWD, "/a", OPEN_TREE_CLONE) = 3
2 close($1) = -1 EBADF (Bad file descriptor)
1 close(-1) = -1 EBADF (Bad file descriptor)
-- final.mountinfo --
-- actors --
1 ns 1 root 1 / cwd 1 /
`
	made, err := New(recording)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(made.Format()); got != want {
		t.Errorf("got\n%s", got)
	}
	if !reflect.DeepEqual(made.Results(), recording.Results) {
		t.Errorf("results are %v", made.Results())
	}

	recording.Results, recording.Initial = recording.Results[:1], ""
	made, err = New(recording)
	if err != nil {
		t.Fatal(err)
	}
	if made.Final.Present || made.Actors.Present || made.Initial.Present || made.Steps[1].Answered {
		t.Errorf("what came of the whole program is not known: %s", made.Format())
	}
}

func TestNewErrors(t *testing.T) {
	fork := model.Step{Actor: 1, Call: model.NewCall(model.OpFork)}
	for _, test := range []struct {
		recording Recording
		want      string
	}{
		{Recording{Results: []Result{Success(2)}}, "1 results for 0 calls"},
		{Recording{Program: []model.Step{fork}, Results: []Result{Success(2)}}, `no section "meta"`},
		{Recording{Program: []model.Step{{Actor: 0, Call: fork.Call}}}, "0 is no actor"},
		{Recording{Comment: "-- trace --"}, `section "trace" is there twice`},
		{Recording{Initial: "-- x --\n"}, `unknown section "x"`},
		{Recording{Meta: Meta{{"a b", "c\nd e"}}}, "one line for each meta entry"},
		{Recording{Meta: Meta{{"a-", ""}}}, "key a- has no value"},
		{Recording{Program: []model.Step{{Actor: 1, Call: model.NewCall(model.OpChdir, model.Num(3))}}}, "want a string"},
		{Recording{Program: []model.Step{{Actor: 1}}}, "want a call"},
	} {
		_, err := New(test.recording)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}
