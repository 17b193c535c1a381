/**
 * The books of supervision, kept the same way by the daemon and by `run`: notices make and end containers, counters
 * make growth, growth makes incidents. What is done about each is told to the hooks.
 */

import type { CallRow, Growth, Names } from './calls.ts'
import type { Clock } from './clock.ts'
import type { Incident } from './container-view.ts'
import { warn, type Container, type Described } from './containers.ts'
import { errorText } from './errors.ts'
import { readListener, type TakeRecord } from './events.ts'
import { createIncidents } from './incidents.ts'
import type { Answer, Handover, Notice, StopReport, Supervisor } from './native.ts'
import { createPump, type FirstSeen } from './pump.ts'
import { createRegistry, type Registry } from './registry.ts'
import type { Storm } from './termination.ts'

export interface LedgerHooks {
  attached(container: Container, isNew: boolean): void
  grown(container: Container, growth: Growth[]): void
  closing(container: Container, calls: CallRow[]): void
  incident(container: Container, incident: Incident): void
  ended(container: Container): void
  warning(container: Container, warning: string): void
  refused(notice: Notice & { kind: 'refused' }): void
  /** Of the command of `run`. */
  left(notice: Notice & { kind: 'exited' | 'ended' }): void
  event(): ((view: DataView, offset: number, container: Container | undefined) => void) | undefined
}

export interface LedgerDeps {
  supervisor: () => Supervisor
  names: Names
  clock: Clock
  storm: Storm
  /** Makes container keys unique among runs. */
  epoch: string
  /** Answer of a listener whose hand-over asked for none. */
  answer: Answer
  describe(handover: Handover): Described
  hooks: LedgerHooks
}

export interface Ledger {
  registry: Registry
  wake(): void
  /** Serves a listener that no hand-over will describe. */
  adopt(listener: number, described: Described, atMs: number): Container
  catchUp(): boolean
  stop(container: Container): Promise<StopReport>
  /** Waits for stops under way, closes the supervisor, and records what is open as `logged`. */
  close(): Promise<void>
}

const STOP_TIMEOUT_MS = 10_000

export function createLedger(deps: LedgerDeps): Ledger {
  const { supervisor, hooks, clock } = deps
  const registry = createRegistry(deps)
  /** Served, but the runtime has not said yet whose they are. */
  const unnamed = new Map<number, number>()
  /** Listeners whose hand-over told a process to stop; that of `crun exec` does not. */
  const stoppable = new Set<number>()
  const incidents = createIncidents({
    clock,
    storm: deps.storm,
    reread,
    stop,
    closing: hooks.closing,
    recorded: hooks.incident,
    settled: container => void (container.listeners.size === 0 && hooks.ended(container)),
  })
  const pump = createPump(supervisor, { knows, notice, event, moved, lost }, clock)

  function knows(listener: number): boolean {
    return unnamed.has(listener) || registry.of(listener) !== undefined
  }

  function notice(said: Notice): void {
    switch (said.kind) {
      case 'attached':
        return said.state === undefined ? expect(said) : identify(said)
      case 'identified':
        return identify(said)
      case 'membership':
        return said.member === false ? split(said.listener, said.atMs) : undefined
      case 'detached':
        return detach(said)
      case 'refused':
        return hooks.refused(said)
      case 'exited':
      case 'ended':
        return hooks.left(said)
    }
  }

  /** A launched command's listener is known before it is told. */
  function expect({ listener, atMs }: Handover): void {
    if (registry.of(listener) === undefined) unnamed.set(listener, atMs)
  }

  function identify(handover: Handover): void {
    const { listener, warnings = [] } = handover
    const known = registry.of(listener)
    if (known !== undefined) return warnings.forEach(text => tellWarning(known, text))
    const atMs = unnamed.get(listener) ?? handover.atMs
    if (handover.init !== undefined) stoppable.add(listener)
    adopt(listener, deps.describe(handover), atMs, handover.answer)
  }

  function adopt(listener: number, described: Described, atMs: number, answer?: Answer): Container {
    unnamed.delete(listener)
    const { container, isNew } = registry.attach(listener, described, atMs)
    setAnswer(listener, container, answer ?? deps.answer)
    hooks.attached(container, isNew)
    for (const text of described.warnings) hooks.warning(container, text)
    // Of a container that is known, another hand-over has told the process.
    if (isNew && described.initProblem !== undefined) tellWarning(container, described.initProblem)
    refresh(listener)
    return container
  }

  /** Only JavaScript knows the action; everything else of the answer was decided when the listener arrived. */
  function setAnswer(listener: number, container: Container, answer: Answer): void {
    const deferKill = container.policy.action === 'stop'
    if (answer.deferKill === deferKill) return
    try {
      supervisor().setAnswer(listener, { ...answer, deferKill })
    } catch (error) {
      // The listener may be closed already; its `detached` is on the way.
      tellWarning(container, `kill verdicts are answered as configured: ${errorText(error)}`)
    }
  }

  function split(listener: number, atMs: number): void {
    const container = registry.split(listener, atMs)
    if (container === undefined) return
    const warning = container.warnings.at(-1)
    if (warning !== undefined) hooks.warning(container, warning)
    incidents.grown(
      container,
      container.calls.rows().map(row => ({ ...row, isNew: false })),
    )
  }

  function detach({ listener, reason, message, atMs }: Notice & { kind: 'detached' }): void {
    if (unnamed.has(listener) && supervisor().counts(listener).length > 0)
      adopt(listener, deps.describe({ listener, atMs }), atMs)
    unnamed.delete(listener)
    refresh(listener)
    const gone = registry.detach(listener, reason === undefined || reason === 'hup' ? 'exited' : 'unsupervised', atMs)
    stoppable.delete(listener)
    supervisor().release(listener)
    if (gone === undefined) return
    if (message !== undefined && reason !== 'hup') tellWarning(gone.container, message)
    if (gone.ended) finish(gone.container)
  }

  function finish(container: Container): void {
    incidents.ended(container)
    if (!incidents.isStopping(container)) hooks.ended(container)
  }

  function tellWarning(container: Container, text: string): void {
    warn(container, text)
    hooks.warning(container, text)
  }

  function moved(listeners: Map<number, FirstSeen>): void {
    for (const [listener, firstSeen] of listeners) refresh(listener, firstSeen)
  }

  function lost(): void {
    for (const container of registry.all()) refreshAll(container)
  }

  function refresh(listener: number, firstSeen?: FirstSeen): void {
    const container = registry.of(listener)
    if (container === undefined) return
    const growth = container.calls.update(listener, supervisor().counts(listener))
    if (growth.length === 0) return
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

  function stop(container: Container): Promise<StopReport> {
    const listeners = [...container.listeners]
    const listener = listeners.find(each => stoppable.has(each)) ?? listeners[0]
    if (listener === undefined) return Promise.resolve({ done: true, steps: [], left: [] })
    return supervisor().stop(listener, STOP_TIMEOUT_MS)
  }

  function event(): TakeRecord | undefined {
    const tell = hooks.event()
    return tell && ((view, offset) => tell(view, offset, registry.of(readListener(view, offset))))
  }

  async function close(): Promise<void> {
    await incidents.quiesce()
    await supervisor().close()
    pump.catchUp()
    pump.close()
  }

  return { registry, wake: pump.wake, catchUp: pump.catchUp, adopt, stop, close }
}
