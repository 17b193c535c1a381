/** `recording delete`: has a running daemon forget a recording. */

import { notRecorded } from '../../../report/recording.ts'
import { deleteJson, type ClientOptions } from '../../client.ts'
import { EXIT } from '../../exit-codes.ts'
import { say } from '../../output.ts'

export async function remove(name: string, client: ClientOptions): Promise<number> {
  if ((await deleteJson(`/v1/recordings/${encodeURIComponent(name)}`, client)) !== undefined) return EXIT.ok
  say(notRecorded(name))
  return EXIT.failure
}
