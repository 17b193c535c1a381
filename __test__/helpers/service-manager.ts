/** The daemon under a mock of a service manager that has a store for descriptors: restarted, killed, stopped for good. */

import type { ExecutionContext } from 'ava'
import { until } from './child.ts'
import { becomesReady, startDaemonFor, type DaemonOptions, type DaemonProcess } from './daemon-process.ts'
import { guest } from './guests.ts'

export interface Managed {
  /** The daemon of the moment; its `stop` and `kill9` end the manager with it. */
  daemon: DaemonProcess
  /** The daemon's own pid. */
  pid(): number
  /** Starts the daemon and waits until it is ready. */
  start(): Promise<void>
  /** SIGKILL to the daemon; waits for its end. */
  kill(): Promise<void>
  /** SIGTERM to the daemon; waits for its end. */
  terminate(): Promise<void>
  /** SIGSTOP to the daemon. */
  freeze(): void
  /** Forgets all that is stored, as when a unit is stopped for good. */
  flush(): Promise<void>
  /** How many listeners are stored now. */
  stored(): number
  /** Waits until so many are. */
  stores(count: number): Promise<void>
}

export interface ManagedOptions extends Pick<DaemonOptions, 'config' | 'env'> {
  /** What the store takes; 0: it is not for us. */
  most?: number
}

export async function startManaged(
  t: ExecutionContext,
  folder: string,
  { most = 100, ...options }: ManagedOptions = {},
): Promise<Managed> {
  const wrap = [guest('service-manager'), folder, String(most), '--']
  const daemon = await startDaemonFor(t, folder, { ...options, wrap, wait: false, input: 'pipe' })
  const says = (what: string) => daemon.child.stdout().split(`manager: ${what}`).length - 1
  const say = (word: string) => void daemon.child.process.stdin?.write(`${word}\n`)
  const stored = () => says('stored ') - says('removed ') - says('hung up ')

  async function start(): Promise<void> {
    const [told, ended] = [says('told READY=1'), says('ended')]
    say('start')
    const isReady = () => {
      if (says('ended') > ended) throw new Error(`the daemon ended:\n${daemon.child.stderr()}`)
      return says('told READY=1') > told
    }
    await until(isReady, 60_000, () => `the daemon is not ready:\n${daemon.child.stderr()}`)
    await becomesReady(daemon)
  }

  async function end(how: string): Promise<void> {
    const ended = says('ended')
    say(how)
    await until(
      () => says('ended') > ended,
      20_000,
      () => `the daemon does not end:\n${daemon.child.stderr()}`,
    )
  }

  async function flush(): Promise<void> {
    say('flush')
    await until(() => says('flushed') > 0, 5000)
  }

  const managed: Managed = {
    daemon,
    start,
    flush,
    stored,
    pid: () => Number(/.*manager: started (\d+)/s.exec(daemon.child.stdout())?.[1]),
    kill: () => end('kill'),
    terminate: () => end('term'),
    freeze: () => say('stop'),
    stores: count =>
      until(
        () => stored() === count,
        10_000,
        () => `${stored()} are stored, not ${count}`,
      ),
  }
  await start()
  return managed
}
