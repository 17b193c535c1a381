/** PURE: what a recorded profile is for, as a query. */

import type { Purpose } from '../record-file.ts'
import { oneOf, severalOf, type Values } from './parameters.ts'

const RUNTIMES = ['runc', 'crun'] as const

export const profileParameters = {
  for: severalOf(
    'a runtime',
    RUNTIMES,
    'Runtimes that are to load it, whose own calls are allowed. Without any, both.',
  ),
  ioctlRequests: oneOf('an answer', ['no', 'yes'], 'Whether ioctl is allowed for the requests that were seen only.'),
}

export function purposeOf({ for: runtimes, ioctlRequests }: Values<typeof profileParameters>): Purpose {
  return { runtimes, ioctlRequests: ioctlRequests === 'yes' }
}
