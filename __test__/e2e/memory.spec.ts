/** What a caller's pointers lead to decides nothing: the daemon never reads its memory, whatever the answer is. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { start, until } from '../helpers/child.ts'
import { startDaemonFor } from '../helpers/daemon-process.ts'
import { MKDIR, startFakeRuntime, sumTallies } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'
import { guest } from '../helpers/guests.ts'
import { findCommand } from '../helpers/needs.ts'

const CALLS = 500
/** Every way to another process's memory that needs no stop of it: process_vm_readv(2), proc_pid_mem(5). */
const TRACED = 'trace=process_vm_readv,process_vm_writev,ptrace,open,openat,openat2'
const strace = findCommand('strace')
const check = strace === undefined ? test.skip : test.serial
if (strace === undefined) console.log('skipped: strace is not installed')

for (const { answer, calls } of [
  { answer: 'profile', calls: 'first' },
  { answer: 'continue', calls: 'first' },
  { answer: 'continue', calls: 'off' },
]) {
  check(`the daemon reads no memory of a caller: answer ${answer}, detail ${calls}`, async t => {
    t.timeout(170_000)
    const folder = folderOf(t)
    const daemon = await startDaemonFor(t, folder, {
      config: { policy: { answer, errno: 'EPERM' }, detail: { calls, patience: '1m' } },
    })
    const trace = join(folder, 'trace')
    const tracer = start(strace ?? '', ['-f', '-qq', '-e', TRACED, '-o', trace, '-p', String(daemon.pid)])
    t.teardown(() => tracer.process.kill('SIGKILL'))
    await until(() => isTraced(daemon.pid), 10_000)
    const threads = new Set(readdirSync(`/proc/${daemon.pid}/task`).map(Number))
    const args = ['--id', 'caller', '--call', MKDIR, '--', guest('calls-repeatedly'), String(CALLS)]
    const { code, stdout, stderr } = await startFakeRuntime(daemon.listenerSocket, args).finished
    t.is(code, 0, stderr)
    t.is(sumTallies(stdout).calls, CALLS)
    await until(async () => (await daemon.total()) === CALLS, 10_000)
    tracer.process.kill('SIGINT')
    await tracer.finished
    const lines = readFileSync(trace, 'utf8').split('\n')
    t.true(
      lines.some(line => /open(at)?\(.*"\/proc\/\d+\//.test(line)),
      'strace saw the daemon look at the container',
    )
    const reads = lines.filter(line => /process_vm_|ptrace\(|\/mem"/.test(line))
    const readers = new Set(reads.map(line => Number.parseInt(line, 10)))
    // The program that looks at the first four, for their one string; never a thread of ours.
    t.is(readers.size, calls === 'off' ? 0 : 1)
    t.deepEqual(
      [...readers].filter(pid => threads.has(pid)),
      [],
    )
    t.true(reads.length <= (calls === 'off' ? 0 : 8), reads.join('\n'))
    t.true(reads.every(line => line.includes('process_vm_readv(')))
  })
}

/** Every thread, as the one that answers is not the first. */
function isTraced(pid: number): boolean {
  const statuses = readdirSync(`/proc/${pid}/task`).map(tid => readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8'))
  return statuses.every(status => /^TracerPid:\t[1-9]/m.test(status))
}
