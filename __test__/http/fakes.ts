/** A daemon in memory, and views to put into it. */

import type { ContainerView } from '../../ts/container-view.ts'
import type { DaemonSource } from '../../ts/http/source.ts'
import { UNKNOWN_ORIGIN } from '../../ts/identity.ts'
import type { NotifydEvent } from '../../ts/named-event.ts'

export function view(given: Partial<ContainerView> = {}): ContainerView {
  return {
    key: 'k1',
    id: 'web',
    name: 'web',
    ...UNKNOWN_ORIGIN,
    state: 'running',
    action: 'log',
    answer: 'profile',
    policySource: 'configuration',
    policy: null,
    recording: null,
    bundle: '/run/b',
    initPid: 42,
    listeners: 1,
    startedAt: '2026-01-01T10:00:00.000Z',
    finishedAt: null,
    exitCode: null,
    reason: null,
    message: null,
    calls: [],
    recentCalls: null,
    incidents: [],
    incidentsTotal: 0,
    openIncident: null,
    told: [],
    survivesRestart: false,
    warnings: [],
    ...given,
  }
}

export function source(views: ContainerView[], given: Partial<DaemonSource> = {}): DaemonSource {
  return {
    containers: () => views,
    container: wanted => views.find(({ key, id }) => key === wanted || id === wanted),
    metricsText: async accept => ({ type: 'text/plain; version=0.0.4', body: `accept ${accept}\n` }),
    ready: () => true,
    survivesRestart: () => false,
    onEvent: () => () => {},
    stopContainer: () => Promise.reject(new Error('nothing is stopped here')),
    changePolicy: () => {
      throw new Error('nothing is changed here')
    },
    recordings: () => [],
    recording: () => undefined,
    recordingProfile: () => undefined,
    forgetRecording: () => false,
    timeOf: atMs => new Date(atMs).toISOString(),
    ...given,
  }
}

export const silent = { info: () => {}, warn: () => {}, error: () => {} }

export interface Calls {
  source: DaemonSource
  /** Answers one call; `sequence` goes on by itself. */
  call(given?: Partial<NotifydEvent>): void
  /** Calls that were answered and lost before anyone could decode them. */
  lose(count: number): void
  subscribers(): number
}

/** A daemon whose containers make calls. */
export function calling(): Calls {
  const takers = new Set<(event: NotifydEvent) => void>()
  let sequence = 0n
  return {
    source: source([], {
      onEvent(take) {
        takers.add(take)
        return () => void takers.delete(take)
      },
    }),
    call(given = {}) {
      sequence += 1n
      for (const take of takers) take({ ...event, sequence, ...given })
    },
    lose: count => void (sequence += BigInt(count)),
    subscribers: () => takers.size,
  }
}

const event: NotifydEvent = {
  container: { key: 'k1', id: 'web', name: 'shop' },
  syscall: 'chroot',
  abi: 'x86_64',
  verdict: 'EPERM',
  errno: 'EPERM',
  number: 161,
  notificationId: 0xffff_ffff_ffff_ffffn,
  atMs: 1,
  tid: 7,
  phase: 'run',
  continued: false,
  latencyNs: 5000,
  instructionPointer: 0x7f00n,
  args: [0xffff_ffff_ffff_ffffn, 0n, 1n, 2n, 3n, 4n],
  sequence: 1n,
}
