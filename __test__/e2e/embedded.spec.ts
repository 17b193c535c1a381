/** `seccomp-notifyd run`: a command under a filter, without any container. */

import { check, run } from '../helpers/embedded.ts'
import { guest } from '../helpers/guests.ts'

check('the command keeps its exit code, and what it was denied is said', async t => {
  const { code, stderr } = await run('--deny', 'chroot', '--', 'sh', '-c', 'chroot / true; exit 42')
  t.is(code, 42)
  t.regex(stderr, /chroot \(1x\)/)
})

check('a command killed by a signal ends as in a shell', async t => {
  const { code } = await run('--deny', 'chroot', '--', 'sh', '-c', 'kill -9 $$')
  t.is(code, 137)
})

check('every call is answered while a timer interrupts without pause', async t => {
  const { stdout } = await run('--deny', 'mkdir,mkdirat', '--', guest('calls-under-timer'), '500', '200', 'restart')
  const { calls, errnos } = JSON.parse(stdout) as { calls: number; errnos: Record<string, number> }
  t.is(calls, 500)
  t.deepEqual(errnos, { EPERM: 500 })
})

check('a number without a name is counted by its number', async t => {
  const { stdout, stderr } = await run('--deny', 'syscall_600', '--', guest('calls-number'), '600')
  t.is(stdout, '600 EPERM\n')
  t.regex(stderr, /syscall_600 \(1x\)/)
})

check('stop ends the command and names the calls', async t => {
  const script = 'chroot / true; chroot / true; swapoff /x; swapoff /x; sleep 1000'
  const { code, stderr } = await run('--deny', 'chroot,swapoff', '--action', 'stop', '--', 'sh', '-c', script)
  t.is(code, 137)
  t.regex(stderr, /Used forbidden syscalls: chroot \(2x\), swapoff \(2x\)/)
})

for (const [threads, title] of [
  ['0', 'a program without threads: each is counted'],
  ['40', 'a program with threads, where the library makes it in each: one'],
] as const) {
  check(`a denied call that changes ids, of ${title}`, async t => {
    const { stdout, stderr } = await run('--deny', 'setuid', '--json', '--', guest('sets-uid-in-threads'), threads, '3')
    t.deepEqual(JSON.parse(stdout), { calls: 3, errnos: { EPERM: 3 } })
    t.regex(stderr, /"message":"Used forbidden syscalls: setuid \(3x\)"/)
  })
}
