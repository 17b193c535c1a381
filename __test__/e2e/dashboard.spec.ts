/** The dashboard as people see it: a real daemon, real targets, and Debian's Chromium. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { inBrowser, isLive, openDashboard, text } from '../helpers/browser-checks.ts'
import { until } from '../helpers/child.ts'
import type { Page } from '../helpers/chromium.ts'
import { notifying, type Profile } from '../helpers/containers.ts'
import { startDaemonFor, type DaemonOptions } from '../helpers/daemon-process.ts'
import { startFakeRuntime } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'
import { scrapedAddress } from '../helpers/prometheus.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'
import { send } from '../helpers/send.ts'

const EPERM: DaemonOptions = { config: { policy: { errno: 'EPERM' } } }

inBrowser('without containers the page says what to do, and asks nothing of another host', async t => {
  const daemon = await startDaemonFor(t, folderOf(t), EPERM)
  const page = await openDashboard(t, daemon)
  await page.waitFor(`${text}.includes('No container has come yet')`)
  t.deepEqual(page.complaints(), [])
  const hosts = new Set(page.requests().map(url => new URL(url).host))
  t.deepEqual([...hosts], [await scrapedAddress(daemon)])
})

inBrowser(
  'a daemon that ends leaves what is known, and says that it is old; one that comes again is heard',
  async t => {
    const folder = folderOf(t)
    const daemon = await startDaemonFor(t, folder, EPERM)
    const runtime = startFakeRuntime(daemon.listenerSocket, ['--id', 'web', '--calls', '3', '--linger-ms', '60000'])
    t.teardown(() => runtime.process.kill('SIGKILL'))
    const page = await openDashboard(t, daemon)
    await page.waitFor(`${text}.includes('web')`)
    await daemon.kill9()
    await page.waitFor(`document.querySelector('#notice').innerText.includes('does not answer')`)
    t.true(await page.evaluate(`${text}.includes('web')`))
    const address = await scrapedAddress(daemon)
    const http = { address, socket: join(folder, 'a.sock') }
    await startDaemonFor(t, folder, { config: { ...EPERM.config, http } })
    await isLive(page)
    await page.waitFor(`${text}.includes('unsupervised')`)
  },
)

const HOSTILE = `\u202Eevil<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>"'&amp;`
inBrowser('on a narrow screen no part of the page is beyond its edge', async t => {
  const daemon = await startDaemonFor(t, folderOf(t), EPERM)
  const page = await openDashboard(t, daemon)
  await page.resize(360)
  const id = `worker-${'x'.repeat(60)}`
  const runtime = startFakeRuntime(daemon.listenerSocket, ['--id', id, '--calls', '3', '--linger-ms', '60000'])
  t.teardown(() => runtime.process.kill('SIGKILL'))
  await page.waitFor(`document.querySelectorAll('td[data-column="Call"]').length === 3`)
  await page.waitFor(`document.querySelector('tbody th') !== null`)
  const fits = 'document.documentElement.scrollWidth <= innerWidth'
  t.true(await page.evaluate(fits))
  await page.evaluate(`document.querySelector('tbody th a').click()`)
  await page.waitFor(`${text}.includes('getppid')`)
  t.true(await page.evaluate(fits))
})

/** As a literal in the page. */
const SHOWN = JSON.stringify('\\u{202e}evil<img src=x')

inBrowser('a hostile id is text, in the list, in the stream and on its own page', async t => {
  const daemon = await startDaemonFor(t, folderOf(t), EPERM)
  const page = await openDashboard(t, daemon)
  const runtime = startFakeRuntime(daemon.listenerSocket, ['--id', HOSTILE, '--calls', '3', '--linger-ms', '60000'])
  t.teardown(() => runtime.process.kill('SIGKILL'))
  const cell = (column: string) => `document.querySelector('td[data-column="${column}"] bdi')?.textContent`
  await page.waitFor(`${cell('Container')}?.startsWith(${SHOWN}) === true`)
  await page.waitFor(`document.querySelector('tbody th bdi')?.textContent.startsWith(${SHOWN}) === true`)
  await page.evaluate(`document.querySelector('tbody th a').click()`)
  await page.waitFor(`document.querySelector('h2')?.textContent.startsWith(${SHOWN}) === true`)
  await page.waitFor(`${text}.includes('getppid')`)
  t.is(await page.evaluate(`document.querySelectorAll('main img, main script').length`), 0)
  t.regex(String(await page.evaluate('document.title')), /seccomp-notifyd$/)
  t.deepEqual(page.complaints(), [])
})

const { check, setting } = checksUnder('runc')

/** A profile as somebody patches it by hand: what the rules name is taken out of the others, as the notes say. */
function patched(profile: Profile, patch: Pick<Profile, 'syscalls'>): Profile {
  const allowed = patch.syscalls.flatMap(({ names }) => names)
  const rest = profile.syscalls.map(rule => ({ ...rule, names: rule.names.filter(name => !allowed.includes(name)) }))
  return { ...profile, syscalls: [...rest.filter(({ names }) => names.length > 0), ...patch.syscalls] }
}

/** The seconds after these words, and later fewer of them. */
async function goesDown(page: Page, words: string): Promise<void> {
  const seconds = `Number(/${words} (\\d+) s/.exec(${text})?.[1] ?? NaN)`
  await page.waitFor(`${seconds} >= 0`)
  const before = Number(await page.evaluate(seconds))
  await page.waitFor(`${seconds} < ${before}`)
}

async function seesStop(t: ExecutionContext): Promise<void> {
  const policy = { action: 'stop', debounce: '10m', maxDelay: '20m' }
  const { runtimes, daemon } = await setting(t, { config: { policy, detail: { patience: '1m' } } })
  const page = await openDashboard(t, daemon)
  const profile = notifying(['chroot', 'swapoff'], daemon.listenerSocket)
  const container = runtimes.run('web', runtimes.bundle({ args: ['sleep', '300'], profile }))
  await runtimes.running('web')
  await page.waitFor(`document.querySelector('tbody th')?.innerText === 'web'`)
  for (const count of ['1', '2']) {
    await runtimes.exec('web', ['chroot', '/', 'true'])
    await page.waitFor(`document.querySelector('td.number.some')?.textContent === '${count}'`)
  }
  t.true(await page.evaluate(`${text}.includes('running')`))
  await goesDown(page, 'stops in')
  await page.evaluate(`document.querySelector('tbody th a').click()`)
  await goesDown(page, 'Stops in')
  const path = '/v1/containers/web/policy'
  const changed = await send({ socketPath: daemon.apiSocket, path, method: 'PATCH' }, { debounce: '1s' })
  t.is(changed.status, 200)
  await page.waitFor(`${text}.includes('seccomp killed')`)
  t.true(await page.evaluate(`${text}.includes('Used forbidden syscalls: chroot (2x)')`))
  t.is((await container.finished).code, 137)
  await page.waitFor(`document.querySelectorAll('.span-of-incident.stopped').length === 1`)
  // The daemon's own, though this page was opened after the calls.
  await page.waitFor(`${text}.includes('2 forbidden calls in the last 5 minutes')`)
  await page.waitFor(`document.querySelector('details summary code')?.textContent.startsWith('chroot("/"') === true`)
  await page.waitFor(`${text}.includes('Written to')`)
  await page.waitFor(`document.querySelector('pre').textContent.includes('chroot')`)
  await page.clipboard()
  await page.evaluate(`[...document.querySelectorAll('button')].find(each => each.textContent === 'Copy').click()`)
  await page.waitFor(`${text}.includes('Copied')`)
  const copied = await page.clipboard()
  t.deepEqual(JSON.parse(copied), { syscalls: [{ names: ['chroot'], action: 'SCMP_ACT_ALLOW' }] })
  await page.saveTo(runtimes.folder)
  await page.evaluate(`document.querySelector('a[download]').click()`)
  const saved = join(runtimes.folder, 'profile-patch.json')
  await until(() => existsSync(saved) && readFileSync(saved, 'utf8') === copied, 20_000)
  t.deepEqual(page.complaints(), [])
  const again = { args: ['sh', '-c', 'chroot / true && echo allowed'], profile: patched(profile, JSON.parse(copied)) }
  const second = await runtimes.run('web-again', runtimes.bundle(again)).finished
  t.deepEqual([second.code, second.stdout], [0, 'allowed\n'], second.stderr)
  t.is(await daemon.calls('web-again', 'chroot'), 0)
}

inBrowser(
  'a container that calls chroot is counted and stopped before the eyes, and runs with the patch that its page gives',
  seesStop,
  check,
)

test('a patch that is put into a profile takes its calls out of the other rules', t => {
  const syscalls = [{ names: ['chroot'], action: 'SCMP_ACT_ALLOW' }]
  t.deepEqual(patched(notifying(['chroot', 'mount'], '/l'), { syscalls }).syscalls, [
    { names: ['mount'], action: 'SCMP_ACT_NOTIFY' },
    ...syscalls,
  ])
})
