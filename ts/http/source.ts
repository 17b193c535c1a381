/** What the HTTP interface knows of the daemon; a test's fake is a few lines. */

import type { PolicyChange } from '../config/policy-change.ts'
import type { ContainerView } from '../container-view.ts'
import type { NotifydEvent } from '../named-event.ts'

export interface MetricsText {
  /** Media type. */
  type: string
  body: string
}

export interface DaemonSource {
  /** Running and remembered containers. */
  containers(): ContainerView[]
  /** By key, or by the runtime's id: then its newest incarnation. */
  container(idOrKey: string): ContainerView | undefined
  /** In the format that the Accept header asks for. */
  metricsText(accept?: string): Promise<MetricsText>
  /** Each answered call from now on, until the returned function is called; nothing is decoded where nobody asks. */
  onEvent(take: (event: NotifydEvent) => void): () => void
  /** The monotonic milliseconds of an event as ISO 8601 in UTC. */
  timeOf(atMs: number): string
  /** Stops a running container now, by key or id, whatever its policy; resolves when nothing of it is left. */
  stopContainer(idOrKey: string): Promise<ContainerView>
  /** Changes how a running container is treated; checked here. */
  changePolicy(idOrKey: string, change: PolicyChange): ContainerView
  /** Listeners are accepted. */
  ready(): boolean
  /** Listeners go on being served when the daemon is restarted: a service manager keeps them. */
  survivesRestart(): boolean
}
