/** PURE: what may be done at a path. */

const CHANGES: readonly { method: string; path: RegExp }[] = [
  { method: 'POST', path: /^\/v1\/containers\/[^/]+\/stop$/ },
  { method: 'PATCH', path: /^\/v1\/containers\/[^/]+\/policy$/ },
]

export const READING = ['GET', 'HEAD']
/** The one method whose request has a body. */
export const WITH_BODY = 'PATCH'

export function methodsAt(path: string): string[] {
  const changes = CHANGES.filter(change => change.path.test(path)).map(({ method }) => method)
  return changes.length === 0 ? READING : changes
}
