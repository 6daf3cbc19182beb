package qemu

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// openSerial opens ttyS1 as a channel of bytes.
func openSerial() (io.ReadWriter, error) {
	missing := errors.New("no second serial port (it needs CONFIG_SERIAL_8250 and CONFIG_SERIAL_8250_RUNTIME_UARTS of 2 or more)")
	f, err := openNode("/tmp/ttyS1", unix.S_IFCHR, unix.Mkdev(4, 65))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", missing, err)
	}
	raw, err := f.SyscallConn()
	if err == nil {
		ctlErr := raw.Control(func(fd uintptr) { err = makeRaw(int(fd)) })
		err = errors.Join(err, ctlErr)
	}
	// A port without hardware behind it can be opened, but has no settings.
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%w: %w", missing, err)
	}
	line := &serialLine{File: f}
	line.arrived.L = &line.mu
	go line.receive()
	return line, nil
}

// makeRaw makes a terminal pass bytes on as they are, as cfmakeraw(3) does.
func makeRaw(fd int) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag &^= unix.CSIZE | unix.PARENB | unix.CBAUD
	t.Cflag |= unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B115200
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}

// serialLine is a serial port that is always read. Nothing on the line holds a
// sender back, and what the kernel has no room for is lost: it must not be
// left there until somebody wants it.
type serialLine struct {
	*os.File
	mu       sync.Mutex
	arrived  sync.Cond
	received []byte
	err      error
}

func (l *serialLine) receive() {
	for chunk := make([]byte, 4096); ; {
		n, err := l.File.Read(chunk)
		l.mu.Lock()
		l.received = append(l.received, chunk[:n]...)
		l.err = err
		l.mu.Unlock()
		l.arrived.Signal()
		if err != nil {
			return
		}
	}
}

// Read returns what has arrived, and waits where nothing has.
func (l *serialLine) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.received) == 0 {
		if l.err != nil {
			return 0, l.err
		}
		l.arrived.Wait()
	}
	n := copy(p, l.received)
	l.received = l.received[n:]
	return n, nil
}
