/** `top`: the containers that call most, painted anew each second on a terminal, once otherwise. */

import type { ContainerList } from '../../http/summary.ts'
import { formatJson } from '../../report/format.ts'
import { topRows, topTable, withPart, type Sample, type TopOrder } from '../../report/top.ts'
import { getJson, type ClientOptions } from '../client.ts'
import { colorStates } from '../colors.ts'
import { EXIT } from '../exit-codes.ts'
import { print } from '../output.ts'
import { isTerminal, openTerminal } from '../terminal.ts'
import { topTitle, typed, type TopView } from '../top-view.ts'

export interface TopFlags extends ClientOptions {
  sort: TopOrder
  /** Milliseconds. */
  interval: number
  name?: string
  json?: boolean
}

export async function top(flags: TopFlags): Promise<number> {
  if (flags.json !== true && isTerminal()) await look(flags)
  else await tell(flags)
  return EXIT.ok
}

/** What comes at one time has no rate: so two samples, an interval apart. */
async function tell({ sort, interval, name = '', json = false, ...client }: TopFlags): Promise<void> {
  const before = await sample(client)
  await new Promise(resolve => setTimeout(resolve, interval))
  const now = await sample(client)
  const containers = withPart(topRows(now, before, sort), name)
  print(json ? formatJson({ containers }) : colorStates(topTable(containers, now.atMs)))
}

async function look({ sort, interval, name = '', ...client }: TopFlags): Promise<void> {
  let view: TopView = { order: sort, find: name, isFinding: false, isLeft: false }
  let wake: (() => void) | undefined
  const become = (next: TopView): void => {
    view = next
    wake?.()
  }
  const terminal = openTerminal(keys => become(typed(view, keys)))
  const leave = (): void => become({ ...view, isLeft: true })
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, leave)
  try {
    let before: Sample | undefined
    let now = await sample(client)
    for (;;) {
      const rows = withPart(topRows(now, before, view.order), view.find)
      terminal.paint([topTitle(view, rows.length), '', ...topTable(rows, now.atMs).split('\n')], colorStates)
      await new Promise<void>(resolve => {
        wake = resolve
        setTimeout(resolve, interval).unref()
      })
      if (view.isLeft) return
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
