package qemu

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// executable makes an ELF file of one program header and what it has.
func executable(machine elf.Machine, kind elf.ProgType, content []byte) []byte {
	const headers = 64 + 56
	var b bytes.Buffer
	h := elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT),
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1, Shentsize: 64,
	}
	p := elf.Prog64{Type: uint32(kind), Off: headers, Filesz: uint64(len(content)), Memsz: uint64(len(content))}
	for _, part := range []any{h, p, content} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			panic(err)
		}
	}
	return b.Bytes()
}

// pvhNote is the note that tells QEMU the entry of a vmlinux.
func pvhNote() []byte {
	return []byte("\x04\x00\x00\x00\x04\x00\x00\x00\x12\x00\x00\x00Xen\x00\x00\x00\x00\x01")
}

// bzImage packs a payload as the kernel's build does.
func bzImage(payload []byte) []byte {
	image := make([]byte, 1024+16, 1024+16+len(payload))
	image[0x1f1] = 1
	copy(image[0x202:], "HdrS")
	binary.LittleEndian.PutUint32(image[0x248:], 16)
	binary.LittleEndian.PutUint32(image[0x24c:], uint32(len(payload)))
	return append(image, payload...)
}

func gzipped(t *testing.T, b []byte) []byte {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return append(packed.Bytes(), "size"...)
}

func zstded(t *testing.T, b []byte) []byte {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return append(w.EncodeAll(b, nil), "size"...)
}

func write(t *testing.T, b []byte) string {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheckKernel(t *testing.T) {
	for _, test := range []struct {
		name string
		file []byte
		err  string // "": none
	}{
		{"a bzImage", bzImage(nil), ""},
		{"a vmlinux", executable(elf.EM_X86_64, elf.PT_NOTE, pvhNote()), ""},
		{"a vmlinux without CONFIG_PVH", executable(elf.EM_X86_64, elf.PT_NOTE, nil), "CONFIG_PVH"},
		{"a broken note", executable(elf.EM_X86_64, elf.PT_NOTE, bytes.Repeat([]byte{0xff}, 64)), "CONFIG_PVH"},
		{"half a note", executable(elf.EM_X86_64, elf.PT_NOTE, pvhNote()[:15]), "CONFIG_PVH"},
		{"a vmlinux for another processor", executable(elf.EM_AARCH64, elf.PT_NOTE, pvhNote()), "EM_AARCH64"},
		{"text", []byte(strings.Repeat("no kernel\n", 100)), "neither a bzImage nor a vmlinux"},
		{"nothing", nil, "neither a bzImage nor a vmlinux"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := checkKernel(write(t, test.file))
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got %v, want an error with %q", err, test.err)
			}
		})
	}
	if err := checkKernel(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("of a file that is not there: %v", err)
	}
}

func TestUnpackKernel(t *testing.T) {
	vmlinux := executable(elf.EM_X86_64, elf.PT_NOTE, pvhNote())
	for _, test := range []struct {
		name  string
		image []byte
		ok    bool
	}{
		{"gzip", bzImage(gzipped(t, vmlinux)), true},
		{"zstd", bzImage(zstded(t, vmlinux)), true},
		{"without CONFIG_PVH", bzImage(zstded(t, executable(elf.EM_X86_64, elf.PT_NOTE, nil))), false},
		{"no kernel in it", bzImage(gzipped(t, []byte("no kernel"))), false},
		{"packed otherwise", bzImage(vmlinux), false},
		{"nothing in it", bzImage(nil), false},
		{"a vmlinux", vmlinux, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got bytes.Buffer
			err := unpackKernel(&got, write(t, test.image))
			if (err == nil) != test.ok || test.ok && !bytes.Equal(got.Bytes(), vmlinux) {
				t.Errorf("got %d bytes, %v", got.Len(), err)
			}
		})
	}
	whole := bzImage(gzipped(t, vmlinux))
	for n := range len(whole) {
		if err := unpackKernel(io.Discard, write(t, whole[:n])); err == nil {
			t.Fatalf("the first %d of %d bytes of an image were unpacked", n, len(whole))
		}
	}
}

func TestCheckInit(t *testing.T) {
	if err := CheckInit(write(t, executable(elf.EM_X86_64, elf.PT_LOAD, nil))); err != nil {
		t.Errorf("of a static executable: %v", err)
	}
	err := CheckInit(write(t, executable(elf.EM_X86_64, elf.PT_INTERP, []byte("/lib64/ld-linux-x86-64.so.2\x00"))))
	if !errors.Is(err, ErrDynamic) {
		t.Errorf("of a dynamic executable: %v, want ErrDynamic", err)
	}
	if err := CheckInit(write(t, executable(elf.EM_AARCH64, elf.PT_LOAD, nil))); err == nil || !strings.Contains(err.Error(), "EM_AARCH64") {
		t.Errorf("of an executable for another processor: %v", err)
	}
	if err := CheckInit(write(t, []byte("#!/bin/sh\n"))); err == nil {
		t.Error("a script was taken for an executable")
	}
}
