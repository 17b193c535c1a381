/* Waits in read(2) below three functions of its own; the second one keeps its frame by the frame pointer. */
#include <unistd.h>

#define NEVER_INLINED __attribute__((noinline, noclone))

long NEVER_INLINED innermost(int descriptor) {
  char byte;
  long count = read(descriptor, &byte, 1);
  return count + 1;
}

long NEVER_INLINED with_varying_frame(int descriptor, int bytes) {
  volatile char area[bytes];
  area[bytes - 1] = 1;
  return innermost(descriptor) + area[bytes - 1];
}

long NEVER_INLINED outer(int descriptor) {
  return with_varying_frame(descriptor, 100 + descriptor) + 1;
}

int main(void) {
  return (int)outer(0) & 1;
}
