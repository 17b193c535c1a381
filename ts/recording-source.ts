/** Recordings as they are now, and the profiles that they make. */

import { toTime } from './clock.ts'
import type { Config } from './config/schema.ts'
import { warn, type Container } from './containers.ts'
import type { RecordingSource } from './http/source.ts'
import type { Log } from './log.ts'
import type { Supervisor } from './native.ts'
import { recordedProfile } from './record.ts'
import { recordingFiles, type RecordingFilesOptions } from './recording-files.ts'
import { createRecordings, type Recordings, type RecordingsDeps } from './recordings.ts'

/** Under either runtime: where a container runs next is not known here. */
const ANY_RUNTIME = { runtimes: ['runc' as const, 'crun' as const] }

export interface OpeningDeps
  extends Pick<RecordingsDeps, 'clock' | 'names' | 'told'>, Pick<RecordingFilesOptions, 'resumed'> {
  config: Config
  log: Pick<Log, 'error'>
  supervisor: Pick<Supervisor, 'recorded'>
  warning(container: Container, text: string): void
}

export function openRecordings(deps: OpeningDeps): Recordings {
  const { config, clock, names, told, supervisor, warning } = deps
  return createRecordings({
    files: recordingFiles({ stateDir: config.stateDir, resumed: deps.resumed, problem: text => deps.log.error(text) }),
    maxNames: config.recordings.maxNames,
    names,
    clock,
    toTime: toTime(clock),
    recorded: listener => supervisor.recorded(listener),
    told,
    warn(container, text) {
      warn(container, text)
      warning(container, text)
    },
  })
}

export function createRecordingSource(recordings: Recordings, catchUp: () => unknown): RecordingSource {
  function all() {
    catchUp()
    return recordings.views()
  }

  function recording(name: string) {
    catchUp()
    return recordings.view(name)
  }

  const recordingProfile: RecordingSource['recordingProfile'] = (name, purpose) => {
    const calls = recording(name)?.calls
    return calls && recordedProfile(calls, { ...ANY_RUNTIME, ...purpose }).then(({ json }) => json)
  }

  return { recordings: all, recording, recordingProfile, forgetRecording: recordings.forget }
}
