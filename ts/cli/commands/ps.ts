/** `ps`: the containers of a running daemon. */

import type { ContainerList } from '../../http/summary.ts'
import { formatJson } from '../../report/format.ts'
import { containerTable } from '../../report/ps.ts'
import { getJson, type ClientOptions } from '../client.ts'
import { colorStates } from '../colors.ts'
import { EXIT } from '../exit-codes.ts'
import { print } from '../output.ts'

/** What a container has to have to be listed, as the HTTP interface knows it. */
interface Filters {
  name?: string
  engine?: string
  namespace?: string
  pod?: string
  image?: string
}

export interface PsFlags extends ClientOptions, Filters {
  json?: boolean
}

export async function ps({ json = false, ...flags }: PsFlags): Promise<number> {
  const list = (await getJson(pathOf(flags), flags)) as ContainerList
  print(json ? formatJson(list) : colorStates(containerTable(list.containers, Date.now())))
  return EXIT.ok
}

function pathOf({ name, engine, namespace, pod, image }: Filters): string {
  const query = new URLSearchParams()
  for (const [filter, value] of Object.entries({ name, engine, namespace, pod, image }))
    if (value !== undefined) query.set(filter, value)
  return query.size === 0 ? '/v1/containers' : `/v1/containers?${query.toString()}`
}
