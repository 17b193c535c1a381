/** PURE. A token bucket for each client: so many requests at once, and so many a second after that. */

import { isIPv6 } from 'node:net'

export interface RateLimits {
  /** Requests that may come at once. */
  burst: number
  perSecond: number
  /** Clients that are remembered; of more, those that have asked least of late are forgotten. */
  clients?: number
}

/** All programs of one machine are one client. */
const CLIENTS = 4096

/** A refused probe would have a healthy daemon restarted. */
export const UNLIMITED = ['/healthz', '/readyz']

export interface Rate {
  /** Takes one token: 0, or the milliseconds until there is one again. */
  take(address: string, nowMs: number): number
  size(): number
}

interface Bucket {
  tokens: number
  atMs: number
}

export function createRate({ burst, perSecond, clients = CLIENTS }: RateLimits): Rate {
  /** Least recent first. */
  const buckets = new Map<string, Bucket>()

  function take(address: string, nowMs: number): number {
    const client = clientOf(address)
    const tokens = filled(buckets.get(client), nowMs)
    const isGranted = tokens >= 1
    buckets.delete(client)
    buckets.set(client, { tokens: isGranted ? tokens - 1 : tokens, atMs: nowMs })
    forgetOldest()
    return isGranted ? 0 : ((1 - tokens) / perSecond) * 1000
  }

  function filled(bucket: Bucket | undefined, nowMs: number): number {
    if (bucket === undefined) return burst
    return Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * perSecond)
  }

  function forgetOldest(): void {
    if (buckets.size <= clients) return
    const [oldest] = buckets.keys()
    if (oldest !== undefined) buckets.delete(oldest)
  }

  return { take, size: () => buckets.size }
}

/** Whoever has one address of IPv6 has 2^64 of them: the first four groups say who it is. */
export function clientOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const [first, last] = [groups(head), groups(tail ?? '')]
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length)
  return [...first, ...Array.from({ length: zeros }, () => '0'), ...last].slice(0, 4).join(':')
}

function groups(text: string): string[] {
  return text === '' ? [] : text.split(':').map(group => group.toLowerCase().replace(/^0+(?=.)/, ''))
}
