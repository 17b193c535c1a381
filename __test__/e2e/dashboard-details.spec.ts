/** What the dashboard shows of one container beside counts: calls before the page was opened, callers, and where a stop was told. */

import type { CallCount } from '../../ts/container-view.ts'
import type { CallDetail } from '../../ts/detail.ts'
import { inBrowser, isLive, text } from '../helpers/browser-checks.ts'
import { openPage } from '../helpers/chromium.ts'
import { startFakeApi } from '../helpers/fake-api.ts'
import { view } from '../http/fakes.ts'

const MARKUP = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`

function chroot(count: number, detail?: CallDetail): CallCount {
  const at = new Date().toISOString()
  const call = { syscall: 'chroot', abi: 'x86_64', number: 161, verdict: 'EPERM', phase: 'run' as const }
  return { ...call, count, firstAt: at, lastAt: at, ...(detail === undefined ? {} : { detail }) }
}

function hostile(frames: number): CallDetail {
  const frame = {
    module: MARKUP,
    buildId: null,
    offset: '0x1',
    function: `\u202E${MARKUP}`,
    file: null,
    line: null,
    inlined: false,
    found: 'tables' as const,
  }
  return {
    missing: null,
    pid: 42,
    comm: MARKUP,
    exe: `/bin/${MARKUP}`,
    cmdline: [MARKUP],
    cwd: `/${MARKUP}`,
    args: [`"${MARKUP}"`],
    site: null,
    frames: Array.from({ length: frames }, () => frame),
    framesEnd: MARKUP,
  }
}

const tall = `[...document.querySelectorAll('.bar-of-calls')].filter(bar => Number(bar.getAttribute('height')) > 0).length`
const isOwned = `document.title === 'owned' || document.querySelectorAll('main img, main script').length > 0`

inBrowser('line and chart begin with what was before the page was opened, and again after a reload', async t => {
  const api = await startFakeApi(t)
  const recentCalls = { startedAt: new Date(Date.now() - 15_000).toISOString(), intervalMs: 5000, counts: [3, 1, 4] }
  api.show([view({ calls: [chroot(8)], recentCalls })])
  const page = await openPage(t)
  await page.open(api.url)
  await page.waitFor(`document.querySelector('.spark')?.getAttribute('aria-label') === '8 calls'`)
  const points = String(await page.evaluate(`document.querySelector('.spark polyline').getAttribute('points')`))
  t.is(points.split(' ').length, 12)
  t.is(points.split(' ').filter(point => !point.endsWith(',20')).length, 3, points)
  await page.open(`${api.url}/#/c/k1`)
  await page.waitFor(`${tall} === 3`)
  t.true(await page.evaluate(`${text}.includes('8 forbidden calls in the last 5 minutes, at most 4 in 5 s')`))
  t.deepEqual(page.complaints(), [])
})

inBrowser('callers are told with their code as text, however hostile, and stay open while counts rise', async t => {
  const api = await startFakeApi(t)
  api.show([view({ calls: [chroot(1, hostile(64))] })])
  const page = await openPage(t)
  await page.open(`${api.url}/#/c/k1`)
  await isLive(page)
  await page.waitFor(`document.querySelector('details summary')?.textContent.startsWith('chroot("<img src=x')`)
  await page.evaluate(`document.querySelector('details summary').focus()`)
  await page.press('Enter')
  await page.waitFor(`document.querySelector('details').open`)
  t.is(await page.evaluate(`document.querySelectorAll('.frames li').length`), 64)
  const first = String(await page.evaluate(`document.querySelector('.frames li').innerText`))
  t.true(first.startsWith('\\u{202e}<img src=x'), first)
  api.show([view({ calls: [chroot(2, hostile(2))] })])
  await page.waitFor(`document.querySelectorAll('.frames li').length === 2`)
  t.true(await page.evaluate(`document.querySelector('details').open`))
  await page.resize(360)
  t.true(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'))
  t.false(await page.evaluate(isOwned))
  t.deepEqual(page.complaints(), [])
})

inBrowser('each place in the code is told apart, with its calls', async t => {
  const api = await startFakeApi(t)
  const site = (name: string, count: number | null) => ({ looks: 4, count, detail: { ...hostile(1), site: name } })
  api.show([view({ calls: [{ ...chroot(9, hostile(1)), sites: [site('1', 2), site('2', null)] }] })])
  const page = await openPage(t)
  await page.open(`${api.url}/#/c/k1`)
  await page.waitFor(`document.querySelectorAll('details').length === 2`)
  const ends = String(
    await page.evaluate(`[...document.querySelectorAll('summary')].map(each => each.textContent.slice(-40)).join()`),
  )
  t.true(ends.includes('[site 1 of 2, 2 calls]') && ends.includes('[site 2 of 2, 4 calls looked at]'), ends)
})

inBrowser('a stop tells where its message is, and why it is not elsewhere', async t => {
  const api = await startFakeApi(t)
  const told = [
    { place: 'stderr' as const, problem: null },
    { place: 'termination-file' as const, problem: MARKUP },
  ]
  api.show([view({ state: 'stopped', reason: 'seccomp killed', told })])
  const page = await openPage(t)
  await page.open(`${api.url}/#/c/k1`)
  await page.waitFor(`${text}.includes('stderr; not to termination-file: <img src=x')`)
  t.false(await page.evaluate(isOwned))
})
