/** PURE: what answers and bodies are made of, under the names that openapi.json gives them. */

import type { ContainerView, Incident, OpenIncidentView, PolicyView, Told } from '../../container-view.ts'
import { ENGINES } from '../../engine.ts'
import type { Dropped } from '../events/frames.ts'
import { problems, type ProblemBody } from '../problem.ts'
import type { AllowRule, ProfilePatch } from '../profile-patch.ts'
import type { RecentCallsView } from '../../recent-calls.ts'
import type { ContainerDetail, Incarnation } from '../routes/containers.ts'
import { containerStates, type ContainerList, type ContainerSummary } from '../summary.ts'
import { callSchemas } from './call-shapes.ts'
import { recordingSchemas } from './recording-shapes.ts'
import { flag, list, nullable, oneOf, ref, shape, time, whole, words, type Schema } from './schema.ts'

const action = oneOf(['log', 'stop'])
const state = oneOf(containerStates)
/** As in the configuration. */
const span: Schema = { type: 'string', pattern: String.raw`^\d+(\.\d+)?(ms|s|m|h)$` }

/** Members that a row and a whole container share. */
const head = {
  key: words,
  id: words,
  name: words,
  engine: nullable(oneOf(ENGINES)),
  image: nullable(words),
  namespace: nullable(words),
  pod: nullable(words),
  podContainer: nullable(words),
  state,
  action,
  recording: nullable(words),
}
const fate = { reason: nullable(words), message: nullable(words), startedAt: time, finishedAt: nullable(time) }

const container: Record<keyof ContainerView, Schema> = {
  ...head,
  ...fate,
  podUid: nullable(words),
  attempt: nullable(whole),
  answer: words,
  policySource: words,
  policy: nullable(ref('Policy')),
  bundle: words,
  initPid: nullable(whole),
  listeners: whole,
  exitCode: nullable(whole),
  told: list(ref('Told')),
  calls: list(ref('CallCount')),
  recentCalls: nullable(ref('RecentCalls')),
  incidents: list(ref('Incident')),
  incidentsTotal: whole,
  openIncident: nullable(ref('OpenIncident')),
  survivesRestart: flag,
  warnings: list(words),
}

export const schemas: Record<string, Schema> = {
  ContainerList: shape<ContainerList>({ containers: list(ref('ContainerSummary')), total: whole }),
  ContainerSummary: shape<ContainerSummary>({
    ...head,
    ...fate,
    calls: whole,
    recentCalls: nullable(ref('RecentCalls')),
    incidents: whole,
    stopDueAt: nullable(time),
  }),
  Container: shape<ContainerDetail>({ ...container, otherIncarnations: list(ref('Incarnation')) }),
  Incarnation: shape<Incarnation>({ key: words, state, startedAt: time }),
  Policy: shape<PolicyView>({
    action,
    answer: oneOf(['profile', 'continue']),
    errno: words,
    ignore: list(words),
    probes: oneOf(['ignore', 'count']),
    debounceMs: whole,
    maxDelayMs: whole,
    sources: shape<PolicyView['sources']>({
      action: words,
      answer: words,
      errno: words,
      ignore: words,
      probes: words,
      debounceMs: words,
      maxDelayMs: words,
    }),
  }),
  ...callSchemas,
  ...recordingSchemas,
  Incident: shape<Incident>({
    startedAt: time,
    endedAt: time,
    message: words,
    outcome: oneOf(['stopped', 'logged', 'stop failed', 'latched']),
  }),
  Told: shape<Told>({ place: oneOf(['stderr', 'termination-file']), problem: nullable(words) }),
  RecentCalls: shape<RecentCallsView>({ startedAt: time, intervalMs: whole, counts: list(whole) }),
  OpenIncident: shape<OpenIncidentView>({ startedAt: time, dueAt: time }),
  ProfilePatch: shape<ProfilePatch>({
    key: words,
    syscalls: list(shape<AllowRule>({ names: list(words), action: oneOf(['SCMP_ACT_ALLOW']) })),
    architectures: list(words),
    probes: list(words),
    runtime: list(words),
    unnamed: list(shape<ProfilePatch['unnamed'][number]>({ abi: words, number: whole, count: whole })),
    notes: list(words),
  }),
  PolicyChange: {
    type: 'object',
    minProperties: 1,
    additionalProperties: false,
    properties: {
      action,
      answer: oneOf(['profile', 'continue']),
      errno: { type: 'string', pattern: '^E[A-Z0-9]+$' },
      ignore: list({ type: 'string', pattern: '^[a-z_][a-z0-9_]{0,63}$' }),
      probes: oneOf(['ignore', 'count']),
      debounce: span,
      maxDelay: span,
    },
  },
  Dropped: shape<Dropped>({ reason: oneOf(['slow', 'gone', 'restart']), calls: nullable(whole) }),
  Problem: shape<ProblemBody>({
    type: oneOf(['about:blank']),
    title: words,
    status: whole,
    detail: words,
    code: oneOf(Object.keys(problems)),
  }),
}
