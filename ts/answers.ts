/** How each listener is answered, as far as the policy of its container decides that. */

import { BY_REQUEST, type Container } from './containers.ts'
import { errnoNumber } from './errno.ts'
import type { Answer, Supervisor } from './native.ts'

export interface Answers {
  /** Takes down what the hand-over of a listener asked for and was granted. */
  granted(listener: number, answer: Answer): void
  /** Answers one listener of the container as its policy is now. */
  applyTo(listener: number, container: Container): void
  /** Answers all of them. */
  apply(container: Container): void
  forget(listener: number): void
}

/** `failed` is told of a listener that could not be told: it may be closed already. */
export function createAnswers(
  supervisor: () => Pick<Supervisor, 'setAnswer'>,
  byDefault: Answer,
  failed: (container: Container, error: unknown) => void,
): Answers {
  /** Those that are not answered as by default. */
  const known = new Map<number, Answer>()

  function apply(container: Container): void {
    for (const listener of container.listeners) applyTo(listener, container)
  }

  function applyTo(listener: number, container: Container): void {
    const current = known.get(listener) ?? byDefault
    const wanted = answerFor(container, current)
    if (isSame(wanted, current)) return
    try {
      supervisor().setAnswer(listener, wanted)
      known.set(listener, wanted)
    } catch (error) {
      failed(container, error)
    }
  }

  function granted(listener: number, answer: Answer): void {
    // There may be ten thousand that ask for nothing.
    if (!isSame(answer, byDefault)) known.set(listener, answer)
  }

  return {
    apply,
    applyTo,
    granted,
    forget: listener => void known.delete(listener),
  }
}

/**
 * Only JavaScript knows the action, and what an operator has asked for since; everything else was decided when the
 * listener arrived.
 */
function answerFor({ policy, policySources }: Container, current: Answer): Answer {
  const isRequested = (setting: 'answer' | 'errno') => policySources[setting] === BY_REQUEST
  const continues = isRequested('answer') ? policy.answer === 'continue' : current.continue
  const errno = (isRequested('errno') ? errnoNumber(policy.errno) : undefined) ?? current.errno
  return { deferKill: policy.action === 'stop', continue: continues, errno }
}

function isSame(one: Answer, other: Answer): boolean {
  return one.deferKill === other.deferKill && one.continue === other.continue && one.errno === other.errno
}
