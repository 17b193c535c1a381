/*
 * The recorded programs, for arm64. Each was run under qemu-user and stopped by its debugger's interface at the `svc` of chroot; then
 * what was on its stack went into the file NAME.stack, from its stack pointer on:
 *
 * aarch64-linux-gnu-gcc-12 -O2 -march=armv8.3-a -ffreestanding -nostdlib -static -Wl,--build-id=sha1 -Wl,-z,max-page-size=4096
 *   -o arm64-chain chain.c
 * and with -mbranch-protection=pac-ret -o arm64-chain-signed: return addresses on the stack are signed.
 */
static long ask(const char *path) {
  register long number __asm__("x8") = 51; /* chroot */
  register const char *argument __asm__("x0") = path;
  register long result __asm__("x0");
  __asm__ volatile("svc 0" : "=r"(result) : "r"(number), "0"(argument) : "memory");
  return result;
}
long __attribute__((noipa)) chroot(const char *path) { return ask(path); }
long __attribute__((noipa)) innermost(const char *path) { return chroot(path) + 1; }
long __attribute__((noipa)) with_array(const char *path, int n) {
  volatile char array[n];
  array[0] = 1;
  return innermost(path) + array[0];
}
long __attribute__((noipa)) outer(const char *path) { return with_array(path, 100) + 2; }
int __attribute__((noipa)) main(void) { return (int)outer("/nowhere"); }
__asm__(".globl _start\n.type _start,%function\n_start: mov x29, #0\n mov x30, #0\n bl main\n mov x8, #93\n svc #0\n.size _start,.-_start\n");
