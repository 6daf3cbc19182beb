package model

import "strconv"

// Errno is an error number with Linux's value on every operating system, so
// that a trace recorded on Linux replays anywhere. Zero is success.
type Errno uint16

// The error numbers that the calls of this package answer, or that recorded
// traces may hold.
const (
	EPERM        Errno = 1
	ENOENT       Errno = 2
	ESRCH        Errno = 3
	EINTR        Errno = 4
	EIO          Errno = 5
	EBADF        Errno = 9
	ECHILD       Errno = 10
	EAGAIN       Errno = 11
	ENOMEM       Errno = 12
	EACCES       Errno = 13
	EFAULT       Errno = 14
	EBUSY        Errno = 16
	EEXIST       Errno = 17
	EXDEV        Errno = 18
	ENODEV       Errno = 19
	ENOTDIR      Errno = 20
	EISDIR       Errno = 21
	EINVAL       Errno = 22
	ENFILE       Errno = 23
	EMFILE       Errno = 24
	ENOTTY       Errno = 25
	ETXTBSY      Errno = 26
	EFBIG        Errno = 27
	ENOSPC       Errno = 28
	EROFS        Errno = 30
	EMLINK       Errno = 31
	ERANGE       Errno = 34
	EDEADLK      Errno = 35
	ENAMETOOLONG Errno = 36
	ENOSYS       Errno = 38
	ENOTEMPTY    Errno = 39
	ELOOP        Errno = 40
	EOVERFLOW    Errno = 75
	EUSERS       Errno = 87
	E2BIG        Errno = 7
	EOPNOTSUPP   Errno = 95
	ESTALE       Errno = 116
)

// errnos is in the order of the numbers; name and text as strace prints them.
var errnos = [...]struct {
	num        Errno
	name, text string
}{
	{EPERM, "EPERM", "Operation not permitted"},
	{ENOENT, "ENOENT", "No such file or directory"},
	{ESRCH, "ESRCH", "No such process"},
	{EINTR, "EINTR", "Interrupted system call"},
	{EIO, "EIO", "Input/output error"},
	{E2BIG, "E2BIG", "Argument list too long"},
	{EBADF, "EBADF", "Bad file descriptor"},
	{ECHILD, "ECHILD", "No child processes"},
	{EAGAIN, "EAGAIN", "Resource temporarily unavailable"},
	{ENOMEM, "ENOMEM", "Cannot allocate memory"},
	{EACCES, "EACCES", "Permission denied"},
	{EFAULT, "EFAULT", "Bad address"},
	{EBUSY, "EBUSY", "Device or resource busy"},
	{EEXIST, "EEXIST", "File exists"},
	{EXDEV, "EXDEV", "Invalid cross-device link"},
	{ENODEV, "ENODEV", "No such device"},
	{ENOTDIR, "ENOTDIR", "Not a directory"},
	{EISDIR, "EISDIR", "Is a directory"},
	{EINVAL, "EINVAL", "Invalid argument"},
	{ENFILE, "ENFILE", "Too many open files in system"},
	{EMFILE, "EMFILE", "Too many open files"},
	{ENOTTY, "ENOTTY", "Inappropriate ioctl for device"},
	{ETXTBSY, "ETXTBSY", "Text file busy"},
	{EFBIG, "EFBIG", "File too large"},
	{ENOSPC, "ENOSPC", "No space left on device"},
	{EROFS, "EROFS", "Read-only file system"},
	{EMLINK, "EMLINK", "Too many links"},
	{ERANGE, "ERANGE", "Numerical result out of range"},
	{EDEADLK, "EDEADLK", "Resource deadlock avoided"},
	{ENAMETOOLONG, "ENAMETOOLONG", "File name too long"},
	{ENOSYS, "ENOSYS", "Function not implemented"},
	{ENOTEMPTY, "ENOTEMPTY", "Directory not empty"},
	{ELOOP, "ELOOP", "Too many levels of symbolic links"},
	{EOVERFLOW, "EOVERFLOW", "Value too large for defined data type"},
	{EUSERS, "EUSERS", "Too many users"},
	{EOPNOTSUPP, "EOPNOTSUPP", "Operation not supported"},
	{ESTALE, "ESTALE", "Stale file handle"},
}

// String is the name, such as "EINVAL"; a number without a name is "errno N".
func (e Errno) String() string {
	for _, x := range errnos {
		if x.num == e {
			return x.name
		}
	}
	return "errno " + strconv.Itoa(int(e))
}

// Text is the message that strace and strerror print.
func (e Errno) Text() string {
	for _, x := range errnos {
		if x.num == e {
			return x.text
		}
	}
	return "Unknown error " + strconv.Itoa(int(e))
}

// Error makes an Errno usable as an error; it is "EINVAL (Invalid argument)".
func (e Errno) Error() string { return e.String() + " (" + e.Text() + ")" }

// ErrnoByName finds the number for a name such as "EINVAL".
func ErrnoByName(name string) (Errno, bool) {
	for _, x := range errnos {
		if x.name == name {
			return x.num, true
		}
	}
	return 0, false
}
