/**
 * What the addon does with profiles, in a process of its own: libseccomp does not return for some sets of conditions, and
 * a thread that hangs in native code cannot be ended.
 */

import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { deserialize, serialize } from 'node:v8'
import { NotifydError, toNotifydError } from './errors.ts'
import type { Native } from './native.ts'

/** Those that compile. */
type Compiling =
  | 'compileProfile'
  | 'checkProfile'
  | 'convertProfile'
  | 'diffProfiles'
  | 'explainProfile'
  | 'explainCall'
  | 'mergeProfiles'
  | 'recordedProfile'
  | 'transformProfile'
  | 'widenProfile'
export type Work = Pick<Native, Compiling>
export type WorkName = keyof Work

/** What the worker is sent, and what it sends back. */
export interface Order {
  name: WorkName
  args: unknown[]
}
export type Outcome = { value: unknown } | { code?: string; message: string }

/** A large profile takes a tenth of a second. */
const LIMIT_MS = 20_000
const MOST_REMEMBERED = 32
const WORKER = new URL('./profile-worker.js', import.meta.url)

/** Newest last; serialized, so that nobody shares what he gets. */
const done = new Map<string, Buffer>()

/** Does what is ordered, somewhere. */
export type ProfileWork = <N extends WorkName>(name: N, ...args: Parameters<Work[N]>) => Promise<ReturnType<Work[N]>>

/** In a process of its own, and the same order once: what comes of a profile depends on nothing else. */
export const workApart: ProfileWork = async (name, ...args) => {
  const key = digest({ name, args })
  const known = done.get(key) ?? serialize(await doInChild({ name, args }, LIMIT_MS))
  remember(key, known)
  // What is read from a buffer lies in it.
  return deserialize(Buffer.from(known))
}

/** In this process, for a stand-in of the addon. */
export function workHere(native: Work): ProfileWork {
  return async (name, ...args) => Reflect.apply(native[name], native, args)
}

/** Rejects when the time is over, with the process ended. */
export function doInChild(order: Order, limitMs: number, worker: URL = WORKER): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = fork(worker, {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new NotifydError('ERR_PROFILE_TIMEOUT', tooLong(limitMs)))
    }, limitMs)
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      child.kill('SIGKILL')
      act()
    }
    child.once('message', (outcome: Outcome) =>
      settle(() => ('value' in outcome ? resolve(outcome.value) : reject(failure(outcome)))),
    )
    child.once('error', error => settle(() => reject(lost(error.message))))
    child.once('exit', (code, signal) => settle(() => reject(lost(`it ended with ${signal ?? code}`))))
    child.send(order, error => error !== null && settle(() => reject(lost(error.message))))
  })
}

function tooLong(limitMs: number): string {
  return (
    `compiling the profile: libseccomp did not finish within ${limitMs / 1000} s, as happens for some sets of ` +
    'conditions on one call; hint: write fewer conditions, or conditions for equality'
  )
}

function failure({ code, message }: { code?: string; message: string }): unknown {
  return toNotifydError(Object.assign(new Error(message), { code }))
}

function lost(reason: string): NotifydError {
  return new NotifydError('ERR_RESOURCES', `compiling the profile in a process of its own: ${reason}`)
}

function digest(order: Order): string {
  return createHash('sha256').update(JSON.stringify(order)).digest('base64')
}

function remember(key: string, value: Buffer): void {
  done.delete(key)
  done.set(key, value)
  const [oldest] = done.keys()
  if (done.size > MOST_REMEMBERED && oldest !== undefined) done.delete(oldest)
}
