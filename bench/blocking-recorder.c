/*
 * The fastest possible `record`: every call of a command is received and let run by a blocking loop with synchronous wake-up, and
 * nothing is kept of it.
 *
 * blocking-recorder COMMAND [ARGUMENT...]
 */
#include "supervisor.h"
#include <linux/filter.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* The first descriptor that is free, in the command's process and here. */
static const int LISTENER = 3;
static pid_t command;

static void finish(int signal) {
  (void)signal;
  int status;
  if (waitpid(command, &status, WNOHANG) == command) _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128);
}

static void execute_watched(char **words) {
  struct sock_filter notify = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
  struct sock_fprog program = {.len = 1, .filter = &notify};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no_new_privs");
  syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  /* Waits until its listener has been taken and is served. */
  execvp(words[0], words);
  _exit(127);
}

/* The command cannot hand it over: its calls wait from then on. */
static int take_listener(void) {
  int process = syscall(SYS_pidfd_open, command, 0);
  if (process != LISTENER) fail("pidfd_open");
  for (;;) {
    int listener = syscall(SYS_pidfd_getfd, process, LISTENER, 0);
    if (listener >= 0) return listener;
    usleep(100);
  }
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  close(LISTENER);
  command = fork();
  if (command < 0) fail("fork");
  if (command == 0) execute_watched(argv + 1);
  int listener = take_listener();
  wake_synchronously(listener);
  signal(SIGCHLD, finish);
  finish(SIGCHLD);
  for (;;) {
    struct seccomp_notif notification;
    memset(&notification, 0, sizeof notification);
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notification) != 0) continue;
    struct seccomp_notif_resp answer = {.id = notification.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }
}
