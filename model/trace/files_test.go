package trace

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

// tarball packs names and contents, given in turn.
func tarball(t *testing.T, namesAndTexts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	zipper := gzip.NewWriter(&b)
	w := tar.NewWriter(zipper)
	for i := 0; i < len(namesAndTexts); i += 2 {
		name, text := namesAndTexts[i], namesAndTexts[i+1]
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), zipper.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tree is a folder as replaying one finds it: traces, archives, other files.
func tree(t *testing.T) fstest.MapFS {
	return fstest.MapFS{
		"b/2.txtar":   {Data: []byte("b2")},
		"b/10.txtar":  {Data: []byte("b10")},
		"b/README.md": {Data: []byte("no trace")},
		"a.txtar":     {Data: []byte("a")},
		"c.tgz":       {Data: tarball(t, "./z.txtar", "z", "x/notes", "no trace", "x/y.txtar", "y")},
	}
}

// seen collects what Each and EachFS come by.
type seen struct {
	names []string
	texts string
}

func (s *seen) add(file string, data []byte) error {
	s.names = append(s.names, filepath.ToSlash(file))
	s.texts += string(data) + ";"
	return nil
}

func TestEachFS(t *testing.T) {
	var got seen
	if err := EachFS(tree(t), got.add); err != nil {
		t.Fatal(err)
	}
	want := []string{"a.txtar", "b/10.txtar", "b/2.txtar", "c.tgz/z.txtar", "c.tgz/x/y.txtar"}
	if !reflect.DeepEqual(got.names, want) || got.texts != "a;b10;b2;z;y;" {
		t.Errorf("got %q %s", got.names, got.texts)
	}
}

func TestEach(t *testing.T) {
	folder := t.TempDir()
	if err := os.CopyFS(folder, tree(t)); err != nil {
		t.Fatal(err)
	}
	var got seen
	paths := []string{filepath.Join(folder, "c.tgz"), filepath.Join(folder, "b", "README.md"), filepath.Join(folder, "b")}
	if err := Each(paths, got.add); err != nil {
		t.Fatal(err)
	}
	root := filepath.ToSlash(folder)
	want := []string{root + "/c.tgz/z.txtar", root + "/c.tgz/x/y.txtar", root + "/b/README.md", root + "/b/10.txtar", root + "/b/2.txtar"}
	if !reflect.DeepEqual(got.names, want) || got.texts != "z;y;no trace;b10;b2;" {
		t.Errorf("got %q %s", got.names, got.texts)
	}
}

// TestEachStops holds that the walk ends where fn says so, in a folder, in an
// archive, and before the next path.
func TestEachStops(t *testing.T) {
	folder := t.TempDir()
	if err := os.CopyFS(folder, tree(t)); err != nil {
		t.Fatal(err)
	}
	for after := 1; after <= 5; after++ {
		for _, stop := range []error{fs.SkipAll, fs.SkipDir, errors.New("enough")} {
			calls := 0
			err := Each([]string{folder, folder}, func(string, []byte) error {
				if calls++; calls == after {
					return stop
				}
				return nil
			})
			want := stop
			if stop == fs.SkipAll {
				want = nil
			}
			if calls != after || err != want {
				t.Errorf("%v after %d calls: %d calls, error %v", stop, after, calls, err)
			}
		}
	}
}

func TestEachErrors(t *testing.T) {
	whole := tarball(t, "a.txtar", strings.Repeat("0123456789abcdef\n", 1000))
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"x.md", nil, "no trace (*.txtar, *.tar.gz) in this folder"},
		{"x.tar.gz", []byte("plain text, not packed"), "x.tar.gz: gzip: invalid header: want a tar archive compressed with gzip"},
		{"x.tar.gz", nil, "x.tar.gz: EOF: want a tar archive"},
		{"x.tgz", whole[:len(whole)/2], "x.tgz"},
		{"x.tgz", tarball(t, "README", "x"), "x.tgz: no trace (*.txtar) in this archive"},
	} {
		err := EachFS(fstest.MapFS{test.name: {Data: test.data}}, func(string, []byte) error { return nil })
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
	missing := filepath.Join(t.TempDir(), "missing")
	if err := Each([]string{missing}, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that the file does not exist", err)
	}
}

func TestFileLimit(t *testing.T) {
	for size, want := range map[int]string{5: "", 6: "x.txtar: larger than the 5 bytes"} {
		w := walker{fn: new(seen).add, fileBytes: 5}
		err := w.file("x.txtar", bytes.NewReader(make([]byte, size)))
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d bytes: got %v, want %q", size, err, want)
		}
	}
}

// TestArchiveLimit takes a small limit: what counts is the size when unpacked,
// of entries that are no trace as well.
func TestArchiveLimit(t *testing.T) {
	large := strings.Repeat("0", 100<<10)
	for _, name := range []string{"a.txtar", "notes"} {
		data := tarball(t, name, large, "b.txtar", "b")
		for _, limit := range []int64{MaxArchiveBytes, 100 << 10} {
			w := walker{fn: new(seen).add, fileBytes: MaxFileBytes, archiveBytes: limit}
			err := w.archive("x.tgz", bytes.NewReader(data))
			if refused := err != nil; refused != (limit < MaxArchiveBytes) {
				t.Errorf("%s, limit %d: error %v", name, limit, err)
			}
			if err != nil && !strings.Contains(err.Error(), "x.tgz: larger than the 102400 bytes") {
				t.Error(err)
			}
		}
	}
}
