/** Names that are still looked for. Nothing waits for one but a scrape, since a container has its series under one name only. */

import { rename, type Container, type Described } from './containers.ts'

type LookUp = NonNullable<Described['lookUp']>

export interface NamingHooks {
  /** The container has its name now, if perhaps none better than before. */
  named(container: Container): void
  failed(container: Container, error: unknown): void
}

export interface Namings {
  begin(container: Container, lookUp: LookUp): void
  /** Resolves when the names that are looked for now are found or given up. */
  settled(): Promise<void>
}

export function createNamings({ named, failed }: NamingHooks): Namings {
  const underWay = new Set<Promise<void>>()

  function begin(container: Container, lookUp: LookUp): void {
    container.isNamed = false
    const naming = name(container, lookUp).finally(() => void underWay.delete(naming))
    underWay.add(naming)
  }

  async function name(container: Container, lookUp: LookUp): Promise<void> {
    try {
      rename(container, await lookUp())
    } catch (error) {
      failed(container, error)
    }
    container.isNamed = true
    named(container)
  }

  async function settled(): Promise<void> {
    await Promise.all(underWay)
  }

  return { begin, settled }
}
