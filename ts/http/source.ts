/** What the HTTP interface knows of the daemon; a test's fake is a few lines. */

import type { ContainerView } from '../container-view.ts'

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
  /** Listeners are accepted. */
  ready(): boolean
}
