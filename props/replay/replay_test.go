package replay_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"mntcheck/model"
	"mntcheck/props/replay"
	"mntcheck/props/system"
)

const head = "-- meta --\nkernel %s\nfamily %s\n-- initial.mountinfo --\n1 1 0:1 / / rw - nullfs nullfs rw\n2 1 0:2 / / rw,relatime - tmpfs none rw\n-- trace --\n"

const tail = "-- final.mountinfo --\n# ns 1 actors 1\n1 1 0:1 / / rw - nullfs nullfs rw\n2 1 0:2 / / rw,relatime%s - tmpfs none rw\n-- actors --\n1 ns 1 root 2 / cwd 2 /\n"

func file(kernel, family, calls, tags string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(fmt.Sprintf(head, kernel, family) + calls + fmt.Sprintf(tail, tags))}
}

func traces() fstest.MapFS {
	return fstest.MapFS{
		"a.txtar": file("7.3.4", "classic", "1 mkdir(\"/a\", 0755) = 0\n", ""),
		"b.txtar": file("7.3.4", "classic", "1 mkdir(\"/a\", 0755) = 0\n1 umount2(\"/a\", 0) = 0\n", ""),
		"c.txtar": file("7.3.4", "newapi", "1 mount(NULL, \"/\", NULL, MS_SHARED, NULL) = 0\n", " shared:2"),
		"d.txtar": file("4.19.1", "classic", "1 mkdir(\"/a\", 0755) = 0\n", ""),
	}
}

func TestRun(t *testing.T) {
	for _, workers := range []int{1, 4} {
		r, err := replay.Run(context.Background(), replay.Options{FS: traces(), Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		want := `{"agree":1,"disagree":2,"unsupported":1,"groups":[` +
			`{"kernel":"4.19.1","family":"classic","agree":0,"disagree":0,"unsupported":1},` +
			`{"kernel":"7.3.4","family":"classic","agree":1,"disagree":1},` +
			`{"kernel":"7.3.4","family":"newapi","agree":0,"disagree":1}],"differences":[` +
			`{"file":"b.txtar","kernel":"7.3.4","family":"classic","call":2,"line":9,"text":"1 umount2(\"/a\", 0)","want":"0","got":"-1 EINVAL (Invalid argument)","rule":"not-a-mount","why":"/a is not the root of a mount"},` +
			`{"file":"c.txtar","kernel":"7.3.4","family":"newapi","call":0,"want":"2 1 0:2 / / rw,relatime shared:2 - tmpfs none rw","got":"2 1 0:2 / / rw,relatime shared:1 - tmpfs none rw"}],` +
			`"skipped":[{"reason":"release 4.19.1: no semantics known; the known ones begin at `
		if !strings.HasPrefix(string(got), want) {
			t.Errorf("%d workers: got\n%s\nwant a text that begins with\n%s", workers, got, want)
		}
	}
}

// deaf is a model that does not make one of the calls.
type deaf struct{ *system.Model }

func (d deaf) Profile() system.Profile {
	return system.Profile{Name: "deaf", Calls: func(op model.Op) bool { return op != model.OpUmount2 }}
}

func TestUnsupportedCall(t *testing.T) {
	factory := func(ctx context.Context, w system.World) (system.System, error) {
		return deaf{system.FromState(model.NewState(model.World{Semantics: w.Semantics}))}, nil
	}
	r, err := replay.Run(context.Background(), replay.Options{FS: traces(), FactoryFor: replay.Fixed(factory)})
	if err != nil {
		t.Fatal(err)
	}
	if r.Agree != 1 || r.Disagree != 1 || r.Unsupported != 2 || r.Skipped[0].Reason != "the system does not make the call umount2" {
		t.Errorf("got %+v", r)
	}
}

func TestBadTrace(t *testing.T) {
	bad := fstest.MapFS{"bad.txtar": {Data: []byte("-- meta --\nkernel 7.3.4\n-- trace --\n1 frob() = 0\n")}}
	_, err := replay.Run(context.Background(), replay.Options{FS: bad})
	if err == nil || !strings.Contains(err.Error(), "bad.txtar:4") {
		t.Errorf("got error %v, want one that names bad.txtar:4", err)
	}
}

// The recorded traces of the release that the model knows agree with it.
func TestCorpus(t *testing.T) {
	const corpus = "../../../shared/corpus/7.3.4"
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("the recorded traces are not beside the project")
	}
	r, err := replay.Run(context.Background(), replay.Options{Paths: []string{corpus}})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range r.Groups {
		if share := float64(g.Agree) / float64(g.Agree+g.Disagree); g.Agree == 0 || share < 0.95 {
			t.Errorf("%s/%s: %d of %d traces agree, want 95 %%", g.Kernel, g.Family, g.Agree, g.Agree+g.Disagree)
		}
	}
	for _, d := range r.Differences {
		t.Logf("%s call %d %s: want %s, got %s (%s)", d.File, d.Call, d.Text, d.Want, d.Got, d.Why)
	}
}

// A recorded trace is replayed on the model.
func Example() {
	report, err := replay.Run(context.Background(), replay.Options{FS: traces()})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Agree, "agree,", report.Disagree, "disagree,", report.Unsupported, "not supported")
	for _, d := range report.Differences {
		fmt.Printf("%s, call %d: want %s, got %s\n", d.File, d.Call, d.Want, d.Got)
	}
	// Output:
	// 1 agree, 2 disagree, 1 not supported
	// b.txtar, call 2: want 0, got -1 EINVAL (Invalid argument)
	// c.txtar, call 0: want 2 1 0:2 / / rw,relatime shared:2 - tmpfs none rw, got 2 1 0:2 / / rw,relatime shared:1 - tmpfs none rw
}

// TestFound replays what kernels answered to programs on which the model was once
// found to be wrong, each a small one that is named after what it shows.
func TestFound(t *testing.T) {
	r, err := replay.Run(t.Context(), replay.Options{FS: os.DirFS("testdata/found")})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range r.Differences {
		t.Errorf("%+v", d)
	}
	if r.Agree < 3 || r.Unsupported > 0 {
		t.Errorf("%d traces agree, %d are not supported; want at least 3 and none", r.Agree, r.Unsupported)
	}
}
