/* Waits in read(2) in a handler of a signal that it sends itself. */
#include <signal.h>
#include <unistd.h>

static volatile long result;

static void handler(int number) {
  char byte;
  result = read(0, &byte, 1) + number;
}

void __attribute__((noinline)) interrupted(void) {
  raise(SIGUSR1);
  result++;
}

int main(void) {
  signal(SIGUSR1, handler);
  interrupted();
  return 0;
}
