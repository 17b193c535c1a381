/** What the HTTP interface knows of the daemon; a test's fake is a few lines. */

import type { PolicyChange } from '../config/policy-change.ts'
import type { ContainerView } from '../container-view.ts'
import type { NotifydEvent } from '../named-event.ts'
import type { Purpose } from '../record-file.ts'
import type { RecordingView } from '../recording-view.ts'

export interface MetricsText {
  /** Media type. */
  type: string
  body: string
}

/** What containers were recorded to call, by the name that they gave. */
export interface RecordingSource {
  /** By name. */
  recordings(): RecordingView[]
  recording(name: string): RecordingView | undefined
  /** The smallest profile that lets the recorded calls run, as text in the format of OCI; undefined: there is no such recording. */
  recordingProfile(name: string, purpose?: Partial<Purpose>): Promise<string> | undefined
  /** Forgets the runs that have ended; false: there is no such recording. */
  forgetRecording(name: string): boolean
}

export interface DaemonSource extends RecordingSource {
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
