/** PURE. One container in words, laid out as `kubectl describe` does. */

import type { CallCount, ContainerView, Incident } from '../container-view.ts'
import type { ContainerDetail } from '../http/routes/containers.ts'
import { callerLines } from './callers.ts'
import { escapeText, formatTable } from './format.ts'

const labelWidth = 14
const mostChars = 1024

/** A view, or what the HTTP interface makes of it. */
export type Describable = ContainerView & Partial<Pick<ContainerDetail, 'otherIncarnations'>>

export function describeContainer(view: Describable): string {
  return [
    field('Name', view.name),
    field('Namespace', view.namespace),
    field('Pod', view.pod),
    field('  UID', view.podUid),
    field('  Container', view.podContainer),
    field('  Restarts', view.attempt),
    field('Image', view.image),
    field('Engine', view.engine),
    field('ID', view.id),
    field('Key', view.key),
    field('Bundle', view.bundle),
    field('Init PID', view.initPid),
    field('State', view.state),
    field('  Reason', view.reason),
    field('  Message', view.message),
    field('  Written To', places(view)),
    field('  Exit Code', view.exitCode),
    field('  Started', view.startedAt),
    field('  Finished', view.finishedAt),
    field('Action', `${view.action} (from ${view.policySource})`),
    field('Answer', view.answer),
    field('Recording', view.recording ?? null),
    field('Listeners', view.listeners),
    field('Survives', view.listeners === 0 ? null : survival(view)),
    calls(view.calls),
    callers(view.calls),
    incidents(view),
    list('Warnings', view.warnings),
    others(view),
  ].join('')
}

function survival({ survivesRestart }: ContainerView): string {
  return survivesRestart ? 'a restart of the daemon' : 'no restart of the daemon: its listeners end with it'
}

/** What is not known yet is left out, as kubectl does. */
function field(label: string, value: string | number | null): string {
  return value === null ? '' : `${`${label}:`.padEnd(labelWidth)}${text(value)}\n`
}

/** Where a stop has put the message; why it is not elsewhere is among the warnings. */
function places({ told }: ContainerView): string | null {
  const written = told.filter(({ problem }) => problem === null).map(({ place }) => place)
  return written.length === 0 ? null : written.join(', ')
}

function calls(rows: readonly CallCount[]): string {
  const sorted = rows.toSorted((a, b) => b.count - a.count || (a.syscall < b.syscall ? -1 : 1))
  const cells = sorted.map(row => [row.syscall, row.abi, row.verdict, row.phase, row.count, row.lastAt].map(text))
  return block(
    'Calls',
    cells.length === 0 ? undefined : formatTable(['SYSCALL', 'ABI', 'VERDICT', 'PHASE', 'COUNT', 'LAST'], cells),
  )
}

/** What the callers have said of themselves; nothing of it is believed. */
function callers(rows: readonly CallCount[]): string {
  const lines = rows.flatMap(row => callerLines(row, () => true))
  return lines.length === 0 ? '' : block('Callers', lines.map(line => `${line}\n`).join(''), 'untrusted')
}

function incidents({ incidents: shown, incidentsTotal }: ContainerView): string {
  const more = incidentsTotal > shown.length ? `the last ${shown.length} of ${incidentsTotal}` : ''
  const cells = shown.map((incident: Incident) =>
    [incident.startedAt, incident.endedAt, incident.outcome, incident.message].map(text),
  )
  return block(
    'Incidents',
    cells.length === 0 ? undefined : formatTable(['STARTED', 'ENDED', 'OUTCOME', 'MESSAGE'], cells),
    more,
  )
}

function others({ otherIncarnations = [] }: Describable): string {
  const lines = otherIncarnations.map(({ key, state, startedAt }) => `${key} (${state}, started ${startedAt})`)
  return lines.length === 0 ? '' : list('Others', lines)
}

function list(label: string, lines: readonly string[]): string {
  return block(label, lines.length === 0 ? undefined : lines.map(line => `${text(line)}\n`).join(''))
}

function block(label: string, body: string | undefined, note = ''): string {
  const head = `${label}:`.padEnd(labelWidth)
  if (body === undefined) return `${head}<none>\n`
  return `${`${head}${note}`.trimEnd()}\n${body.replace(/^(?=.)/gm, '  ')}`
}

function text(value: string | number): string {
  return escapeText(String(value), mostChars)
}
