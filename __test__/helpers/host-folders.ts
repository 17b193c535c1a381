/** Where the programs of the host lie, and what they need, for containers that are to run them. */

import { existsSync } from 'node:fs'
import { dirname } from 'node:path'

const FOLDERS = ['/usr', '/lib', '/lib64', '/etc']

/** Each is to be in the same place. */
export function hostFolders(): string[] {
  const folders = [...FOLDERS, dirname(dirname(process.execPath))].filter(path => existsSync(path))
  return [...new Set(folders)]
}
