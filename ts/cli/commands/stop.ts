/** `stop`: has a running daemon stop a container. */

import type { ContainerView } from '../../container-view.ts'
import { escapeText, formatJson } from '../../report/format.ts'
import { postJson, type ClientOptions } from '../client.ts'
import { EXIT } from '../exit-codes.ts'
import { print, say } from '../output.ts'

export interface StopFlags extends ClientOptions {
  json?: boolean
}

export async function stop(id: string, { json = false, ...client }: StopFlags): Promise<number> {
  const path = `/v1/containers/${encodeURIComponent(id)}/stop`
  const view = (await postJson(path, client)) as ContainerView | undefined
  if (view === undefined) {
    say(`no container has the id, name or key "${id}"; \`seccomp-notifyd ps\` lists those that are known`)
    return EXIT.failure
  }
  print(json ? formatJson(view) : `${escapeText(view.key)}\n`)
  return EXIT.ok
}
