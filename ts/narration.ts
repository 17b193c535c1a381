/**
 * What is logged of containers: one line per call when it is first seen, one per incident, and while calls go on one
 * summary a minute. Never one per event, so that no program can fill a disk.
 */

import type { Growth } from './calls.ts'
import { clip } from './clip.ts'
import type { Clock } from './clock.ts'
import type { Incident } from './container-view.ts'
import type { Container } from './containers.ts'
import type { Origin } from './identity.ts'
import type { CallDetail } from './detail.ts'
import type { Log } from './log.ts'
import type { RecordingFile } from './recording-file.ts'

export interface Narration {
  attached(container: Container): void
  named(container: Container): void
  resumed(container: Container): void
  grown(container: Container, growth: Growth[]): void
  incident(container: Container, incident: Incident): void
  stopRequested(container: Container): void
  policyChanged(container: Container, settings: string): void
  ended(container: Container): void
  recorded(container: Container, recording: Pick<RecordingFile, 'name' | 'runs' | 'added'>): void
  warning(container: Container, warning: string): void
  refused(refusal: { reason?: string; message?: string; id?: string }): void
  close(): void
}

const SUMMARY_MS = 60_000
const MAX_FIRST_LINES = 64
const MAX_CHARS = 256

interface Telling {
  firstLines: number
  /** Calls since the last summary that had no line. */
  untold: number
  cancel?: (() => void) | undefined
}

export function createNarration(log: Log, clock: Clock): Narration {
  const tellings = new Map<Container, Telling>()

  function grown(container: Container, growth: Growth[]): void {
    const telling = tellings.get(container) ?? { firstLines: 0, untold: 0 }
    tellings.set(container, telling)
    for (const call of growth) tellCall(container, telling, call)
    if (telling.untold > 0) telling.cancel ??= clock.setTimer(() => summarize(container, telling), SUMMARY_MS)
  }

  function tellCall(container: Container, telling: Telling, call: Growth): void {
    if (!call.isNew || telling.firstLines >= MAX_FIRST_LINES) {
      telling.untold += call.count
      return
    }
    telling.firstLines += 1
    const { syscall, abi, verdict, phase, count } = call
    const told = {
      ...fields(container),
      syscall,
      abi,
      verdict,
      phase,
      count,
      detail: caller(container.details.of(call.key)),
    }
    log.info(told, 'denied call seen for the first time')
    if (telling.firstLines === MAX_FIRST_LINES) log.info(fields(container), 'further calls are only counted')
  }

  function summarize(container: Container, telling: Telling): void {
    const { untold: calls } = telling
    Object.assign(telling, { untold: 0, cancel: undefined })
    log.info({ ...fields(container), calls }, 'denied calls go on')
  }

  function ended(container: Container): void {
    const telling = tellings.get(container)
    telling?.cancel?.()
    tellings.delete(container)
    const { state, incidentsTotal: incidents, exitCode, reason } = container
    const record = { ...fields(container), state, incidents, exitCode, reason }
    if (state === 'unsupervised') log.warn(record, 'container goes on unsupervised')
    else log.info(record, 'container ended')
  }

  function close(): void {
    for (const { cancel } of tellings.values()) cancel?.()
    tellings.clear()
  }

  return {
    attached: container => log.info({ ...fields(container), action: container.policy.action }, 'container attached'),
    named: container => log.info(fields(container), 'container named'),
    resumed: container => log.info(fields(container), 'container goes on after a restart of the daemon'),
    grown,
    incident: (container, incident) => tellIncident(log, container, incident),
    stopRequested: container => log.warn(fields(container), 'stop requested'),
    policyChanged: (container, settings) => log.warn({ ...fields(container), settings }, 'policy changed on request'),
    ended,
    recorded: (container, { name, runs, added }) =>
      log.info({ ...fields(container), recording: name, runs, added: added.slice(0, MAX_FIRST_LINES) }, 'run recorded'),
    warning: (container, warning) =>
      log.warn({ ...fields(container), warning: clip(warning, MAX_CHARS) }, 'container warning'),
    refused: ({ reason, message = '', id = '' }) =>
      log.warn(
        { reason, problem: clip(message, MAX_CHARS), container: { id: clip(id, MAX_CHARS) } },
        'hand-over refused',
      ),
    close,
  }
}

function tellIncident(log: Log, container: Container, { outcome, message }: Incident): void {
  const record = { ...fields(container), outcome }
  if (outcome === 'stop failed') log.error({ ...record, problem: container.message }, message)
  else log.warn(record, message)
  if (outcome === 'stopped' || outcome === 'stop failed') tellPlaces(log, container)
}

/** Where a stop has written its message, and where it could not. */
function tellPlaces(log: Log, container: Container): void {
  const { told } = container
  if (told.length === 0) return
  const written = told.filter(({ problem }) => problem === null).map(({ place }) => place)
  const unwritten = told.filter(({ problem }) => problem !== null).map(({ place, problem }) => `${place}: ${problem}`)
  log.info({ ...fields(container), written, unwritten }, 'message written before the stop')
}

/** The caller's own word; null where nothing was to be read. */
function caller(detail: CallDetail | undefined): object | null {
  if (detail === undefined) return null
  const { missing, comm, exe, cmdline, args } = detail
  return missing === null ? { comm, exe, cmdline, args } : { missing }
}

/** What every record says of its container; pino escapes what is hostile in it. */
function fields({ id, key, name, origin, bundle, init }: Container) {
  const [shortId, shortName, shortBundle] = [id, name, bundle].map(text => clip(text, MAX_CHARS))
  const { engine, image, namespace, pod } = origin
  const told = Object.entries({ engine, image, namespace, pod }).filter(([, text]) => text !== null)
  const from: Partial<Origin> = Object.fromEntries(told)
  return { container: { id: shortId, key, name: shortName, ...from, bundle: shortBundle, initPid: init?.pid ?? null } }
}
