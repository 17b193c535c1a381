import test from 'ava'
import type { ContainerView } from '../../ts/container-view.ts'
import { UNKNOWN_ORIGIN } from '../../ts/identity.ts'
import type { CallDetail } from '../../ts/detail.ts'
import { describeContainer } from '../../ts/report/describe.ts'

const stopped: ContainerView = {
  key: 'web-1a2b',
  id: 'web',
  name: 'web.1',
  ...UNKNOWN_ORIGIN,
  state: 'stopped',
  action: 'stop',
  answer: 'profile',
  policySource: 'annotation seccomp-notifyd.io/action',
  policy: null,
  recording: null,
  bundle: '/run/web',
  initPid: 42,
  listeners: 0,
  startedAt: '2026-01-01T10:00:00.000Z',
  finishedAt: '2026-01-01T10:00:09.000Z',
  exitCode: 137,
  reason: 'seccomp killed',
  message: 'Used forbidden syscalls: chroot (2x), swapoff (11x)',
  recentCalls: null,
  calls: [
    {
      syscall: 'chroot',
      abi: 'x86_64',
      number: 161,
      verdict: 'EPERM',
      phase: 'run',
      count: 2,
      firstAt: '2026-01-01T10:00:04.000Z',
      lastAt: '2026-01-01T10:00:04.000Z',
    },
    {
      syscall: 'swapoff',
      abi: 'i386',
      number: 115,
      verdict: 'EPERM',
      phase: 'run',
      count: 11,
      firstAt: '2026-01-01T10:00:03.000Z',
      lastAt: '2026-01-01T10:00:03.000Z',
    },
  ],
  incidents: [
    {
      startedAt: '2026-01-01T10:00:00.500Z',
      endedAt: '2026-01-01T10:00:09.000Z',
      outcome: 'stopped',
      message: 'Used forbidden syscalls: chroot (2x), swapoff (11x)',
    },
  ],
  incidentsTotal: 3,
  openIncident: null,
  told: [
    { place: 'stderr', problem: null },
    { place: 'termination-file', problem: null },
  ],
  survivesRestart: false,
  warnings: ['metadata is not version 1'],
}

test('a stopped container is told in full, the most frequent call first', t => {
  t.is(
    describeContainer(stopped),
    `Name:         web.1
ID:           web
Key:          web-1a2b
Bundle:       /run/web
Init PID:     42
State:        stopped
  Reason:     seccomp killed
  Message:    Used forbidden syscalls: chroot (2x), swapoff (11x)
  Written To: stderr, termination-file
  Exit Code:  137
  Started:    2026-01-01T10:00:00.000Z
  Finished:   2026-01-01T10:00:09.000Z
Action:       stop (from annotation seccomp-notifyd.io/action)
Answer:       profile
Listeners:    0
Calls:
  SYSCALL  ABI     VERDICT  PHASE  COUNT  LAST
  swapoff  i386    EPERM    run    11     2026-01-01T10:00:03.000Z
  chroot   x86_64  EPERM    run    2      2026-01-01T10:00:04.000Z
Incidents:    the last 1 of 3
  STARTED                   ENDED                     OUTCOME  MESSAGE
  2026-01-01T10:00:00.500Z  2026-01-01T10:00:09.000Z  stopped  Used forbidden syscalls: chroot (2x), swapoff (11x)
Warnings:
  metadata is not version 1
`,
  )
})

test('what an engine tells of a container stands first, in the words of kubectl', t => {
  const pod = { namespace: 'prod', pod: 'shop-0', podUid: 'u-1', podContainer: 'web', attempt: 0 }
  const text = describeContainer({
    ...stopped,
    name: 'k8s_web_shop-0_prod_u-1_0',
    ...pod,
    image: 'nginx',
    engine: 'cri-o',
  })
  t.true(
    text.startsWith(`Name:         k8s_web_shop-0_prod_u-1_0
Namespace:    prod
Pod:          shop-0
  UID:        u-1
  Container:  web
  Restarts:   0
Image:        nginx
Engine:       cri-o
ID:           web
`),
    text,
  )
})

test('what is not known is left out, what is empty is <none>', t => {
  const running: ContainerView = {
    ...stopped,
    state: 'running',
    initPid: null,
    finishedAt: null,
    exitCode: null,
    reason: null,
    message: null,
    told: [],
    calls: [],
    incidents: [],
    incidentsTotal: 0,
    warnings: [],
  }
  t.is(
    describeContainer(running),
    `Name:         web.1
ID:           web
Key:          web-1a2b
Bundle:       /run/web
State:        running
  Started:    2026-01-01T10:00:00.000Z
Action:       stop (from annotation seccomp-notifyd.io/action)
Answer:       profile
Listeners:    0
Calls:        <none>
Incidents:    <none>
Warnings:     <none>
`,
  )
})

test('other incarnations are listed', t => {
  const text = describeContainer({
    ...stopped,
    otherIncarnations: [{ key: 'k0', state: 'exited', startedAt: '2025-01-01T00:00:00.000Z' }],
  })
  t.regex(text, /\nOthers:\n {2}k0 \(exited, started 2025-01-01T00:00:00\.000Z\)\n$/)
})

test('no text of a container reaches the terminal as it is', t => {
  const evil = 'x\u001b[2J\nState: running\u202e'
  const text = describeContainer({
    ...stopped,
    id: evil,
    name: evil,
    key: evil,
    bundle: evil,
    message: evil,
    policySource: evil,
    warnings: [evil],
    incidents: [{ ...stopped.incidents[0]!, message: evil }],
    calls: [{ ...stopped.calls[0]!, syscall: evil }],
  })
  t.notRegex(text.replaceAll('\n', ''), /\p{C}/u)
  t.notRegex(text, /^State: running/m)
})

test('a text of a megabyte is cut', t => {
  t.true(describeContainer({ ...stopped, id: 'x'.repeat(1_000_000) }).length < 4000)
})

test('what callers say of themselves is told apart, as what nobody has to believe', t => {
  const detail = {
    missing: null,
    pid: 9,
    comm: 'sh',
    exe: '/bin/sh',
    cmdline: ['sh'],
    args: ['"/\\x1b"'],
    frames: [],
    site: null,
    framesEnd: null,
    cwd: null,
  }
  const [first, second] = stopped.calls
  const missing: CallDetail = { ...detail, missing: 'timed out', args: [] }
  const calls = [
    { ...first!, detail },
    { ...second!, detail: missing },
  ]
  const text = describeContainer({ ...stopped, calls })
  const expected = `Callers:      untrusted
  chroot("/\\x1b")  sh (pid 9, /bin/sh): sh
  swapoff(...)  detail: timed out
`
  t.true(text.includes(expected), text)
  t.false(describeContainer(stopped).includes('Callers'))
})
