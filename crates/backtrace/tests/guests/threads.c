/* Four threads that wait in read(2) below a function of their own, and one that waits for them. */
#include <pthread.h>
#include <unistd.h>

static long __attribute__((noinline)) waits_in_thread(int descriptor) {
  char byte;
  long count = read(descriptor, &byte, 1);
  return count + 1;
}

static void *start_of_thread(void *unused) {
  (void)unused;
  return (void *)(waits_in_thread(0) + 1);
}

int main(void) {
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, start_of_thread, NULL);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  return 0;
}
