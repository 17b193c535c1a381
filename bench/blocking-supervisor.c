/*
 * The fastest possible supervisor: a thread for each listener that receives and answers, blocking, with synchronous
 * wake-up and no bookkeeping at all.
 *
 * blocking-supervisor [--no-sync] SOCKET
 */
#include "supervisor.h"
#include <pthread.h>

static void *serve(void *listener) {
  for (;;) {
    if (answer_one((int)(long)listener) != 0 && errno != EINTR) break;
  }
  close((int)(long)listener);
  return NULL;
}

int main(int argc, char **argv) {
  int sync = argc < 2 || strcmp(argv[1], "--no-sync") != 0;
  if (argc != (sync ? 2 : 3)) return 2;
  int server = open_socket(argv[argc - 1]);
  for (int listener; (listener = next_listener(server)) >= 0;) {
    if (sync) wake_synchronously(listener);
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, (void *)(long)listener) != 0) fail("thread");
    pthread_detach(thread);
  }
  _exit(0);
}
