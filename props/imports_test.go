package props_test

import (
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// imports lists what the packages below root import, by folder; tests left out.
func imports(t *testing.T, root string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := filepath.WalkDir(root, func(dir string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if entry.Name() == "testdata" {
			return fs.SkipDir
		}
		p, err := build.ImportDir(dir, 0)
		if _, none := err.(*build.NoGoError); none {
			return nil
		}
		if err != nil {
			return err
		}
		all[filepath.ToSlash(dir)] = p.Imports
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && first != "mntcheck"
}

// The model is importable by anybody: the standard library is all it needs.
func TestModelImportsTheStandardLibraryOnly(t *testing.T) {
	all := imports(t, "../model")
	if len(all["../model"]) == 0 {
		t.Fatal("package model is not where it should be")
	}
	for dir, paths := range all {
		for _, path := range paths {
			if standard(path) || dir != "../model" && strings.HasPrefix(path, "mntcheck/model") {
				continue
			}
			if dir == "../model/trace" && path == "golang.org/x/tools/txtar" {
				continue
			}
			t.Errorf("%s imports %s", dir, path)
		}
	}
}

// rapid is for those who use it in their tests: nothing else pulls it in.
func TestOnlyPropsImportsRapid(t *testing.T) {
	found := false
	for dir, paths := range imports(t, "..") {
		for _, path := range paths {
			if path != "pgregory.net/rapid" {
				continue
			}
			if dir == "../props" {
				found = true
				continue
			}
			t.Errorf("%s imports %s", dir, path)
		}
	}
	if !found {
		t.Error("package props does not import rapid: is this test looking at the right folders?")
	}
	if _, err := os.Stat("../go.mod"); err != nil {
		t.Error(err)
	}
}

// What props is made of does not import what is built on top of it.
func TestArrowsPointDown(t *testing.T) {
	order := []string{"props/system", "props/invariant", "props/shrink", "props/draw", "props/observed", "props/check", "props/replay", "props/onkernel", "props"}
	rank := map[string]int{}
	for i, name := range order {
		rank[name] = i
	}
	for i, name := range order {
		p, err := build.ImportDir(filepath.Join("..", filepath.FromSlash(name)), 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range p.Imports {
			if r, ok := rank[strings.TrimPrefix(path, "mntcheck/")]; ok && r >= i {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}
