// The process that holds a pod's namespaces: it waits to be told to end. In a pod that shares its processes it is their
// first one, to which those fall whose parents are gone; it takes them away when they have ended.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGINT, syscall.SIGTERM)
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	for {
		select {
		case <-told:
			return
		case <-ended:
			for {
				gone, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
				if gone <= 0 && err != syscall.EINTR {
					break
				}
			}
		}
	}
}
