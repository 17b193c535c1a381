/** PURE: recordings of containers as a table and in sentences. */

import type { RecordingSummary } from '../recording-view.ts'
import { escapeText, formatAge, formatTable } from './format.ts'

const TITLES = ['NAME', 'RUNS', 'RUNNING', 'CALLS', 'LAST RUN ADDED', 'ENDED']
const MOST_SHOWN = 20

export function recordingTable(recordings: readonly RecordingSummary[], nowMs: number): string {
  return formatTable(
    TITLES,
    recordings.map(each => {
      const { name, runs, running, different, endedAt } = each
      const ago = endedAt === null ? '' : `${formatAge(nowMs - Date.parse(endedAt))} ago`
      return [name, runs, running, different, addedBy(each), ago].map(cell => escapeText(String(cell), 64))
    }),
  )
}

function addedBy({ endedAt, added }: RecordingSummary): string {
  if (endedAt === null) return ''
  return added.length === 0 ? 'nothing' : counted(added.length, 'call')
}

/** How far a recording is, and what it has left out. */
export function describeRecording(recording: RecordingSummary): string[] {
  const { name, runs, running, denied, complete } = recording
  const now = running === 0 ? '' : `, ${running} of them going on`
  return [
    ...(denied.length === 0 ? [] : [`denied while it was recorded, and so not in the profile: ${shown(denied)}`]),
    ...(complete ? [] : ['too many different calls were made to tell them apart, so some are not in the profile']),
    `${name}: ${counted(runs, 'run')} recorded${now}${lastAdded(recording)}`,
  ]
}

/** All of a first run is new. */
function lastAdded({ runs, running, added }: RecordingSummary): string {
  if (runs - running < 2) return ''
  return `; the last that has ended added ${added.length === 0 ? 'nothing' : shown(added)}`
}

function shown(texts: readonly string[]): string {
  const some = texts.slice(0, MOST_SHOWN).map(text => escapeText(text, 64))
  return [...some, ...(texts.length > MOST_SHOWN ? [`and ${texts.length - MOST_SHOWN} more`] : [])].join(', ')
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

export function notRecorded(name: string): string {
  return `nothing is recorded under ${JSON.stringify(name)}; \`seccomp-notifyd recording list\` lists what is`
}
