/** PURE: what the service manager that started this process offers (sd_notify(3), sd_listen_fds(3)). */

import type { StoredDescriptor } from './native.ts'

/** As the addon names listeners in the store. */
export const STORED_PREFIX = 'listener-'

export interface ServiceManager {
  /** Its socket, as in NOTIFY_SOCKET. */
  notifySocket: string
  /** Most descriptors that its store takes (FDSTORE); 0: it has none for us. */
  storeMax: number
  /** Our folder while it keeps the store, as in RUNTIME_DIRECTORY. */
  folder: string | null
  /** What it had stored. */
  returned: StoredDescriptor[]
}

/** Undefined where none can be spoken to. systemd sets FDSTORE from version 254 on; units for older ones set it. */
export function readServiceManager(
  { NOTIFY_SOCKET: notifySocket, FDSTORE, RUNTIME_DIRECTORY }: NodeJS.ProcessEnv,
  returned: StoredDescriptor[],
): ServiceManager | undefined {
  if (notifySocket === undefined || notifySocket === '') return undefined
  const storeMax = FDSTORE !== undefined && /^\d{1,6}$/.test(FDSTORE) ? Number(FDSTORE) : 0
  const [folder = ''] = (RUNTIME_DIRECTORY ?? '').split(':')
  return { notifySocket, storeMax, folder: folder.startsWith('/') ? folder : null, returned }
}
