import test from 'ava'
import { OPEN_METRICS_TYPE, prefersOpenMetrics, toOpenMetrics } from '../ts/open-metrics.ts'
import { parseMetrics } from './helpers/daemon-process.ts'
import { startFake, INIT } from './helpers/daemon.ts'

const PROMETHEUS =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1'

for (const [accept, wanted] of [
  [undefined, false],
  ['', false],
  ['*/*', false],
  ['text/plain', false],
  [PROMETHEUS, true],
  ['application/openmetrics-text', true],
  ['Application/OpenMetrics-Text; version=1.0.0', true],
  ['application/openmetrics-text;q=0', false],
  ['application/openmetrics-text;q=x', false],
  ['application/openmetrics-text;q=0.2, text/plain;q=0.9', false],
] as const) {
  test(`OpenMetrics is ${wanted ? '' : 'not '}preferred by ${String(accept).slice(0, 60)}`, t =>
    t.is(prefersOpenMetrics(accept), wanted))
}

test('families of counters lose their suffix, samples and everything else keep theirs', t => {
  const text = `# HELP a_total "Calls"
# TYPE a_total counter
a_total{x="# TYPE b_total counter"} 1

# HELP b Now.
# TYPE b gauge
b 2
# TYPE c_total gauge
c_total 3
`
  t.is(
    toOpenMetrics(text),
    `# HELP a \\"Calls\\"
# TYPE a counter
a_total{x="# TYPE b_total counter"} 1
# HELP b Now.
# TYPE b gauge
b 2
# TYPE c_total gauge
c_total 3
# EOF
`,
  )
})

test('both formats of one daemon have the same samples, whichever is asked for first', async t => {
  const { daemon, fake, clock } = await startFake(t)
  const web = fake.attach('we"b\\\n# EOF', { init: INIT })
  fake.call(web, 'chroot', { times: 3 })
  await clock.pass(100)
  const open = await daemon.metricsText(PROMETHEUS)
  const plain = await daemon.metricsText()
  t.is(open.type, OPEN_METRICS_TYPE)
  t.regex(plain.type, /^text\/plain/)
  t.true(open.body.endsWith('\n# EOF\n'))
  t.deepEqual(open.body.match(/^# EOF$/gm), ['# EOF'])
  t.false(/^# (?:TYPE|HELP) \S+_total /m.test(open.body))
  const steady = (body: string) => parseMetrics(body).filter(({ name }) => !name.includes('lag'))
  t.deepEqual(steady(open.body), steady(plain.body))
  t.deepEqual(steady((await daemon.metricsText(PROMETHEUS)).body), steady(plain.body))
})
