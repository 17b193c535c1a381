/** PURE. DNS rebinding: a web page whose name suddenly means 127.0.0.1 must not read our answers. */

import { isIP } from 'node:net'

const pattern = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i

/** An attack needs a name of the attacker's; an address in numbers is none. */
export function hostAllowed(header: string | null, configuredHost: string): boolean {
  const [, v6, name] = pattern.exec(header ?? '') ?? []
  if (v6 !== undefined) return isIP(v6) === 6
  if (name === undefined) return false
  return isIP(name) === 4 || [configuredHost, 'localhost'].includes(name.toLowerCase())
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
