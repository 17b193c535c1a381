/** `describe`: one container of a running daemon, or of its history. */

import type { ContainerView } from '../../container-view.ts'
import { describeContainer } from '../../report/describe.ts'
import { formatJson } from '../../report/format.ts'
import { getJson, type ClientOptions } from '../client.ts'
import { colorDescription } from '../colors.ts'
import { EXIT } from '../exit-codes.ts'
import { print, say } from '../output.ts'

export interface DescribeFlags extends ClientOptions {
  json?: boolean
}

export async function describe(id: string, { json = false, ...client }: DescribeFlags): Promise<number> {
  const view = (await getJson(`/v1/containers/${encodeURIComponent(id)}`, client)) as ContainerView | undefined
  if (view === undefined) {
    say(`no container has the id, name or key "${id}"; \`seccomp-notifyd ps\` lists those that are known`)
    return EXIT.failure
  }
  print(json ? formatJson(view) : colorDescription(describeContainer(view)))
  return EXIT.ok
}
