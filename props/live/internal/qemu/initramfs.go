package qemu

import (
	"fmt"
	"io"
	"os"

	"github.com/cavaliergopher/cpio"
)

// initPath is where init is in the initramfs.
const initPath = "/init"

// packInitramfs writes an archive of what a guest starts with: init, and nothing
// else.
func packInitramfs(w io.Writer, executable string) error {
	f, err := os.Open(executable)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	archive := cpio.NewWriter(w)
	err = archive.WriteHeader(&cpio.Header{Name: initPath[1:], Mode: cpio.TypeReg | 0o755, Size: info.Size()})
	if err != nil {
		return err
	}
	if _, err := io.Copy(archive, f); err != nil {
		return fmt.Errorf("packing %s: %w", executable, err)
	}
	return archive.Close()
}
