/** What an operator does to a running container, over HTTP or with the library. */

import { parsePolicyChange, type PolicyChange } from './config/policy-change.ts'
import { viewOf, type ContainerView } from './container-view.ts'
import { BY_REQUEST, type Container } from './containers.ts'
import { NotifydError } from './errors.ts'
import type { DaemonSource } from './http/source.ts'
import type { Ledger } from './ledger.ts'
import { describeSources } from './policy.ts'

export interface ControlDeps {
  ledger: Ledger
  find: DaemonSource['container']
  toTime: (atMs: number) => string
  /** The container is not what it was. */
  changed(container: Container, what: string): void
}

export type Controls = Pick<DaemonSource, 'stopContainer' | 'changePolicy'>

export function createControls({ ledger, find, toTime, changed }: ControlDeps): Controls {
  function live(wanted: string): Container {
    const key = find(wanted)?.key
    if (key === undefined) throw refusal('ERR_NO_CONTAINER', `no container has the id or key ${JSON.stringify(wanted)}`)
    const container = ledger.registry.get(key)
    if (container === undefined || container.listeners.size === 0)
      throw refusal('ERR_NOT_RUNNING', `the container ${key} has ended`)
    return container
  }

  async function stopContainer(wanted: string): Promise<ContainerView> {
    const container = live(wanted)
    if (!container.verified)
      throw refusal('ERR_NOT_STOPPABLE', `${container.key} cannot be stopped: it is not certain who its callers are`)
    await ledger.request(container)
    if (container.state !== 'stopped')
      throw refusal('ERR_STOP_FAILED', `${container.key} ${container.message ?? 'could not be stopped'}`)
    return viewOf(container, toTime)
  }

  function changePolicy(wanted: string, input: PolicyChange): ContainerView {
    const container = live(wanted)
    const change = parsePolicyChange(input, container.policy)
    const sources = Object.fromEntries(Object.keys(change).map(name => [name, BY_REQUEST]))
    container.policy = { ...container.policy, ...change }
    container.policySources = { ...container.policySources, ...sources }
    container.policySource = describeSources(container.policySources)
    ledger.policyChanged(container)
    changed(container, Object.keys(change).join(', '))
    return viewOf(container, toTime)
  }

  return { stopContainer, changePolicy }
}

function refusal(code: NotifydError['code'], text: string): NotifydError {
  return new NotifydError(code, text)
}
