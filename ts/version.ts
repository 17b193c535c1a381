import { createRequire } from 'node:module'

export function readVersion(): string {
  const { version } = createRequire(import.meta.url)('seccomp-notifyd/package.json') as { version: string }
  return version
}
