/** `recording list`: what a running daemon has recorded. */

import type { RecordingList } from '../../../http/routes/recordings.ts'
import { formatJson } from '../../../report/format.ts'
import { recordingTable } from '../../../report/recording.ts'
import { getJson, type ClientOptions } from '../../client.ts'
import { EXIT } from '../../exit-codes.ts'
import { print } from '../../output.ts'

export interface ListFlags extends ClientOptions {
  json?: boolean
}

export async function list({ json = false, ...client }: ListFlags): Promise<number> {
  const { recordings } = (await getJson('/v1/recordings', client)) as RecordingList
  print(json ? formatJson({ recordings }) : recordingTable(recordings, Date.now()))
  return EXIT.ok
}
