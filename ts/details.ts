/** What was read of one container's calls: of each kind the last, and of each call site; of so many of both. */

import { callKey } from './calls.ts'
import { readDetail, type CallDetail, type CallSite } from './detail.ts'
import type { Detail } from './native.ts'

export interface Details {
  note(detail: Detail): void
  /** Of a row of the container's calls. */
  of(key: string): CallDetail | undefined
  /** Of a row with so many calls, in the order in which they were found. */
  sitesOf(key: string, count: number): CallSite[]
  /** Of such a row, those that differ. They are the kernel's word, unlike everything else. */
  registersOf(key: string): string[][]
}

/** A remembered container is kept in a file: no program may make it large. */
const MAX_KINDS = 16
const MAX_SITES = 32
const MAX_REGISTERS = 8

type Site = Pick<CallSite, 'looks' | 'detail'>

interface Kind {
  last: CallDetail
  sites: Map<string, Site>
  registers: string[][]
}

export function createDetails(): Details {
  const kinds = new Map<string, Kind>()
  let sites = 0

  function note(detail: Detail): void {
    const key = callKey(detail.arch, detail.number, detail.verdict, false)
    const known = kinds.get(key)
    if (known === undefined && kinds.size >= MAX_KINDS) return
    const read = readDetail(detail)
    const kind = known ?? { last: read, sites: new Map<string, Site>(), registers: [] }
    kinds.set(key, kind)
    // Further registers have what the caller did last.
    noteRegisters(kind, detail.args.slice(0, read.args.length || detail.args.length))
    // What was read once tells more than that it could not be read again.
    if (read.missing === null) kind.last = read
    if (read.site !== null) noteSite(kind, read.site, read)
  }

  function noteSite(kind: Kind, site: string, detail: CallDetail): void {
    const known = kind.sites.get(site)
    if (known === undefined && sites >= MAX_SITES) return
    if (known === undefined) sites += 1
    kind.sites.set(site, { looks: (known?.looks ?? 0) + 1, detail })
  }

  function sitesOf(key: string, count: number): CallSite[] {
    const found = [...(kinds.get(key)?.sites.values() ?? [])]
    const isWhole = found.reduce((sum, { looks }) => sum + looks, 0) === count
    return found.map(({ looks, detail }) => ({ looks, count: isWhole ? looks : null, detail }))
  }

  return { note, of: key => kinds.get(key)?.last, registersOf: key => kinds.get(key)?.registers ?? [], sitesOf }
}

function noteRegisters({ registers }: Kind, args: string[]): void {
  const isNew = !registers.some(known => known.join() === args.join())
  if (isNew && registers.length < MAX_REGISTERS) registers.push(args)
}
