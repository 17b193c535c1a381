/*
 * One loop for all listeners: level-triggered epoll, one receive for each readiness, synchronous wake-up, no bookkeeping.
 * The shape of our daemon's loop without what it records.
 *
 * epoll-supervisor SOCKET
 */
#include "supervisor.h"
#include <pthread.h>
#include <sys/epoll.h>

static int loop;

static void *serve(void *unused) {
  (void)unused;
  struct epoll_event events[64];
  for (;;) {
    int count = epoll_wait(loop, events, 64, -1);
    for (int i = 0; i < count; i++) {
      if (events[i].events & EPOLLIN) answer_one(events[i].data.fd);
      else close(events[i].data.fd);
    }
  }
  return NULL;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  loop = epoll_create1(EPOLL_CLOEXEC);
  pthread_t thread;
  if (loop < 0 || pthread_create(&thread, NULL, serve, NULL) != 0) fail("loop");
  int server = open_socket(argv[1]);
  for (int listener; (listener = next_listener(server)) >= 0;) {
    wake_synchronously(listener);
    struct epoll_event interest = {.events = EPOLLIN, .data.fd = listener};
    if (epoll_ctl(loop, EPOLL_CTL_ADD, listener, &interest) != 0) fail("epoll_ctl");
  }
  _exit(0);
}
