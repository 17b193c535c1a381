/** `ps`: the containers of a running daemon. */

import type { ContainerList } from '../../http/summary.ts'
import { escapeText, formatAge, formatJson, formatTable } from '../../report/format.ts'
import { getJson, type ClientOptions } from '../client.ts'
import { EXIT } from '../exit-codes.ts'
import { print } from '../output.ts'

export interface PsFlags extends ClientOptions {
  json?: boolean
}

const HEADER = ['KEY', 'NAME', 'STATE', 'ACTION', 'CALLS', 'REASON', 'AGE']

export async function ps({ json = false, ...client }: PsFlags): Promise<number> {
  const list = (await getJson('/v1/containers', client)) as ContainerList
  print(json ? formatJson(list) : formatTable(HEADER, list.containers.map(toRow)))
  return EXIT.ok
}

function toRow(container: ContainerList['containers'][number]): string[] {
  const { key, name, state, action, calls, reason, startedAt } = container
  const age = formatAge(Date.now() - Date.parse(startedAt))
  return [key, name, state, action, calls, reason ?? '', age].map(cell => escapeText(String(cell), 64))
}
