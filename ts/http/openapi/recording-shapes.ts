/** PURE: what recordings are made of, under the names that openapi.json gives them. */

import type { CoveredCall } from '../../recording.ts'
import type { RecordingSummary, RecordingView } from '../../recording-view.ts'
import type { RecordingList } from '../routes/recordings.ts'
import { flag, list, nullable, oneOf, ref, shape, time, whole, words, type Schema } from './schema.ts'

const recording: Record<keyof RecordingSummary, Schema> = {
  name: words,
  runs: whole,
  running: whole,
  different: whole,
  denied: list(words),
  complete: flag,
  startedAt: time,
  endedAt: nullable(time),
  added: list(words),
}

export const recordingSchemas: Record<string, Schema> = {
  RecordingList: shape<RecordingList>({ recordings: list(ref('RecordingSummary')) }),
  RecordingSummary: shape<RecordingSummary>(recording),
  Recording: shape<RecordingView>({ ...recording, calls: list(ref('CoveredCall')) }),
  CoveredCall: shape<CoveredCall>(
    {
      syscall: words,
      abi: words,
      number: whole,
      count: whole,
      runs: whole,
      only: oneOf(['start', 'steady', 'end']),
      runtime: { type: 'boolean', const: true },
      values: list(words),
    },
    ['only', 'runtime', 'values'],
  ),
}
