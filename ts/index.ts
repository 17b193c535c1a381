/** The public interface. Importing it starts nothing and loads nothing native. */

export type { Clock } from './clock.ts'
export { loadConfig, parseConfig } from './config/load.ts'
export type { PolicyChange } from './config/policy-change.ts'
export type { Config, ConfigInput, DetailSettings, Policy } from './config/schema.ts'
export type {
  CallCount,
  ContainerState,
  ContainerView,
  Incident,
  OpenIncidentView,
  PolicyView,
  Told,
} from './container-view.ts'
export type { DaemonEvents, Refusal } from './daemon-hooks.ts'
export { createDaemon, type Daemon, type DaemonDeps } from './daemon.ts'
export type { CallDetail, CallSite } from './detail.ts'
export type { CodeFrame } from './frames.ts'
export { ERROR_CODES, errorText, NotifydError, type ErrorCode } from './errors.ts'
export type { StreamedCall } from './http/events/call.ts'
export type { Dropped, LossReason } from './http/events/frames.ts'
export type { AllowRule, ProfilePatch } from './http/profile-patch.ts'
export type { ContainerDetail } from './http/routes/containers.ts'
export type { ContainerList, ContainerSummary } from './http/summary.ts'
export type { Engine } from './engine.ts'
export type { Origin } from './identity.ts'
export type { Log } from './log.ts'
export type { NotifydEvent } from './named-event.ts'
export * as profiles from './profile-library.ts'
export { compile, type CompiledProfile, type Denials } from './profiles.ts'
export type { RecentCallsView } from './recent-calls.ts'
export {
  verify,
  type DeniedCall,
  type KnownCall,
  type Verification,
  type VerifyOptions,
  type Verifying,
} from './verify.ts'
export {
  record,
  recordedProfile,
  type Purpose,
  type RecordedCall,
  type RecordedProfile,
  type RecordedRun,
  type Recording,
  type RecordOptions,
} from './record.ts'
export { run, type Run, type RunDeps, type RunEvents, type RunOptions, type RunReport } from './run.ts'
