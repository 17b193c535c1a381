/** PURE: from what a runtime handed over to the container it describes and the policy that applies. */

import type { Config } from './config/schema.ts'
import type { Described } from './containers.ts'
import { errnoNumber } from './errno.ts'
import { identityOf } from './identity.ts'
import { recordedUnder } from './metadata.ts'
import type { Answer, Handover } from './native.ts'
import { describeSources, resolvePolicy } from './policy.ts'
import { recordingOf } from './recording-name.ts'

type Settings = Pick<Config, 'policy' | 'containersMay'>

const ENOSYS = 38
/** Of a listener that was closed before its runtime said whose it is. */
const NOBODY = { id: 'unidentified', status: '', bundle: '', annotations: {}, metadata: undefined }

export function describeHandover({ policy: configured, containersMay }: Settings, handover: Handover): Described {
  const { id, status, bundle, annotations, metadata } = handover.state ?? NOBODY
  const continues = handover.answer?.continue
  const { policy, sources, warnings } = resolvePolicy({ annotations, metadata, continues, configured, containersMay })
  const recording = recordingOf(annotations, recordedUnder(metadata))
  return {
    id,
    bundle,
    ...identityOf({ id, bundle, annotations }),
    init: handover.init ?? null,
    initProblem: handover.initProblem,
    creating: status === 'creating',
    policy,
    policySource: describeSources(sources),
    policySources: sources,
    recording: recording.name,
    warnings: [...(handover.warnings ?? []), ...warnings, ...recording.warnings],
  }
}

/** How listeners are answered of which nothing is known yet. */
export function defaultAnswer({ policy }: Pick<Config, 'policy'>): Answer {
  return {
    continue: policy.answer === 'continue',
    errno: errnoNumber(policy.errno) ?? ENOSYS,
    deferKill: policy.action === 'stop',
  }
}
