// Waits in read(2) below functions of its own.
package main

import (
	"os"
	"syscall"
)

//go:noinline
func innermost(descriptor int) int {
	buffer := make([]byte, 1)
	count, _ := syscall.Read(descriptor, buffer)
	return count + 1
}

type worker struct{ descriptor int }

//go:noinline
func (w *worker) works() int {
	return innermost(w.descriptor) + 1
}

func main() {
	w := &worker{descriptor: 0}
	os.Exit(w.works() & 1)
}
