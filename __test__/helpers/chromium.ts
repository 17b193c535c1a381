/** Debian's Chromium, driven through its own protocol over two pipes: no port, no library. */

import { spawn } from 'node:child_process'
import { rmSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import type { ExecutionContext } from 'ava'
import { findCommand } from './needs.ts'
import { pageOf, type Page } from './page.ts'

export type { Page } from './page.ts'

export interface Message {
  id?: number
  method?: string
  params?: Record<string, never>
  result?: Record<string, never>
  error?: { message: string }
}

export const chromium = findCommand('chromium')

const DEADLINE_MS = 120_000

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--remote-debugging-pipe',
]

/** Whoever outlives the browser: a test, or a tool. */
export type Owner = Pick<ExecutionContext, 'teardown'>

export async function openPage(t: Owner): Promise<Page> {
  const profile = mkdtempSync(join(tmpdir(), 'sn-chromium-'))
  const browser = spawn(chromium ?? 'chromium', [...FLAGS, `--user-data-dir=${profile}`], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOME: profile },
    // A group of its own, so that its helpers end with it.
    detached: true,
  })
  t.teardown(async () => {
    const ended = new Promise(resolve => void browser.once('exit', resolve))
    if (browser.pid !== undefined) process.kill(-browser.pid, 'SIGKILL')
    await ended
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  })
  const [, , , commands, answers] = browser.stdio
  const { call, messages } = connect(commands as Writable, answers as Readable)
  const { targetId } = await call('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true })
  const inPage = (method: string, params: object = {}) => call(method, params, sessionId)
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await inPage(`${domain}.enable`)
  // Pages that nobody sees draw nothing.
  await inPage('Page.bringToFront')
  return pageOf(inPage, call, messages)
}

export type Call = (method: string, params?: object, sessionId?: string) => Promise<Record<string, never>>

/** Messages are JSON, each followed by a null byte. */
function connect(commands: Writable, answers: Readable): { call: Call; messages: Message[] } {
  const messages: Message[] = []
  const waiting = new Map<number, (message: Message) => void>()
  let rest = ''
  let last = 0
  // A browser that is killed resets them.
  for (const pipe of [commands, answers]) pipe.on('error', () => {})
  answers.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\0')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      const message = JSON.parse(part) as Message
      if (message.id === undefined) messages.push(message)
      else waiting.get(message.id)?.(message)
    }
  })
  const call: Call = async (method, params = {}, sessionId) => {
    const id = ++last
    const answer = new Promise<Message>((resolve, reject) => {
      waiting.set(id, resolve)
      setTimeout(() => reject(new Error(`${method}: the browser does not answer`)), DEADLINE_MS).unref()
    })
    commands.write(`${JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`)
    const { error, result = {} } = await answer
    if (error !== undefined) throw new Error(`${method}: ${error.message}`)
    return result
  }
  return { call, messages }
}
