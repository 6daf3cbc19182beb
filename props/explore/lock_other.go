//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package explore

import "os"

// lock does nothing: there is no lock here that ends with its process.
func lock(*os.File) bool { return true }
