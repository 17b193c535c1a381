/** Cases in a real browser: skipped with a reason where there is none, recorded for the matrix where there is. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import test, { type ExecutionContext } from 'ava'
import { chromium, openPage, type Page } from './chromium.ts'
import type { DaemonProcess } from './daemon-process.ts'
import { recordExercise } from './needs.ts'
import { scrapedAddress } from './prometheus.ts'

type Body = (t: ExecutionContext) => Promise<void>

/** What the page says, as a reader sees it. */
export const text = 'document.body.innerText'

/** One browser after the other. `declare` declares the test where there is one: another kind of check, for a test that needs more. */
export function inBrowser(title: string, body: Body, declare: (title: string, body: Body) => void = test.serial): void {
  if (chromium === undefined) {
    const reason = 'chromium is not installed'
    recordExercise({ part: 'chromium', title, outcome: 'skip', reason })
    test.skip(`${title} (${reason})`, body)
    return
  }
  declare(title, async t => {
    // Longer than the page is waited for, which says what it shows.
    t.timeout(240_000)
    t.teardown(() => recordExercise({ part: 'chromium', title, outcome: t.passed ? 'pass' : 'fail' }))
    await body(t)
  })
}

/** The dashboard of a daemon, connected. */
export async function openDashboard(t: ExecutionContext, daemon: DaemonProcess, hash = ''): Promise<Page> {
  const page = await openPage(t)
  await page.open(`http://${await scrapedAddress(daemon)}/${hash}`)
  await isLive(page)
  await page.waitFor(`${text}.includes('no call yet')`)
  return page
}

export async function isLive(page: Page): Promise<void> {
  await page.waitFor('document.querySelector("#connection")?.className === "live"')
}

interface Violation {
  id: string
  help: string
  nodes: { html: string; failureSummary: string }[]
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds wrong with the page as it is; a script that the page itself could not have loaded. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  if ((await page.evaluate('typeof axe')) === 'undefined') await page.evaluate(`${AXE}; undefined`)
  const found = await page.evaluate('axe.run(document, { resultTypes: ["violations"] }).then(each => each.violations)')
  return (found as Violation[]).map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n${nodes.map(each => `  ${each.html}\n  ${each.failureSummary}`).join('\n')}`,
  )
}
