// An agent shaped like the seccomp notifier of CRI-O: a goroutine for each listener that receives, checks the id, names
// the call, passes it through a channel to one consumer, and answers; three ioctls by way of libseccomp, no synchronous
// wake-up. The consumer counts and restarts the container's timer.
//
// Usage: agent SOCKET. "ready" on standard output says that connections are accepted; closing standard input ends it.
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"

	"github.com/seccomp/libseccomp-golang"
	"golang.org/x/sys/unix"
)

type notification struct {
	container string
	syscall   string
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: agent SOCKET")
	}
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: os.Args[1], Net: "unix"})
	if err != nil {
		log.Fatal(err)
	}
	notifications := make(chan notification)
	go count(notifications)
	go accept(socket, notifications)
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
}

// count is the one consumer: a count for each call, and a timer for each container that the next call restarts.
func count(notifications <-chan notification) {
	used := map[string]map[string]uint64{}
	timers := map[string]*time.Timer{}
	for n := range notifications {
		if used[n.container] == nil {
			used[n.container] = map[string]uint64{}
			timers[n.container] = time.AfterFunc(time.Hour, func() {})
		}
		used[n.container][n.syscall]++
		timers[n.container].Reset(time.Hour)
	}
}

func accept(socket *net.UnixListener, notifications chan<- notification) {
	for number := 0; ; number++ {
		connection, err := socket.AcceptUnix()
		if err != nil {
			log.Fatal(err)
		}
		listener, err := receiveListener(connection)
		connection.Close()
		if err != nil {
			log.Print(err)
			continue
		}
		go serve(listener, fmt.Sprintf("container-%d", number), notifications)
	}
}

func receiveListener(connection *net.UnixConn) (seccomp.ScmpFd, error) {
	state := make([]byte, 1<<20)
	control := make([]byte, unix.CmsgSpace(4))
	_, length, _, _, err := connection.ReadMsgUnix(state, control)
	if err != nil {
		return -1, err
	}
	messages, err := unix.ParseSocketControlMessage(control[:length])
	if err != nil {
		return -1, err
	}
	if len(messages) != 1 {
		return -1, errors.New("no descriptor came")
	}
	descriptors, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return -1, err
	}
	return seccomp.ScmpFd(descriptors[0]), nil
}

func serve(listener seccomp.ScmpFd, container string, notifications chan<- notification) {
	defer unix.Close(int(listener))
	for {
		request, err := seccomp.NotifReceive(listener)
		if err != nil {
			if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ECANCELED) {
				return
			}
			continue
		}
		if err := seccomp.NotifIDValid(listener, request.ID); err != nil {
			continue
		}
		name, err := request.Data.Syscall.GetName()
		if err != nil {
			continue
		}
		notifications <- notification{container, name}
		answer := &seccomp.ScmpNotifResp{ID: request.ID, Error: int32(unix.EPERM)}
		_ = seccomp.NotifRespond(listener, answer)
	}
}
