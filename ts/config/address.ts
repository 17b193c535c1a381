/** PURE. TCP addresses as people write them: `127.0.0.1:9797`, `[::1]:9797`. */

import { isIP } from 'node:net'

export function splitAddress(address: string): { host: string; port: number } | undefined {
  const [, v6, name, digits] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+)):(\d{1,5})$/i.exec(address) ?? []
  const host = v6 ?? name
  const port = Number(digits)
  if (host === undefined || port > 65_535 || (v6 !== undefined && isIP(v6) !== 6)) return undefined
  return { host, port }
}
