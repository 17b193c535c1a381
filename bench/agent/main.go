// An agent shaped like the seccomp notifier of CRI-O (internal/config/seccomp/notifier.go, server/server.go): a goroutine
// for each listener that receives, names the call, passes it through one channel without a buffer to one consumer, checks
// the id, and answers; three ioctls by way of libseccomp, no synchronous wake-up. The consumer counts, makes the text of
// all counts, and restarts the container's timer. CRI-O also logs a line for each call, which is left out here: where the
// log goes would decide the measure.
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
	"sort"
	"strings"
	"sync"
	"sync/atomic"
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

// usage is what is known of one container: a count for each call, and the timer that the next call restarts.
type usage struct {
	counts sync.Map
	timer  *time.Timer
}

// count is the one consumer.
func count(notifications <-chan notification) {
	var containers sync.Map
	for n := range notifications {
		known, _ := containers.LoadOrStore(n.container, &usage{})
		container := known.(*usage)
		container.add(n.syscall)
		container.restart(container.text())
	}
}

func (u *usage) add(syscall string) {
	first := uint64(1)
	if count, known := u.counts.LoadOrStore(syscall, &first); known {
		atomic.AddUint64(count.(*uint64), 1)
	}
}

func (u *usage) text() string {
	var parts []string
	for syscall, count := range u.counts.Range {
		parts = append(parts, fmt.Sprintf("%s (%dx)", syscall, *count.(*uint64)))
	}
	sort.Strings(parts)
	return strings.Join(parts, ", ")
}

func (u *usage) restart(text string) {
	if u.timer == nil || u.timer.Stop() {
		u.timer = time.AfterFunc(time.Hour, func() { log.Print(text) })
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
		name, err := request.Data.Syscall.GetName()
		if err != nil {
			continue
		}
		notifications <- notification{container, name}
		answer := &seccomp.ScmpNotifResp{ID: request.ID, Error: int32(unix.EPERM)}
		if err := seccomp.NotifIDValid(listener, request.ID); err != nil {
			continue
		}
		_ = seccomp.NotifRespond(listener, answer)
	}
}
