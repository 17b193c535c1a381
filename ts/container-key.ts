/** PURE: the part of a container's key that tells people whose it is: safe in a path and in a URL. */

const MAX_KEY_STEM_CHARS = 48

/** Of the long ids of engines as much as these show. */
export function keyStem(id: string): string {
  return (
    id
      .replace(/^([0-9a-f]{12})[0-9a-f]{52}$/, '$1')
      .replace(/[^A-Za-z0-9_.-]/g, '_')
      .replace(/^\.+/, '')
      .slice(0, MAX_KEY_STEM_CHARS) || 'container'
  )
}
