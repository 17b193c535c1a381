/** `top`: the containers that call most, painted anew each second on a terminal, once otherwise. */

import type { ContainerList } from '../../http/summary.ts'
import { formatJson } from '../../report/format.ts'
import { topRows, topTable, type Sample, type TopOrder } from '../../report/top.ts'
import { getJson, type ClientOptions } from '../client.ts'
import { EXIT } from '../exit-codes.ts'
import { print } from '../output.ts'
import { isTerminal, openTerminal } from '../terminal.ts'

export interface TopFlags extends ClientOptions {
  sort: TopOrder
  /** Milliseconds. */
  interval: number
  json?: boolean
}

const KEYS: Record<string, TopOrder> = { r: 'rate', c: 'calls', i: 'incidents', n: 'name', a: 'age' }
const LEAVING = ['q', '\u0003', '\u0004']
const HELP = 'sort: r rate, c calls, i incidents, n name, a age; q quits'

export async function top(flags: TopFlags): Promise<number> {
  if (flags.json !== true && isTerminal()) await look(flags)
  else await tell(flags)
  return EXIT.ok
}

/** What comes at one time has no rate: so two samples, an interval apart. */
async function tell({ sort, interval, json = false, ...client }: TopFlags): Promise<void> {
  const before = await sample(client)
  await new Promise(resolve => setTimeout(resolve, interval))
  const now = await sample(client)
  const containers = topRows(now, before, sort)
  print(json ? formatJson({ containers }) : topTable(containers, now.atMs))
}

async function look({ sort, interval, ...client }: TopFlags): Promise<void> {
  let order = sort
  let isLeaving = false
  let wake: (() => void) | undefined
  const terminal = openTerminal(key => {
    order = KEYS[key] ?? order
    isLeaving ||= LEAVING.includes(key)
    wake?.()
  })
  const leave = (): void => {
    isLeaving = true
    wake?.()
  }
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, leave)
  try {
    let before: Sample | undefined
    let now = await sample(client)
    for (;;) {
      const rows = topRows(now, before, order)
      terminal.paint([`${rows.length} containers by ${order}; ${HELP}`, '', ...topTable(rows, now.atMs).split('\n')])
      await new Promise<void>(resolve => {
        wake = resolve
        setTimeout(resolve, interval).unref()
      })
      if (isLeaving) return
      if (Date.now() - now.atMs < interval) continue
      ;[before, now] = [now, await sample(client)]
    }
  } finally {
    terminal.close()
  }
}

async function sample(client: ClientOptions): Promise<Sample> {
  const list = (await getJson('/v1/containers?state=running,stopping', client)) as ContainerList
  return { list, atMs: Date.now() }
}
