/** The dashboard without a mouse, without sight of it, in the dark and on a small screen. */

import type { ExecutionContext } from 'ava'
import { accessibilityProblems, inBrowser, isLive, openDashboard, text } from '../helpers/browser-checks.ts'
import { openPage, type Page } from '../helpers/chromium.ts'
import { startFakeApi } from '../helpers/fake-api.ts'
import { startDaemonFor } from '../helpers/daemon-process.ts'
import { folderOf } from '../helpers/folder.ts'
import { view } from '../http/fakes.ts'

/** In both schemes and at both widths. */
async function isAccessible(t: ExecutionContext, page: Page, what: string): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    await page.prefer(scheme)
    for (const width of [1200, 360]) {
      await page.resize(width)
      t.deepEqual(await accessibilityProblems(page), [], `${what}, ${scheme}, ${width} pixels`)
    }
  }
}

const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()

const chroot = {
  syscall: 'chroot',
  abi: 'x86_64',
  number: 161,
  verdict: 'EPERM',
  phase: 'run' as const,
  count: 2,
  firstAt: at(-2),
  lastAt: at(-2),
}

const frame = { buildId: null, file: null, line: null, inlined: false, found: 'tables' as const }
/** With all that can be told of a caller. */
const detail = {
  missing: null,
  pid: 42,
  comm: 'server',
  exe: '/app/server',
  cmdline: ['/app/server'],
  cwd: '/app',
  args: ['"/srv"'],
  site: null,
  frames: [{ ...frame, module: '/app/server', offset: '0x1c3a', function: 'main' }],
  framesEnd: 'the stack is too deep',
}

const pending = view({
  key: 'k1',
  action: 'stop',
  startedAt: at(-60),
  calls: [{ ...chroot, detail }],
  recentCalls: { startedAt: at(-30), intervalMs: 5000, counts: [1, 0, 0, 0, 0, 1] },
  openIncident: { startedAt: at(-10), dueAt: at(3600) },
  warnings: ['metadata is not version 1'],
})
const stopped = view({
  key: 'k2',
  id: 'old',
  name: 'old',
  state: 'stopped',
  reason: 'seccomp killed',
  message: 'Used forbidden syscalls: chroot (2x)',
  startedAt: at(-90),
  finishedAt: at(-30),
  exitCode: 137,
  told: [{ place: 'stderr', problem: 'it is a file' }],
  calls: [chroot],
  incidents: [
    { startedAt: at(-60), endedAt: at(-30), message: 'Used forbidden syscalls: chroot (2x)', outcome: 'stopped' },
  ],
  incidentsTotal: 1,
})

inBrowser('axe finds nothing wrong with any page in any state', async t => {
  const api = await startFakeApi(t)
  const page = await openPage(t)
  await page.open(api.url)
  await isLive(page)
  await page.waitFor(`${text}.includes('No container has come yet')`)
  await isAccessible(t, page, 'empty')
  api.show([pending, stopped])
  await page.waitFor(`/stops in \\d+ s/.test(${text})`)
  api.call()
  api.lose(5)
  api.call()
  await page.waitFor(`${text}.includes('calls are not shown')`)
  await page.waitFor(`document.querySelector('#connection').className === 'overloaded'`)
  await isAccessible(t, page, 'overloaded list')
  for (const key of ['k1', 'k2']) {
    await page.evaluate(`location.hash = '#/c/${key}'`)
    await page.waitFor(`${text}.includes('What its profile lacks') && document.querySelector('pre').textContent !== ''`)
    await page.evaluate(`for (const each of document.querySelectorAll('details')) each.open = true`)
    await isAccessible(t, page, `page of ${key}`)
  }
  await api.close()
  await page.waitFor(`document.querySelector('#connection').className === 'disconnected'`)
  await isAccessible(t, page, 'disconnected')
  const refused = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/
  t.deepEqual(
    page.complaints().filter(complaint => !refused.test(complaint)),
    [],
  )
})

inBrowser('keys alone find a container, open it, pause its stream and lead back', async t => {
  const api = await startFakeApi(t)
  api.show([stopped, view({ key: 'k3', id: 'other', name: 'other' })])
  const page = await openPage(t)
  await page.open(api.url)
  await page.waitFor(`document.querySelectorAll('tbody th').length === 2`)
  const focused = 'document.activeElement.outerHTML'
  await page.press('/')
  await page.waitFor(`document.activeElement.name === 'name'`)
  for (const letter of 'old') await page.press(letter)
  await page.waitFor(`document.querySelectorAll('tbody th').length === 1`)
  await page.press('Escape')
  await page.waitFor(`document.activeElement.name !== 'name'`)
  const isLink = `document.activeElement.getAttribute('href') === '#/c/k2'`
  for (let times = 0; times < 10 && !(await page.evaluate(isLink)); times++) await page.press('Tab')
  t.true(await page.evaluate(isLink), String(await page.evaluate(focused)))
  await page.press('Enter')
  await page.waitFor(`document.querySelector('h2').innerText === 'old'`)
  await page.waitFor(`document.activeElement.id === 'main'`)
  await page.press('p')
  await page.waitFor(`document.querySelector('button[aria-pressed]').getAttribute('aria-pressed') === 'true'`)
  await page.press('Escape')
  await page.waitFor(`${text}.includes('Sort by')`)
  t.deepEqual(page.complaints(), [])
})

inBrowser('the first press of Tab offers to skip to the content', async t => {
  const page = await openDashboard(t, await startDaemonFor(t, folderOf(t)))
  await page.press('Tab')
  await page.waitFor(`document.activeElement.className === 'skip'`)
  t.true(await page.evaluate(`document.activeElement.getBoundingClientRect().left >= 0`))
  await page.press('Enter')
  await page.waitFor(`document.activeElement.id === 'main'`)
})
