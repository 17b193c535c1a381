/*
 * The measured program: calls getppid COUNT times, INTERVAL_US apart, and prints how long the calls took:
 * {"calls":20000,"errnos":{"EPERM":20000},"meanNs":2100,"p50Ns":1950,"p99Ns":9000,"maxNs":200000,"seconds":0.042}
 *
 * It knows nothing of filters: the fake runtime (a guest of the tests) loads one that notifies getppid, hands its listener
 * over, and executes this program.
 *
 * target COUNT [INTERVAL_US [BEFORE]]   after BEFORE calls that are not measured
 * target flood                          calls without end until standard input closes; only counted
 */
#include "../__test__/fixtures/guests/tally.h"
#include <poll.h>
#include <time.h>

static long now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000L + now.tv_nsec;
}

static int by_value(const void *a, const void *b) {
  long x = *(const long *)a, y = *(const long *)b;
  return (x > y) - (x < y);
}

static int flood(void) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  unsigned long calls = 0;
  long began = now_ns();
  while (poll(&input, 1, 0) == 0) {
    for (int i = 0; i < 1000; i++) syscall(SYS_getppid);
    calls += 1000;
  }
  printf("{\"calls\":%lu,\"seconds\":%.6f}\n", calls, (double)(now_ns() - began) / 1e9);
  return 0;
}

static int measure(long count, long interval_us, long before) {
  long *took = calloc((size_t)count, sizeof *took);
  if (took == NULL) return 2;
  while (before-- > 0) syscall(SYS_getppid);
  long sum = 0, began = now_ns();
  for (long i = 0; i < count; i++) {
    long start = now_ns();
    long result = syscall(SYS_getppid);
    took[i] = now_ns() - start;
    tally(result);
    sum += took[i];
    if (interval_us > 0) usleep((useconds_t)interval_us);
  }
  double seconds = (double)(now_ns() - began) / 1e9;
  qsort(took, (size_t)count, sizeof *took, by_value);
  printf("{");
  tally_print(stdout);
  printf(",\"meanNs\":%ld,\"p50Ns\":%ld,\"p99Ns\":%ld,\"maxNs\":%ld,\"seconds\":%.6f}\n", sum / count, took[count / 2],
         took[count * 99 / 100], took[count - 1], seconds);
  return 0;
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "flood") == 0) return flood();
  long count = argument(argc, argv, 1, 0);
  if (count > 0) return measure(count, argument(argc, argv, 2, 0), argument(argc, argv, 3, 0));
  fprintf(stderr, "usage: target COUNT [INTERVAL_US [BEFORE]] | target flood\n");
  return 2;
}
