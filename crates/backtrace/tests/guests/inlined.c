/* Waits in read(2) in a function that is inlined into another one. */
#include <unistd.h>

static inline __attribute__((always_inline)) long put_into_its_caller(int descriptor) {
  char byte;
  long count = read(descriptor, &byte, 1);
  return count + 1;
}

long __attribute__((noinline)) takes_it_in(int descriptor) {
  return put_into_its_caller(descriptor) + 1;
}

int main(void) {
  return (int)takes_it_in(0) & 1;
}
