/** What notices of the addon do to the books: containers come, are told apart, and go. */

import { createAnswers } from './answers.ts'
import { warn, type Container, type Described } from './containers.ts'
import { errorText } from './errors.ts'
import type { Answer, Handover, Notice, Supervisor } from './native.ts'
import { createReturns, type ReturnsDeps } from './returns.ts'
import type { SavedContainer } from './saved-container.ts'

export interface NoticesDeps extends Omit<ReturnsDeps, 'answers' | 'tellWarning'> {
  supervisor: () => Supervisor
  /** Answer of a listener whose hand-over asked for none. */
  answer: Answer
  /** What a former daemon knew of the container of a listener that came back. */
  savedOf?: ((listenerName: string) => SavedContainer | undefined) | undefined
}

export interface Notices {
  /** It belongs to a container, or will. */
  knows(listener: number): boolean
  notice(notice: Notice): void
  /** Makes a listener one of a container's. */
  adopt(listener: number, described: Described, atMs: number): Container
  /** Answers all of its listeners as its policy is now. */
  applyAnswer(container: Container): void
  /** The container has one more warning, which is told. */
  warn(container: Container, text: string): void
  /** The listener through which a container can be stopped; undefined: it has none left. */
  stopping(container: Container): number | undefined
}

export function createNotices(deps: NoticesDeps): Notices {
  const { supervisor, registry, incidents, namings, hooks, describe, grow, answer: byDefault } = deps
  /** Served, but the runtime has not said yet whose they are. */
  const unnamed = new Map<number, number>()
  /** Listeners whose hand-over told a process to stop; that of `crun exec` does not. */
  const stoppable = new Set<number>()
  const answers = createAnswers(supervisor, byDefault, (container, error) =>
    tellWarning(container, `calls are answered as configured: ${errorText(error)}`),
  )

  const returns = createReturns({ ...deps, answers, tellWarning })

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
      case 'unkept':
        return returns.unkept(said)
      case 'orphans':
        return returns.orphans(said)
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
    const saved = handover.kept === undefined ? undefined : deps.savedOf?.(handover.kept)
    if (saved === undefined) adopt(listener, describe(handover), atMs, handover)
    else returns.resume(handover, saved)
  }

  function adopt(listener: number, described: Described, atMs: number, told: Partial<Handover> = {}): Container {
    const { answer, kept, keptProblem } = told
    unnamed.delete(listener)
    const { container, isNew } = registry.attach(listener, described, atMs)
    if (kept !== undefined) container.kept.set(listener, kept)
    if (answer !== undefined) answers.granted(listener, answer)
    answers.applyTo(listener, container)
    if (isNew && described.lookUp !== undefined) namings.begin(container, described.lookUp)
    hooks.attached(container, isNew)
    for (const text of described.warnings) hooks.warning(container, text)
    if (keptProblem !== undefined) tellWarning(container, keptProblem)
    // Of a container that is known, another hand-over has told the process.
    if (isNew && described.initProblem !== undefined) tellWarning(container, described.initProblem)
    grow(listener)
    return container
  }

  function split(listener: number, atMs: number): void {
    const claimed = registry.of(listener)
    const container = registry.split(listener, atMs)
    if (container === undefined) return
    if (claimed !== undefined && claimed !== container) hooks.changed(claimed)
    const warning = container.warnings.at(-1)
    if (warning !== undefined) hooks.warning(container, warning)
    incidents.grown(
      container,
      container.calls.rows().map(row => ({ ...row, isNew: false })),
    )
  }

  function detach({ listener, reason, message, atMs }: Notice & { kind: 'detached' }): void {
    if (unnamed.has(listener) && supervisor().counts(listener).length > 0)
      adopt(listener, describe({ listener, atMs }), atMs)
    unnamed.delete(listener)
    grow(listener)
    // The next daemon goes on with it.
    if (reason === 'closed' && registry.of(listener)?.kept.has(listener) === true) return
    const gone = registry.detach(listener, reason === undefined || reason === 'hup' ? 'exited' : 'unsupervised', atMs)
    stoppable.delete(listener)
    answers.forget(listener)
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

  function stopping(container: Container): number | undefined {
    const listeners = [...container.listeners]
    return listeners.find(each => stoppable.has(each)) ?? listeners[0]
  }

  return { knows, notice, adopt, applyAnswer: answers.apply, warn: tellWarning, stopping }
}
