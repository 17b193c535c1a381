#!/usr/bin/env node
/**
 * Takes the pictures of the dashboard in docs/images/: each state, wide and narrow, in Debian's Chromium. The containers
 * are made up, by the fake API server of the tests, so that neither root nor a runtime is needed.
 *
 * node tools/screenshots.mjs [STATE...]
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { shrinkPng } from './png.mjs'
import { compileTypeScript, root, say } from './setup.mjs'

const FOLDER = join(root, 'docs/images')
const WIDTHS = { wide: [1200, 760], narrow: [400, 760] }
const chosen = process.argv.slice(2)

await compileTypeScript()
const [{ openPage }, { startFakeApi }, { view }] = await Promise.all(
  ['helpers/chromium.js', 'helpers/fake-api.js', 'http/fakes.js'].map(path => import(`../build/__test__/${path}`)),
)

const at = seconds => new Date(Date.now() + seconds * 1000).toISOString()
const call = (syscall, count, lastAt = at(-2)) => ({
  syscall,
  abi: 'x86_64',
  number: 161,
  verdict: 'EPERM',
  phase: 'run',
  count,
  lastAt,
})

/** Of the last seconds, five for each number. */
const recently = (...counts) => ({ startedAt: at(-5 * counts.length), intervalMs: 5000, counts })

const frame = { buildId: null, line: null, file: null, inlined: false, found: 'tables' }
const detail = {
  missing: null,
  pid: 4242,
  comm: 'server',
  exe: '/app/server',
  cmdline: ['/app/server', '--port', '80'],
  cwd: '/app',
  args: ['"/srv/jail"'],
  frames: [
    { ...frame, module: '/usr/lib/x86_64-linux-gnu/libc.so.6', offset: '0xf1c7', function: 'chroot', found: 'kernel' },
    {
      ...frame,
      module: '/app/server',
      offset: '0x1b20',
      function: 'drop_privileges',
      file: '/src/server.c',
      line: 118,
    },
    { ...frame, module: '/app/server', offset: '0x1c3a', function: 'main', file: '/src/server.c', line: 201 },
    { ...frame, module: '/app/server', offset: '0x1075', function: '_start' },
  ],
  site: null,
  framesEnd: null,
}

const web = {
  key: 'web-mx2k1',
  id: '4f2a9c01',
  name: 'web',
  startedAt: at(-5400),
  image: 'docker.io/library/nginx:1.29',
}
const shop = {
  key: 'shop-mx2k2',
  id: '77b1e0d2',
  name: 'checkout',
  namespace: 'shop',
  pod: 'checkout-6d5f7',
  startedAt: at(-840),
}
const worker = { key: 'worker-mx2k3', id: '90cc12aa', name: 'worker', startedAt: at(-300), action: 'stop' }
/** `more`: calls since the page was opened. */
const running = (more = 0) => [
  view({ ...worker, calls: [] }),
  view({
    ...shop,
    calls: [call('mount', 3 + more), call('clone3', 12 + 2 * more)],
    recentCalls: recently(2, 3, 0, 5, 1, 4, 3 * more),
    incidentsTotal: 1,
  }),
  view({ ...web, calls: [call('ptrace', 1)], incidentsTotal: 1 }),
]
const pending = (more = 0) => [
  view({
    ...worker,
    calls: [call('chroot', 1 + Math.floor(more / 2)), call('swapoff', 1 + Math.floor(more / 3))],
    recentCalls: recently(1, 0, 0, 1, Math.floor(more / 2)),
    openIncident: { startedAt: at(-20), dueAt: at(5) },
  }),
  ...running(more).slice(1),
]
const stopped = (chroot = 2, swapoff = 2) => {
  const message = `Used forbidden syscalls: chroot (${chroot}x), swapoff (${swapoff}x)`
  return view({
    ...worker,
    state: 'stopped',
    listeners: 0,
    reason: 'seccomp killed',
    message,
    finishedAt: at(0),
    exitCode: 137,
    calls: [{ ...call('chroot', chroot, at(-6)), detail }, call('swapoff', swapoff, at(-5))],
    recentCalls: recently(1, 0, 0, 0, 1, 0, 0, 1, 1, 0),
    told: [{ place: 'stderr', problem: null }],
    incidents: [{ startedAt: at(-45), endedAt: at(0), message, outcome: 'stopped' }],
    incidentsTotal: 1,
  })
}

const text = 'document.body.innerText'
const live = `['live', 'overloaded'].includes(document.querySelector('#connection').className)`
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

function makeCalls(api) {
  const container = { key: shop.key, id: shop.id }
  for (let times = 0; times < 4; times++) {
    api.call({ container, syscall: 'clone3', verdict: 'ENOSYS', errno: 'ENOSYS', atMs: Date.now() })
    api.call({ container, syscall: 'mount', atMs: Date.now() })
  }
}

/** Numbers that rise: one step for each time that the page has asked. */
async function rise(api, page, show, steps) {
  const asked = () => page.requests().filter(url => url.includes('/v1/containers')).length
  for (const more of steps) {
    const before = asked()
    api.show(show(more))
    makeCalls(api)
    while (asked() < before + 2) await sleep(50)
  }
}

/** Each leads the page to its state; `hash` is where it is shown. */
const STATES = {
  empty: { show: () => [], reached: `${text}.includes('No container has come yet')` },
  running: {
    show: running,
    reached: `${text}.includes('checkout') && ${text}.includes('clone3')`,
    act: (api, page) => rise(api, page, running, [0, 2, 7, 8]),
  },
  countdown: {
    show: running,
    reached: `/stops in \\d+ s/.test(${text})`,
    act: (api, page) => rise(api, page, pending, [0, 2, 7, 8]),
  },
  stopped: {
    show: pending,
    reached: `${text}.includes('Used forbidden')`,
    act: (api, page) => rise(api, page, more => [stopped(), ...running(more).slice(1)], [2, 7, 8]),
  },
  container: {
    show: pending,
    hash: `#/c/${worker.key}`,
    reached: `document.querySelector('.span-of-incident.stopped') !== null && ${text}.includes('seccomp killed')`,
    async act(api, page) {
      await rise(
        api,
        page,
        pending,
        Array.from({ length: 20 }, (_, step) => Math.floor(step ** 1.5)),
      )
      api.show([stopped()])
    },
  },
  overloaded: {
    show: running,
    reached: `document.querySelector('#connection').className === 'overloaded'`,
    act(api) {
      makeCalls(api)
      api.lose(48_211)
      makeCalls(api)
    },
  },
  disconnected: {
    show: running,
    reached: `document.querySelector('#connection').className === 'disconnected'`,
    act: api => api.close(),
  },
}

for (const [name, { show, hash = '', reached, act = () => {} }] of Object.entries(STATES)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue
  const undo = []
  const owner = { teardown: task => undo.push(task), timeout() {} }
  try {
    const api = await startFakeApi(owner)
    api.show(show())
    const page = await openPage(owner)
    await page.prefer('light')
    await page.resize(...WIDTHS.wide)
    await page.open(`${api.url}/${hash}`)
    await page.waitFor(live)
    await page.waitFor(`${text}.includes('no call yet')`)
    await act(api, page)
    await page.waitFor(reached)
    for (const [width, size] of Object.entries(WIDTHS)) {
      await page.resize(...size)
      // Two frames: the new width, and what is drawn of it.
      await page.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))')
      await sleep(200)
      const png = shrinkPng(await page.screenshot())
      mkdirSync(FOLDER, { recursive: true })
      writeFileSync(join(FOLDER, `dashboard-${name}-${width}.png`), png)
      say(`screenshots: dashboard-${name}-${width}.png, ${png.length} bytes`)
    }
  } finally {
    for (const task of undo.toReversed()) await task()
  }
}
process.exit()
