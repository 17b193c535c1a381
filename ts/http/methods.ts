/** PURE: what may be done at a path. */

const CHANGES: readonly { method: string; path: RegExp; isRead?: true }[] = [
  { method: 'POST', path: /^\/v1\/containers\/[^/]+\/stop$/ },
  { method: 'PATCH', path: /^\/v1\/containers\/[^/]+\/policy$/ },
  { method: 'DELETE', path: /^\/v1\/recordings\/[^/]+$/, isRead: true },
]

export const READING = ['GET', 'HEAD']
/** The one method whose request has a body. */
export const WITH_BODY = 'PATCH'

export function methodsAt(path: string): string[] {
  const changes = CHANGES.filter(change => change.path.test(path))
  const isRead = changes.every(change => change.isRead === true)
  return [...(isRead ? READING : []), ...changes.map(({ method }) => method)]
}
