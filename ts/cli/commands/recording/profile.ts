/** `recording profile`: the profile that a recording makes. */

import { libseccompVersion, recordedProfile } from '../../../record.ts'
import type { RecordingView } from '../../../recording-view.ts'
import { describeGaps, describePhases } from '../../../report/record.ts'
import { describeRecording, notRecorded } from '../../../report/recording.ts'
import { getJson, type ClientOptions } from '../../client.ts'
import { EXIT } from '../../exit-codes.ts'
import { print, say } from '../../output.ts'
import { runtimesOf } from '../../runtimes-of.ts'
import { writeWhole } from '../../whole-file.ts'

export interface ProfileFlags extends ClientOptions {
  output?: string
  for?: string
  ioctlRequests?: boolean
}

const ANY_RUNTIME = 'runc,crun'

export async function profile(name: string, { output, ...flags }: ProfileFlags): Promise<number> {
  const runtimes = runtimesOf(flags.for ?? ANY_RUNTIME)
  const view = (await getJson(`/v1/recordings/${encodeURIComponent(name)}`, flags)) as RecordingView | undefined
  if (view === undefined) {
    say(notRecorded(name))
    return EXIT.failure
  }
  const { json, ...gaps } = await recordedProfile(view.calls, { runtimes, ioctlRequests: flags.ioctlRequests ?? false })
  if (output === undefined) print(json)
  else writeWhole(output, json)
  for (const line of [...describeGaps(gaps, libseccompVersion()), ...describeRecording(view), ...describePhases(view)])
    say(line)
  return EXIT.ok
}
