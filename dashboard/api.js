/** The daemon over HTTP. */

const DEADLINE_MS = 10_000

/** A refusal of the daemon, with its stable code. */
export class Refusal extends Error {
  constructor({ code, detail }) {
    super(detail)
    this.code = code
  }
}

export async function getJson(path) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(DEADLINE_MS), cache: 'no-store' })
  const body = await answer.json()
  if (!answer.ok) throw new Refusal(body)
  return body
}

const SLOWEST_MS = 10_000

/**
 * Asks again and again, the next time when the last one is answered; less often where there is no answer, and not at all
 * while nobody looks. Returns what ends it.
 */
export function poll(everyMs, ask, problem) {
  let timer
  let ended = false
  let asking = false
  let askAgain = false
  let failures = 0

  async function turn() {
    asking = true
    try {
      await ask()
      failures = 0
    } catch (error) {
      failures += 1
      if (!ended) problem(error)
    }
    asking = false
    if (ended) return
    if (askAgain) return now()
    timer = setTimeout(now, Math.min(everyMs * 2 ** failures, SLOWEST_MS))
  }

  /** One question at a time, so that no late answer replaces a newer one. */
  function now() {
    clearTimeout(timer)
    askAgain = asking
    if (!ended && !asking && !document.hidden) void turn()
  }

  function end() {
    ended = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', now)
  }

  document.addEventListener('visibilitychange', now)
  now()
  return { end, now }
}
