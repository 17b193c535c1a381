/*
 * What the two C supervisors share: a listening socket, hand-overs as an OCI runtime makes them, one answer (EPERM).
 * "ready" on standard output says that connections are accepted; closing standard input ends the program.
 */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include "../__test__/fixtures/guests/listener.h"
#include <poll.h>
#include <sys/ioctl.h>

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

static inline int open_socket(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (server < 0 || bind(server, (struct sockaddr *)&address, sizeof address) != 0 || listen(server, 128) != 0) fail(path);
  printf("ready\n");
  fflush(stdout);
  return server;
}

/* The next listener that is handed over; -1: standard input closed. */
static inline int next_listener(int server) {
  struct pollfd waiting[] = {{.fd = server, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
  if (poll(waiting, 2, -1) < 0 || waiting[1].revents != 0) return -1;
  static char text[1 << 20];
  union {
    char space[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } control;
  struct iovec part = {.iov_base = text, .iov_len = sizeof text};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
  int connection = accept(server, NULL, NULL);
  if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC) <= 0 || CMSG_FIRSTHDR(&message) == NULL) fail("hand-over");
  int listener;
  memcpy(&listener, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof listener);
  close(connection);
  return listener;
}

/* Where it fails (before Linux 6.6) the ratios mean something else, so it is said. */
static inline void wake_synchronously(int listener) {
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) != 0)
    perror("synchronous wake-up is off, it needs Linux 6.6");
}

/* Receives one notification and answers it; -1 when none could be received. */
static inline int answer_one(int listener) {
  struct seccomp_notif notification;
  memset(&notification, 0, sizeof notification);
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notification) != 0) return -1;
  struct seccomp_notif_resp answer = {.id = notification.id, .error = -EPERM};
  ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
  return 0;
}

#endif
