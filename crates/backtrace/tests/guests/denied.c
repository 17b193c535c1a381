/* Makes one call that a filter has notified. */
#include <unistd.h>

int __attribute__((noinline)) asks_for_a_root(void) {
  return chroot("/nowhere") + 1;
}

int main(void) {
  return asks_for_a_root() & 1;
}
