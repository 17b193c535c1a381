/** What a daemon has written of its containers, as its successor would find it. */

import { join } from 'node:path'
import { readJournal } from '../../ts/journal.ts'

/** Calls of all containers. `folder` is the one that the daemon was started with. */
export function callsInHistory(folder: string): number {
  const { views } = readJournal(join(folder, 'daemon/history.jsonl'))
  const calls = [...views.values()].flatMap(view => view.calls)
  return calls.reduce((sum, { count }) => sum + count, 0)
}
