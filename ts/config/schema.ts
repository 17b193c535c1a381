/** Each setting once: type, unit, default, text. The source of docs/configuration.md. */

import * as v from 'valibot'
import type { DefaultPaths } from './default-paths.ts'
import { absolutePath, duration, integer, listOf, oneOf, socketPath, tcpAddress, yesOrNo } from './kinds.ts'
import { policyKinds } from './policy-kinds.ts'
import { optionalSetting, section, setting } from './setting.ts'

export interface Policy {
  action: 'log' | 'stop'
  answer: 'profile' | 'continue'
  /** Errno name for calls whose verdict is not known, `ENOSYS`. */
  errno: string
  ignore: string[]
  probes: 'ignore' | 'count'
  debounceMs: number
  maxDelayMs: number
}

/** Whether it is read who makes a call and with what. */
export interface DetailSettings {
  /** `first`: of the first calls of each kind in a container. */
  calls: 'first' | 'off'
  /** Longest time that such a call waits for it. */
  patienceMs: number
  /** Whether the code that makes such a call is looked for too, which takes 5 s at most. */
  backtraces: boolean
}

export interface Config {
  listener: { socket: string; handoverTimeoutMs: number; maxListeners: number | null }
  http: {
    address: string | null
    socket: string
    tokenFile: string | null
    /** Of one address over TCP: so many requests at once, and so many a second after that. */
    requestBurst: number
    requestsPerSecond: number
  }
  stateDir: string
  policy: Policy
  detail: DetailSettings
  /** In which ways a container's own annotation or metadata may be laxer than `policy`. */
  containersMay: ('log' | 'ignore' | 'debounce' | 'continue')[]
  /** After `stops` stops of one workload within `withinMs`, it is only logged. */
  storm: { stops: number; withinMs: number }
  metrics: { crioForm: 'syscalls' | 'syscall'; retentionMs: number; maxSyscalls: number; maxContainers: number }
  history: { maxContainers: number }
  recordings: { maxNames: number }
  log: { level: 'debug' | 'info' | 'warn' | 'error' | 'silent' }
}

export type ConfigSchema = ReturnType<typeof configSchema>

/** A configuration as written in a file or by a caller: every setting may be left out. */
export type ConfigInput = v.InferInput<ConfigSchema>

const metricsSection = section({
  crioForm: setting(
    oneOf('a form', ['syscalls', 'syscall']),
    'syscalls',
    'syscall',
    "Label of CRI-O's counter: its text per incident (`syscalls`) or each call (`syscall`).",
  ),
  retention: setting(duration(0), '5m', '1h', 'How long the series of an ended container are still exported.'),
  maxSyscalls: setting(integer(1, 100_000), 500, 1000, 'Most distinct syscall labels; the rest is counted as `other`.'),
  maxContainers: setting(integer(1, 1_000_000), 1000, 200, 'Most containers with series of their own.'),
})

const policySection = section({
  action: setting(
    policyKinds.action,
    'log',
    'stop',
    'What a forbidden call leads to: only logged and counted, or the container is stopped.',
  ),
  answer: setting(
    policyKinds.answer,
    'profile',
    'continue',
    "What the caller gets: the profile's own verdict, or the call runs (`continue`) and is only counted.",
  ),
  errno: setting(policyKinds.errno, 'ENOSYS', 'EPERM', 'Error for calls of containers whose profile is not known.'),
  ignore: setting(
    policyKinds.ignore,
    [],
    ['clone3', 'personality'],
    'Calls that are counted but never lead to a stop.',
  ),
  probes: setting(
    policyKinds.probes,
    'ignore',
    'count',
    'Whether calls that the profile answers with ENOSYS lead to a stop (`count`).',
  ),
  debounce: setting(policyKinds.debounce, '5s', '2s', 'Stop after this long without another forbidden call.'),
  maxDelay: setting(policyKinds.maxDelay, '30s', '1m', 'Stop at the latest this long after the first forbidden call.'),
})

/** In effect no limit. */
const MOST_REQUESTS = 1_000_000

export function configSchema(paths: DefaultPaths) {
  return section({
    listener: v.optional(
      v.pipe(
        section({
          socket: setting(
            socketPath(),
            paths.listenerSocket,
            '/run/notifyd/listener.sock',
            'Unix socket that runtimes connect to; without root `$XDG_RUNTIME_DIR/seccomp-notifyd/listener.sock`.',
          ),
          handoverTimeout: setting(
            duration(100),
            '10s',
            '30s',
            "How long a runtime may take to send a container's state.",
          ),
          maxListeners: optionalSetting(
            integer(1, 1_000_000),
            5000,
            'Most listeners served at once; without it, what the limit of open files leaves.',
          ),
        }),
        v.transform(({ socket, handoverTimeout, maxListeners }) => ({
          socket,
          handoverTimeoutMs: handoverTimeout,
          maxListeners: maxListeners ?? null,
        })),
      ),
      {},
    ),
    http: v.optional(
      v.pipe(
        section({
          address: setting(
            tcpAddress(),
            '127.0.0.1:9797',
            'off',
            'TCP address of the HTTP interface; read-only without `http.tokenFile`.',
          ),
          socket: setting(
            socketPath(),
            paths.apiSocket,
            '/run/notifyd/api.sock',
            'Unix socket of the HTTP interface; without root `$XDG_RUNTIME_DIR/seccomp-notifyd/api.sock`.',
          ),
          tokenFile: optionalSetting(
            absolutePath(),
            '/etc/seccomp-notifyd/token',
            'File, for its owner alone, with the token that lets clients over TCP stop containers and change policies.',
          ),
          requestBurst: setting(
            integer(1, MOST_REQUESTS),
            200,
            1000,
            'Requests that one address may send at once over TCP; more are refused with 429.',
          ),
          requestsPerSecond: setting(
            integer(1, MOST_REQUESTS),
            50,
            500,
            'Requests a second that one address may send over TCP when it has used up `http.requestBurst`.',
          ),
        }),
        v.transform(({ tokenFile, ...rest }) => ({ ...rest, tokenFile: tokenFile ?? null })),
      ),
      {},
    ),
    stateDir: setting(
      absolutePath(),
      paths.stateDir,
      '/srv/seccomp-notifyd',
      'Folder of what survives a restart; without root `$XDG_STATE_HOME/seccomp-notifyd`.',
    ),
    policy: v.optional(
      v.pipe(
        policySection,
        v.transform(({ debounce, maxDelay, ...rest }) => ({ ...rest, debounceMs: debounce, maxDelayMs: maxDelay })),
      ),
      {},
    ),
    detail: v.optional(
      v.pipe(
        section({
          calls: setting(
            oneOf('a choice', ['first', 'off']),
            'first',
            'off',
            'Whether the command line of the caller and the arguments of its call are read: of the first calls of each kind, or never (`off`).',
          ),
          patience: setting(
            duration(1),
            '100ms',
            '20ms',
            'How long such a call waits at most until they have been read.',
          ),
          backtraces: setting(
            yesOrNo,
            false,
            true,
            'Whether the code that makes such a call is looked for too: functions, files and lines. The call then waits up to 5 s.',
          ),
        }),
        v.transform(({ patience, ...rest }) => ({ ...rest, patienceMs: patience })),
      ),
      {},
    ),
    containersMay: setting(
      listOf(oneOf('a permission', ['log', 'ignore', 'debounce', 'continue'])),
      ['log', 'ignore', 'debounce'],
      ['ignore'],
      "Ways in which a container's own annotations may be laxer than `policy`.",
    ),
    storm: v.optional(
      v.pipe(
        section({
          stops: setting(integer(1, 1000), 3, 5, 'Stops of one workload after which it is only logged.'),
          within: setting(duration(1000), '10m', '1h', 'Time in which these stops are counted.'),
        }),
        v.transform(({ stops, within }) => ({ stops, withinMs: within })),
      ),
      {},
    ),
    metrics: v.optional(
      v.pipe(
        metricsSection,
        v.transform(({ retention, ...rest }) => ({ ...rest, retentionMs: retention })),
      ),
      {},
    ),
    history: v.optional(
      section({
        maxContainers: setting(integer(1, 1_000_000), 1000, 5000, 'Ended containers that are remembered.'),
      }),
      {},
    ),
    recordings: v.optional(
      section({
        maxNames: setting(
          integer(0, 10_000),
          100,
          20,
          'Most names under which containers are recorded, of which each has a file of a few hundred KiB at most; 0 records nothing.',
        ),
      }),
      {},
    ),
    log: v.optional(
      section({
        level: setting(
          oneOf('a level', ['debug', 'info', 'warn', 'error', 'silent']),
          'info',
          'warn',
          'Least level that is logged.',
        ),
      }),
      {},
    ),
  })
}
