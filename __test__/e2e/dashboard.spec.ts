/** The dashboard as people see it: a real daemon, real targets, and Debian's Chromium. */

import test, { type ExecutionContext } from 'ava'
import { chromium, openPage, type Page } from '../helpers/chromium.ts'
import { startDaemonFor, type DaemonOptions, type DaemonProcess } from '../helpers/daemon-process.ts'
import { startFakeRuntime } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'
import { scrapedAddress } from '../helpers/prometheus.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'

const text = 'document.body.innerText'

type Body = (t: ExecutionContext) => Promise<void>

function inBrowser(title: string, body: Body, declare: (title: string, body: Body) => void = test): void {
  if (chromium === undefined) test.skip(`${title} (chromium is not installed)`, body)
  else declare(title, body)
}

async function open(t: ExecutionContext, daemon: DaemonProcess, hash = ''): Promise<Page> {
  t.timeout(150_000)
  const page = await openPage(t)
  await page.open(`http://${await scrapedAddress(daemon)}/${hash}`)
  await page.waitFor('document.querySelector("#connection")?.className === "live"')
  await page.waitFor(`${text}.includes('no call yet')`)
  return page
}

const EPERM: DaemonOptions = { config: { policy: { errno: 'EPERM' } } }

inBrowser('without containers the page says what to do, and asks nothing of another host', async t => {
  const daemon = await startDaemonFor(t, folderOf(t), EPERM)
  const page = await open(t, daemon)
  await page.waitFor(`${text}.includes('No container has come yet')`)
  t.deepEqual(page.complaints(), [])
  const hosts = new Set(page.requests().map(url => new URL(url).host))
  t.deepEqual([...hosts], [await scrapedAddress(daemon)])
})

inBrowser('a daemon that ends leaves what is known, and says that it is old', async t => {
  const daemon = await startDaemonFor(t, folderOf(t), EPERM)
  const runtime = startFakeRuntime(daemon.listenerSocket, ['--id', 'web', '--calls', '3', '--linger-ms', '60000'])
  t.teardown(() => runtime.process.kill('SIGKILL'))
  const page = await open(t, daemon)
  await page.waitFor(`${text}.includes('web')`)
  await daemon.kill9()
  await page.waitFor(`document.querySelector('#notice').innerText.includes('does not answer')`)
  t.true(await page.evaluate(`${text}.includes('web')`))
})

const HOSTILE = `\u202Eevil<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>"'&amp;`
inBrowser('on a narrow screen no part of the page is beyond its edge', async t => {
  const daemon = await startDaemonFor(t, folderOf(t), EPERM)
  const page = await open(t, daemon)
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
  const page = await open(t, daemon)
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

async function seesStop(t: ExecutionContext): Promise<void> {
  const { runtimes, daemon, profile } = await setting(t, { config: { policy: { action: 'stop', debounce: '8s' } } })
  const page = await open(t, daemon)
  const args = ['sh', '-c', 'chroot / true; sleep 4; chroot / true; exec sleep 60']
  const container = runtimes.run('web', runtimes.bundle({ args, profile: profile(['chroot']) }))
  const number = `document.querySelector('td.number.some')?.textContent`
  await page.waitFor(`${number} === '1'`)
  await page.waitFor(`${number} === '2'`)
  t.true(await page.evaluate(`${text}.includes('running')`))
  await page.evaluate(`document.querySelector('tbody th a').click()`)
  await page.waitFor(`/Stops in [1-8] s/.test(${text})`)
  await page.waitFor(`${text}.includes('seccomp killed')`)
  t.true(await page.evaluate(`${text}.includes('Used forbidden syscalls: chroot (2x)')`))
  t.is((await container.finished).code, 137)
  const patch = JSON.parse(String(await page.evaluate(`document.querySelector('pre').textContent`))) as object
  t.deepEqual(patch, { syscalls: [{ names: ['chroot'], action: 'SCMP_ACT_ALLOW' }] })
  t.deepEqual(page.complaints(), [])
}

inBrowser('a container that calls chroot appears, counts rise, it is stopped, and its page says why', seesStop, check)
