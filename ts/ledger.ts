/**
 * The books of supervision, kept the same way by the daemon and by `run`: notices make and end containers, counters
 * make growth, growth makes incidents. What is done about each is told to the hooks.
 */

import { createClaims } from './claims.ts'
import type { Container, Described } from './containers.ts'
import { errorText } from './errors.ts'
import { readListener, type TakeRecord } from './events.ts'
import type { FirstSeen } from './first-seen.ts'
import { createIncidents, type Incidents } from './incidents.ts'
import type { LedgerDeps } from './ledger-deps.ts'
import { createNamings } from './namings.ts'
import type { StopReport } from './native.ts'
import { createNotices } from './notices.ts'
import { createPump } from './pump.ts'
import { createRegistry, type Registry } from './registry.ts'

export interface Ledger {
  registry: Registry
  wake(): void
  /** Serves a listener that no hand-over will describe. */
  adopt(listener: number, described: Described, atMs: number): Container
  catchUp(): boolean
  /** Resolves when the names that are looked for now are found or given up. */
  named(): Promise<void>
  stop(container: Container): Promise<StopReport>
  /** Stops it for an operator, and puts it on the books as that. */
  request(container: Container): Promise<void>
  /** Its policy is another one: from now on it applies. */
  policyChanged(container: Container): void
  /** What is not told of a container yet, for the next daemon. */
  saved: Incidents['saved']
  /** Waits for stops under way, closes the supervisor, and records what is open as `logged` where no daemon goes on with it. */
  close(): Promise<void>
}

const STOP_TIMEOUT_MS = 10_000

export function createLedger(deps: LedgerDeps): Ledger {
  const { supervisor, hooks, clock } = deps
  const registry = createRegistry(deps)
  const claims = createClaims(registry)
  const incidents = createIncidents({
    clock,
    storm: deps.storm,
    reread,
    stop,
    closing: hooks.closing,
    recorded: hooks.incident,
    stopDone: hooks.stopDone,
    settled: container => void (container.listeners.size === 0 && hooks.ended(container)),
  })
  const namings = createNamings({
    named: hooks.named,
    failed: (container, error) => notices.warn(container, errorText(error)),
  })
  const notices = createNotices({ ...deps, registry, incidents, namings, grow: listener => refresh(listener) })
  const { knows, notice, adopt } = notices
  const pump = createPump(supervisor, { knows, notice, detail: claims.note, event, moved, lost }, clock)

  function moved(listeners: Map<number, FirstSeen>): void {
    for (const [listener, firstSeen] of listeners) refresh(listener, firstSeen)
  }

  function lost(): void {
    for (const container of registry.all()) refreshAll(container)
  }

  function refresh(listener: number, firstSeen?: FirstSeen): void {
    const container = registry.of(listener)
    if (container === undefined) return
    deps.reading?.(container, listener)
    const growth = container.calls.update(listener, supervisor().counts(listener))
    if (growth.length === 0) return
    container.recentCalls.add(growth)
    claims.settle(pump.readDetails)
    hooks.grown(container, growth)
    incidents.grown(container, growth, firstSeen)
  }

  function refreshAll(container: Container): void {
    for (const listener of container.listeners) refresh(listener)
  }

  function reread(container: Container): void {
    pump.catchUp()
    refreshAll(container)
  }

  async function stop(container: Container): Promise<StopReport> {
    const { words, unwritten = [] } = (await deps.lastWords?.(container)) ?? {}
    // It may have ended meanwhile.
    const listener = notices.stopping(container)
    if (listener === undefined) return { done: true, steps: [], left: [], told: unwritten }
    const report = await supervisor().stop(listener, STOP_TIMEOUT_MS, words)
    return { ...report, told: [...report.told, ...unwritten] }
  }

  function request(container: Container): Promise<void> {
    if (!incidents.isStopping(container)) hooks.stopRequested(container)
    return incidents.request(container)
  }

  function policyChanged(container: Container): void {
    notices.applyAnswer(container)
    incidents.policyChanged(container)
  }

  function event(): TakeRecord | undefined {
    const tell = hooks.event()
    return tell && ((view, offset, read) => tell(view, offset, registry.of(readListener(view, offset)), read))
  }

  async function close(): Promise<void> {
    await incidents.quiesce()
    await supervisor().close()
    pump.catchUp()
    pump.close()
    await namings.settled()
  }

  return {
    registry,
    wake: pump.wake,
    catchUp: pump.catchUp,
    named: namings.settled,
    adopt,
    stop,
    request,
    policyChanged,
    saved: incidents.saved,
    close,
  }
}
