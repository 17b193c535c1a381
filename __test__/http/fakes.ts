/** A daemon in memory, and views to put into it. */

import type { ContainerView } from '../../ts/container-view.ts'
import type { DaemonSource } from '../../ts/http/source.ts'

export function view(given: Partial<ContainerView> = {}): ContainerView {
  return {
    key: 'k1',
    id: 'web',
    name: 'web',
    state: 'running',
    action: 'log',
    answer: 'profile',
    policySource: 'configuration',
    bundle: '/run/b',
    initPid: 42,
    listeners: 1,
    startedAt: '2026-01-01T10:00:00.000Z',
    finishedAt: null,
    exitCode: null,
    reason: null,
    message: null,
    calls: [],
    incidents: [],
    incidentsTotal: 0,
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
    ...given,
  }
}

export const silent = { info: () => {}, warn: () => {}, error: () => {} }
