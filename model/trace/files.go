package trace

import (
	"archive/tar"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// Each calls fn with each trace that paths name, in their order. A folder stands
// for the traces (*.txtar) and the archives below it, in lexical order; an
// archive (*.tar.gz, *.tgz), which is read as it is, for the traces in it, in its own
// order; any other file is a trace whatever its name. Within an archive, file is
// "archive.tar.gz/inner/path.txtar". data is fn's to keep.
//
// An error of fn ends the walk and is returned as it is; [fs.SkipAll] ends it
// without an error. A folder or an archive without any trace is an error, since
// a check of nothing should not look like one that passed.
func Each(paths []string, fn func(file string, data []byte) error) error {
	w := walker{fn: fn, fileBytes: MaxFileBytes, archiveBytes: MaxArchiveBytes}
	for _, p := range paths {
		if err := w.path(p); err != nil {
			return err
		}
		if w.stopped {
			return w.err
		}
	}
	return nil
}

// EachFS is [Each] for a file system: the traces and the archives in it.
func EachFS(fsys fs.FS, fn func(file string, data []byte) error) error {
	w := walker{fn: fn, fileBytes: MaxFileBytes, archiveBytes: MaxArchiveBytes}
	if err := w.folder(fsys, ""); err != nil {
		return err
	}
	return w.err
}

type walker struct {
	fn           func(file string, data []byte) error
	fileBytes    int64 // limit of a trace
	archiveBytes int64 // limit of an archive, unpacked
	traces       int   // so far
	stopped      bool  // fn wants no more
	err          error // why, unless fs.SkipAll
}

func (w *walker) path(name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return w.folder(os.DirFS(name), name)
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return w.file(name, file)
}

// folder walks a file system whose root is called name.
func (w *walker) folder(fsys fs.FS, name string) error {
	before := w.traces
	err := fs.WalkDir(fsys, ".", func(p string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("%s: %w", path.Join(name, p), err)
		}
		if entry.IsDir() || !isTrace(p) && !isArchive(p) {
			return nil
		}
		file, err := fsys.Open(p)
		if err != nil {
			return fmt.Errorf("%s: %w", path.Join(name, p), err)
		}
		defer file.Close()
		if err := w.file(path.Join(name, p), file); err != nil {
			return err
		}
		if w.stopped {
			return fs.SkipAll
		}
		return nil
	})
	if err == nil && w.traces == before {
		return fmt.Errorf("%s: no trace (*.txtar, *.tar.gz) in this folder", path.Join(name, "."))
	}
	return err
}

func isTrace(name string) bool { return strings.HasSuffix(name, ".txtar") }

func isArchive(name string) bool {
	return strings.HasSuffix(name, ".tar.gz") || strings.HasSuffix(name, ".tgz")
}

func (w *walker) file(name string, r io.Reader) error {
	if isArchive(name) {
		return w.archive(name, r)
	}
	return w.trace(name, r)
}

// trace hands one trace to fn. An error of fn is not returned but kept in w, where
// what folders and archives make of errors cannot reach it.
func (w *walker) trace(name string, r io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(r, w.fileBytes+1))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if int64(len(data)) > w.fileBytes {
		return fmt.Errorf("%s: larger than the %d bytes that a trace may have", name, w.fileBytes)
	}
	w.traces++
	if err := w.fn(name, data); err != nil {
		w.stopped = true
		if err != fs.SkipAll {
			w.err = err
		}
	}
	return nil
}

// archive hands each trace of a compressed tar archive to fn.
func (w *walker) archive(name string, r io.Reader) error {
	unzipped, err := gzip.NewReader(r)
	if err != nil {
		return fmt.Errorf("%s: %w: want a tar archive compressed with gzip", name, err)
	}
	limited := &io.LimitedReader{R: unzipped, N: w.archiveBytes + 1}
	before := w.traces
	err = w.entries(name, tar.NewReader(limited))
	switch {
	case limited.N <= 0:
		// Whatever else went wrong did because the archive seemed to end there.
		return fmt.Errorf("%s: larger than the %d bytes that an archive may have when unpacked", name, w.archiveBytes)
	case err == nil && w.traces == before:
		return fmt.Errorf("%s: no trace (*.txtar) in this archive", name)
	default:
		return err
	}
}

func (w *walker) entries(name string, archive *tar.Reader) error {
	for !w.stopped {
		entry, err := archive.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w: want a tar archive compressed with gzip", name, err)
		}
		if entry.Typeflag != tar.TypeReg || !isTrace(entry.Name) {
			continue
		}
		if err := w.trace(name+"/"+path.Clean(entry.Name), archive); err != nil {
			return err
		}
	}
	return nil
}
