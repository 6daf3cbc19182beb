package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const rootfsProgram = "mkdir(\"/a\", 0755)\nmount(\"none\", \"/a\", \"tmpfs\", 0, NULL)\numount2(\"/a\", 0)\n"

func TestRecordRandom(t *testing.T) {
	dir := t.TempDir()
	kernel := modelKernel("7.3.4", true)
	text, err := onKernel(t, kernel, "record", "--json", "--checks", "40", "--seed", "3", "-o", dir)
	var r Recordings
	if jsonErr := json.Unmarshal([]byte(text), &r); err != nil || jsonErr != nil {
		t.Fatalf("error %v, %v, printed\n%s", err, jsonErr, text)
	}
	if r.Traces != len(r.Files) || r.Traces+r.Dropped != 40 || r.Kernel != "7.3.4" || *r.Seed != 3 {
		t.Errorf("recorded %+v", r)
	}
	if want := filepath.Join(dir, "7.3.4", "classic", "classic-3-0.txtar"); r.Files[0] != want {
		t.Errorf("the first trace is in %s, want %s", r.Files[0], want)
	}
	if text, err := onKernel(t, nil, "replay", dir); err != nil || !strings.Contains(text, "100.0%") {
		t.Errorf("replay of what was recorded: %v\n%s", err, text)
	}
}

func TestRecordGiven(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	program := write("program.txt", rootfsProgram)
	kernel := modelKernel("6.18.15", true)

	recorded, err := onKernel(t, kernel, "record", program)
	if err != nil || !strings.Contains(recorded, "kernel 6.18.15\n") || !strings.Contains(recorded, "1 umount2(\"/a\", 0) = 0\n-- final.mountinfo --\n") {
		t.Fatalf("error %v, printed\n%s", err, recorded)
	}
	file := filepath.Join(dir, "one.txtar")
	if _, err := onKernel(t, kernel, "record", "-o", file, program); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != recorded {
		t.Errorf("error %v, in the file is\n%swant\n%s", err, data, recorded)
	}
	if text, err := onKernel(t, nil, "replay", file); err != nil {
		t.Errorf("replay: %v\n%s", err, text)
	}

	// Two of one name, one of them a trace of another kernel.
	other := write("other/program.txtar", strings.Replace(recorded, "kernel 6.18.15", "kernel 7.0.1", 1))
	if _, err := onKernel(t, kernel, "record", "-o", filepath.Join(dir, "all"), program, other); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"program.txtar", "program-2.txtar"} {
		if data, err := os.ReadFile(filepath.Join(dir, "all", "6.18.15", "program", name)); err != nil || string(data) != recorded {
			t.Errorf("%s: error %v, in it is\n%s", name, err, data)
		}
	}
	if _, err := onKernel(t, kernel, "record", "--seed", "1", program); err == nil {
		t.Error("a seed for a given program is no error")
	}
}
