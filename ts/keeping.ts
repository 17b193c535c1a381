/** What the next daemon goes on with: a file for each container whose listeners the service manager keeps. */

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from './clock.ts'
import type { Container } from './containers.ts'
import { errorText } from './errors.ts'
import { loadLeft } from './kept-files.ts'
import { replaceFile } from './replace-file.ts'
import { toSaved, type SavedContainer } from './saved-container.ts'
import type { SavedWatch } from './watch.ts'

export interface Keeping {
  /** The container to which a listener that came back belongs. */
  of(listenerName: string): SavedContainer | undefined
  /** Their keys. */
  resumed: ReadonlySet<string>
  /** Keys of containers of which no listener came back, because they have ended. */
  ended: ReadonlySet<string>
  /** Files that could not be used, in words. */
  problems: readonly string[]
  /** The books from now on. `watchOf` tells what no incident has told of yet. */
  open(watchOf: (container: Container) => SavedWatch | null): KeptBooks
}

export interface KeptBooks {
  /** It will be written within a second. */
  changed(container: Container): void
  /** It is written now: it is new, or all there is has to be right. */
  write(container: Container): void
  ended(container: Container): void
  close(): void
}

export interface KeepingOptions {
  folder: string
  /** Names of what came back. */
  returned: readonly string[]
  clock: Clock
  /** The disk is full, say; counting goes on. */
  problem(text: string): void
}

const WRITE_MS = 1000

export function createKeeping(options: KeepingOptions): Keeping {
  const path = join(options.folder, 'containers')
  const { byListener, ended, problems } = loadLeft(path, new Set(options.returned))
  const resumed = new Set([...byListener.values()].map(({ key }) => key))
  const open: Keeping['open'] = watchOf => openBooks(path, watchOf, options)
  return { of: name => byListener.get(name), resumed, ended, problems, open }
}

function openBooks(
  path: string,
  watchOf: (container: Container) => SavedWatch | null,
  { clock, problem }: Pick<KeepingOptions, 'clock' | 'problem'>,
): KeptBooks {
  const changes = new Set<Container>()
  let cancel: (() => void) | undefined

  function changed(container: Container): void {
    if (container.kept.size === 0) return
    changes.add(container)
    cancel ??= clock.setTimer(writeAll, WRITE_MS)
  }

  function writeAll(): void {
    cancel?.()
    cancel = undefined
    for (const container of changes) write(container)
    changes.clear()
  }

  function write(container: Container): void {
    // What was written before a stop began is what a daemon that dies meanwhile has to go on with: it stops once more.
    if (container.kept.size === 0 || container.state === 'stopping') return
    attempt(() => replaceFile(fileOf(path, container.key), JSON.stringify(toSaved(container, watchOf(container)))))
  }

  function ended(container: Container): void {
    changes.delete(container)
    attempt(() => rmSync(fileOf(path, container.key), { force: true }))
  }

  function attempt(act: () => void): void {
    try {
      act()
    } catch (error) {
      problem(`cannot write to ${path}: ${errorText(error)}`)
    }
  }

  return { changed, write, ended, close: writeAll }
}

function fileOf(path: string, key: string): string {
  return join(path, `${key}.json`)
}
