/**
 * What the compiler must accept and refuse of the public interface. Never executed: compiling the tests is the test, since
 * an expected error that does not come is one.
 */

import {
  createDaemon,
  loadConfig,
  NotifydError,
  parseConfig,
  record,
  recordedProfile,
  run,
  verify,
  type CallCount,
  type Config,
  type ContainerState,
  type ContainerView,
  type Daemon,
  type ErrorCode,
  type Incident,
  type DeniedCall,
  type NotifydEvent,
  type RecordedCall,
  type RecordedProfile,
  type Refusal,
  type Run,
  type RunReport,
} from '../../ts/index.ts'

type IsAny<T> = 0 extends 1 & T ? true : false
type IsPart<A, B> = [A] extends [B] ? true : false
/** Neither is wider than the other; `any` is equal to nothing else. */
type Equal<A, B> = [IsPart<A, B>, IsPart<B, A>, IsAny<A>] extends [true, true, IsAny<B>] ? true : false

/** Takes a value of exactly this type. */
function is<Expected>() {
  return <Actual>(_value: Actual, ..._equal: Equal<Actual, Expected> extends true ? [] : [never]): void => {}
}

export async function verifications(): Promise<void> {
  const verifying = await verify({ command: 'true', profile: '{}', baseline: [{ syscall: 'mkdir', abi: 'i386' }] })
  const { denied, passed, exitCode } = await verifying.finished
  is<DeniedCall[]>()(denied)
  is<boolean>()(passed)
  is<number>()(exitCode)
  is<void>()(await verifying.stop())
  // @ts-expect-error nothing says what is denied
  await verify({ command: 'true' })
  // @ts-expect-error the answer is what verify decides
  await verify({ command: 'true', profile: '{}', answer: 'profile' })
}

export async function recordings(): Promise<void> {
  const { calls } = await (await record({ command: 'true' })).finished
  is<RecordedCall[]>()(calls)
  is<RecordedProfile>()(await recordedProfile(calls, { runtimes: ['runc'] }))
  // @ts-expect-error nothing is denied
  await record({ command: 'true', deny: ['chroot'] })
  // @ts-expect-error no such runtime
  await recordedProfile(calls, { runtimes: ['runsc'] })
}

export async function runs(signal: AbortSignal): Promise<void> {
  const running = await run({
    command: 'true',
    args: ['a'] as const,
    deny: ['chroot'] as const,
    action: 'stop',
    signal,
  })
  is<Run>()(running)
  is<number>()(running.pid)
  is<RunReport>()(await running.finished)
  is<void>()(await running.stop())
  is<void>()(running.signal('SIGTERM'))
  running.signal(15)
  running.on('event', event => is<NotifydEvent>()(event))
  running.on('incident', incident => is<Incident>()(incident))
  running.on('warning', text => is<string>()(text))
  running.on('exited', exit => is<number | undefined>()(exit.exitCode))

  // @ts-expect-error no command
  await run({ deny: ['chroot'] })
  // @ts-expect-error a text for a list
  await run({ command: 'true', deny: 'chroot' })
  // @ts-expect-error no such action
  await run({ command: 'true', deny: ['chroot'], action: 'halt' })
  // @ts-expect-error a duration in words; the library takes milliseconds
  await run({ command: 'true', deny: ['chroot'], debounceMs: '5s' })
  // @ts-expect-error no such option
  await run({ command: 'true', deny: ['chroot'], denied: ['chroot'] })
  // @ts-expect-error no such signal
  running.signal('SIGWHAT')
  // @ts-expect-error no such event
  running.on('attached', () => {})
  // @ts-expect-error the process id is read only
  running.pid = 1
}

export async function reports(report: RunReport): Promise<void> {
  is<number>()(report.exitCode)
  is<string | null>()(report.signal)
  is<string | null>()(report.reason)
  is<string | null>()(report.message)
  is<CallCount[]>()(report.calls)
  is<'init' | 'run' | undefined>()(report.calls[0]?.phase)
  is<'stopped' | 'logged' | 'stop failed' | 'latched' | undefined>()(report.incidents[0]?.outcome)
  // @ts-expect-error a message may be missing
  report.message.toUpperCase()
}

export async function daemons(): Promise<void> {
  const config = parseConfig({ policy: { action: 'stop', debounce: '5s' }, http: { address: 'off' } })
  is<Config>()(config)
  is<Config>()(loadConfig({ file: '/etc/seccomp-notifyd/config.yaml' }))
  const daemon = await createDaemon(config)
  is<Daemon>()(daemon)
  is<ContainerView[]>()(daemon.containers())
  is<ContainerView | undefined>()(daemon.container('id'))
  is<readonly string[]>()(daemon.addresses)
  is<void>()(await daemon.close())
  daemon.on('attached', view => is<ContainerView>()(view))
  daemon.on('stopped', ({ state }) => is<ContainerState>()(state))
  daemon.on('ended', ({ exitCode }) => is<number | null>()(exitCode))
  daemon.on('incident', (view, incident) => (is<ContainerView>()(view), is<Incident>()(incident)))
  daemon.on('refused', refusal => is<Refusal>()(refusal))
  daemon.on('event', ({ container }) => is<{ key: string; id: string; name: string } | undefined>()(container))
  await createDaemon(config, { log: { debug() {}, info() {}, warn() {}, error() {} } })

  // @ts-expect-error what a user writes has to be parsed first
  await createDaemon({ policy: { action: 'stop' } })
  // @ts-expect-error no such action
  parseConfig({ policy: { action: 'halt' } })
  // @ts-expect-error no such section
  parseConfig({ polices: {} })
  // @ts-expect-error no such event
  daemon.on('exited', () => {})
  // @ts-expect-error a container may be unknown
  daemon.container('id').state.toUpperCase()
}

export function errors(error: unknown): void {
  if (!(error instanceof NotifydError)) return
  is<ErrorCode>()(error.code)
  if (error.code === 'ERR_LISTENER_BUSY') return
  // @ts-expect-error no such code
  if (error.code === 'ERR_WHAT') return
  // @ts-expect-error a code is read only
  error.code = 'ERR_LISTENER_BUSY'
}

/** The measure itself. */
export function measures(
  wide: string | null,
  narrow: string,
  unknown: unknown,
  anything: ReturnType<JSON['parse']>,
): void {
  is<string>()(narrow)
  // @ts-expect-error wider
  is<string>()(wide)
  // @ts-expect-error narrower
  is<string | null>()(narrow)
  // @ts-expect-error not known
  is<string>()(unknown)
  // @ts-expect-error anything
  is<string>()(anything)
}
