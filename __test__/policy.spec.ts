import test from 'ava'
import type { Config, Policy } from '../ts/config/schema.ts'
import { describeSources, resolvePolicy } from '../ts/policy.ts'

const configured: Policy = {
  action: 'log',
  answer: 'profile',
  errno: 'ENOSYS',
  ignore: ['clone3'],
  probes: 'ignore',
  debounceMs: 5000,
  maxDelayMs: 30_000,
}
const strict: Policy = { ...configured, action: 'stop' }
const everything: Config['containersMay'] = ['log', 'ignore', 'debounce', 'continue']

interface Given {
  annotations?: Record<string, string>
  metadata?: string
  continues?: boolean
  own?: Policy
  may?: Config['containersMay']
}
const resolve = ({ annotations = {}, own = configured, may = everything, ...rest }: Given) =>
  resolvePolicy({ annotations, configured: own, containersMay: may, ...rest })

test('without a wish the configuration applies and is named as the source', t => {
  const { policy, sources, warnings } = resolve({})
  t.deepEqual(policy, configured)
  t.deepEqual(sources, {
    action: 'configuration',
    answer: 'configuration',
    ignore: 'configuration',
    debounceMs: 'configuration',
    errno: 'configuration',
    probes: 'configuration',
    maxDelayMs: 'configuration',
  })
  t.deepEqual(warnings, [])
})

test('each setting comes from its own first match', t => {
  const { policy, sources, warnings } = resolve({
    annotations: {
      'seccomp-notifyd.io/debounce': '2s',
      'io.kubernetes.cri-o.seccompNotifierAction': 'stop',
    },
    metadata: '{"v":1,"action":"log","ignore":["mkdir"],"debounceMs":7000,"program":"AAAA"}',
  })
  t.is(policy.action, 'stop')
  t.is(sources.action, 'annotation io.kubernetes.cri-o.seccompNotifierAction')
  t.is(policy.debounceMs, 2000)
  t.is(sources.debounceMs, 'annotation seccomp-notifyd.io/debounce')
  t.deepEqual(policy.ignore, ['mkdir'])
  t.is(sources.ignore, 'metadata')
  t.deepEqual(warnings, [])
})

for (const value of ['Stop ', 'halt', '', 'kill']) {
  test(`the action ${JSON.stringify(value)} of our annotation is reported with what is accepted`, t => {
    const { policy, warnings } = resolve({
      annotations: { 'seccomp-notifyd.io/action': value, 'seccomp-notifier-action.crio.io': 'stop' },
    })
    t.is(policy.action, 'log')
    t.is(warnings.length, 1)
    t.true(warnings[0]?.includes('seccomp-notifyd.io/action'))
    t.true(warnings[0]?.includes('accepted: log, stop'))
  })
}

test('unknown values of the other annotations are reported too', t => {
  const { policy, warnings } = resolve({
    annotations: {
      'seccomp-notifyd.io/answer': 'allow',
      'seccomp-notifyd.io/ignore': 'a b',
      'seccomp-notifyd.io/debounce': '5',
      'seccomp-notifyd.io/failure-policy': 'maybe',
    },
  })
  t.deepEqual(policy, configured)
  t.is(warnings.length, 4)
  t.true(warnings.some(text => text.includes('open, closed')))
})

for (const name of ['io.kubernetes.cri-o.seccompNotifierAction', 'seccomp-notifier-action.crio.io']) {
  test(`${name}: stop stops, anything else logs, the container's own key comes first`, t => {
    const kube = { 'io.kubernetes.container.name': 'web' }
    t.is(resolve({ annotations: { [name]: 'stop' } }).policy.action, 'stop')
    t.is(resolve({ annotations: { [name]: 'anything' }, own: strict }).policy.action, 'log')
    t.is(resolve({ annotations: { ...kube, [`${name}/web`]: 'stop', [name]: 'log' } }).policy.action, 'stop')
    t.is(resolve({ annotations: { ...kube, [`${name}/other`]: 'stop' } }).policy.action, 'log')
  })
}

test('metadata of version 1 sets the action', t => {
  t.is(resolve({ metadata: '{"v":1,"action":"stop"}' }).policy.action, 'stop')
  t.is(resolve({ metadata: '{"v":1,"action":"log"}', own: strict }).policy.action, 'log')
})

for (const metadata of [
  'policy=stop',
  'null',
  '[]',
  '{"v":2,"action":"stop"}',
  '{"action":"stop"}',
  '{"v":1,"action":"halt"}',
  '{"v":1,"action":"stop","debounceMs":"5"}',
  '{"v":1,"action":"stop","ignore":"mkdir"}',
  '{"v":1,"action":"stop","more":1}',
  '{"v":1,"act',
]) {
  test(`metadata ${metadata} is left aside as a whole with one warning`, t => {
    const { policy, warnings } = resolve({ metadata })
    t.deepEqual(policy, configured)
    t.is(warnings.length, 1)
    t.true(warnings[0]?.startsWith('metadata '))
  })
}

test('a container may be stricter without permission', t => {
  const { policy, warnings } = resolve({
    annotations: {
      'seccomp-notifyd.io/action': 'stop',
      'seccomp-notifyd.io/ignore': '',
      'seccomp-notifyd.io/debounce': '1s',
    },
    may: [],
  })
  t.is(policy.action, 'stop')
  t.deepEqual(policy.ignore, [])
  t.is(policy.debounceMs, 1000)
  t.deepEqual(warnings, [])
})

test('a container is not laxer without permission, and is told so', t => {
  const { policy, sources, warnings } = resolve({
    annotations: {
      'seccomp-notifyd.io/action': 'log',
      'seccomp-notifyd.io/ignore': 'clone3, mkdir',
      'seccomp-notifyd.io/debounce': '1h',
      'seccomp-notifyd.io/answer': 'continue',
    },
    continues: false,
    own: strict,
    may: [],
  })
  t.deepEqual(policy, strict)
  t.is(sources.action, 'configuration')
  t.deepEqual(
    ['log', 'ignore', 'debounce', 'continue'].filter(word => warnings.some(text => text.includes(`"${word}"`))),
    ['log', 'ignore', 'debounce'],
  )
})

test('a container is laxer where the operator permits it', t => {
  const { policy, warnings } = resolve({
    annotations: { 'seccomp-notifyd.io/action': 'log', 'seccomp-notifyd.io/ignore': 'clone3,mkdir' },
    own: strict,
  })
  t.is(policy.action, 'log')
  t.deepEqual(policy.ignore, ['clone3', 'mkdir'])
  t.deepEqual(warnings, [])
})

test('the answer is the one that the loop gives', t => {
  const metadata = '{"v":1,"answer":"continue"}'
  t.is(resolve({ metadata, continues: true }).policy.answer, 'continue')
  t.is(resolve({ metadata, continues: true }).sources.answer, 'metadata')
  t.is(resolve({ continues: false }).policy.answer, 'profile')
  t.is(resolve({ own: { ...configured, answer: 'continue' } }).policy.answer, 'continue')
})

test('sources are told in one line, apart only where they differ', t => {
  const same = { action: 'metadata', answer: 'metadata', ignore: 'x', debounceMs: 'y' }
  t.is(describeSources(same), 'metadata')
  t.is(describeSources({ ...same, answer: 'configuration' }), 'action: metadata, answer: configuration')
})

test('a hostile value is cut and escaped in the warning', t => {
  const { warnings } = resolve({ annotations: { 'seccomp-notifyd.io/action': `\n"${'x'.repeat(10_000)}` } })
  t.true((warnings[0]?.length ?? 0) < 300)
  t.false(warnings[0]?.includes('\n'))
})
