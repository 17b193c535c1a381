/** What the browser does is bounded, whatever there is to tell. The fake API server makes up containers and calls. */

import { inBrowser, isLive, text } from '../helpers/browser-checks.ts'
import { sleep } from '../helpers/child.ts'
import { openPage, type Page } from '../helpers/chromium.ts'
import { openStream } from '../helpers/event-stream.ts'
import { startFakeApi } from '../helpers/fake-api.ts'
import { view } from '../http/fakes.ts'

/** Counts elements that are made between two frames, and rows that are there. */
const COUNTING = `
  const work = { made: 0, mostMade: 0, mostRows: 0, frames: 0 }
  const create = document.createElement.bind(document)
  document.createElement = name => { work.made += 1; return create(name) }
  const frame = () => {
    work.frames += 1
    work.mostMade = Math.max(work.mostMade, work.made)
    work.mostRows = Math.max(work.mostRows, document.querySelectorAll('tbody tr').length)
    work.made = 0
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
  window.work = work`

/** A hundred rows of each table, and less than twenty elements to a row. */
const MOST_ROWS = 200
const MOST_MADE = MOST_ROWS * 20

interface Work {
  mostMade: number
  mostRows: number
  frames: number
}

async function workOf(page: Page): Promise<Work> {
  const { frames } = (await page.evaluate('work')) as Work
  await page.waitFor(`work.frames > ${frames}`)
  return (await page.evaluate('work')) as Work
}

const many = Array.from({ length: 5000 }, (_, at) => {
  const name = `web-${String(at).padStart(4, '0')}`
  return view({ key: `k${at}`, id: name, name, startedAt: new Date(1_800_000_000_000 - at * 1000).toISOString() })
})

inBrowser('of five thousand containers a hundred are rows, and every one is found', async t => {
  const api = await startFakeApi(t)
  api.show(many)
  const page = await openPage(t)
  await page.before(COUNTING)
  await page.open(api.url)
  const first = `document.querySelector('tbody th')?.innerText`
  const click = (title: string) =>
    page.evaluate(`[...document.querySelectorAll('nav button')].find(each => each.innerText === '${title}').click()`)
  await page.waitFor(`${text}.includes('1 to 100 of 5,000 containers')`)
  t.is(await page.evaluate(first), 'web-0000')
  await click('Next')
  await page.waitFor(`${first} === 'web-0100'`)
  t.true(await page.evaluate(`${text}.includes('101 to 200 of 5,000 containers')`))
  await click('Previous')
  await page.waitFor(`${first} === 'web-0000'`)
  await click('Next')
  await page.waitFor(`${first} === 'web-0100'`)
  // What was looked at is gone: the page before it is shown.
  api.show(many.slice(0, 50))
  await page.waitFor(`${first} === 'web-0000' && ${text}.includes('50 containers')`)
  api.show(many)
  await page.waitFor(`${text}.includes('5,000 containers')`)
  await page.evaluate(
    `const find = document.querySelector('input'); find.value = '4321'; find.dispatchEvent(new Event('input'))`,
  )
  await page.waitFor(`${first} === 'web-4321' && ${text}.includes('1 container')`)
  const { mostMade, mostRows } = await workOf(page)
  t.true(mostRows <= MOST_ROWS, `${mostRows} rows`)
  t.true(mostMade <= MOST_MADE, `${mostMade} elements in one frame`)
  t.deepEqual(page.complaints(), [])
})

const PER_TICK = 100
const TICK_MS = 10
const BURST = 4000

inBrowser('of ten thousand calls a second each is counted, and a hundred at most are drawn in a frame', async t => {
  const api = await startFakeApi(t)
  api.show(many)
  const page = await openPage(t)
  await page.before(COUNTING)
  await page.open(api.url)
  await page.waitFor(`${text}.includes('no call yet') && ${text}.includes('5,000 containers')`)
  const number = (words: string) =>
    `Number((/([\\d,]+) calls? ${words}/.exec(${text})?.[1] ?? '0').replaceAll(',', ''))`
  const told = `${number('since this page')} + ${number('are not shown')}`
  let made = 0
  for (; made < 20_000; made += PER_TICK) {
    for (let call = 0; call < PER_TICK; call++) api.call()
    await sleep(TICK_MS)
  }
  await page.waitFor(`${told} === ${made}`)
  // All at once: as many as wait for one reader.
  for (let call = 0; call < BURST; call++) api.call()
  await page.waitFor(`${told} === ${made + BURST}`)
  const { mostMade, mostRows } = await workOf(page)
  t.is(await page.evaluate(`document.querySelectorAll('.scroll tbody tr').length`), 100)
  t.true(mostRows <= MOST_ROWS, `${mostRows} rows`)
  t.true(mostMade <= MOST_MADE, `${mostMade} elements in one frame`)
  t.deepEqual(page.complaints(), [])
})

inBrowser('a page that is refused the stream says so, shows the rest, and has it when there is room', async t => {
  const api = await startFakeApi(t)
  api.show(many.slice(0, 3))
  const streams = await Promise.all(Array.from({ length: 200 }, () => openStream(api.socket, '/v1/events')))
  const page = await openPage(t)
  await page.open(api.url)
  await isLive(page)
  await page.waitFor(`${text}.includes('away; trying again') && ${text}.includes('3 containers')`)
  await streams[0]?.body?.cancel()
  await page.waitFor(`${text}.includes('no call yet')`)
  api.call()
  await page.waitFor(`${text}.includes('chroot')`)
  for (const { body } of streams.slice(1)) await body?.cancel()
  t.pass()
})

inBrowser('who made a call and with what is text, whatever a target calls itself', async t => {
  const api = await startFakeApi(t)
  const page = await openPage(t)
  await page.open(api.url)
  await page.waitFor(`${text}.includes('no call yet')`)
  const markup = `<img src=x onerror="document.title='owned'">`
  api.call({
    detail: {
      missing: null,
      pid: 5,
      comm: `sh${markup}`,
      exe: '/bin/\u202Esh',
      cmdline: ['sh', '-c', `echo ${markup}`],
      args: [`"/tmp/${markup}"`, '0755'],
      frames: [],
      site: null,
      framesEnd: null,
      cwd: null,
    },
  })
  const cell = (column: string) => `document.querySelector('td[data-column="${column}"]')?.textContent`
  await page.waitFor(`${cell('Arguments')} === ${JSON.stringify(`"/tmp/${markup}", 0755`)}`)
  const who = String(await page.evaluate(cell('Made by')))
  t.is(who, `sh${markup} (5)/bin/\\u{202e}shsh -c echo ${markup}`)
  t.is(await page.evaluate(`document.querySelectorAll('main img').length`), 0)
  t.regex(String(await page.evaluate('document.title')), /seccomp-notifyd$/)
  t.deepEqual(page.complaints(), [])
})
