/** A page in the browser, and what a test does with it. */

import { until } from './child.ts'
import type { Call, Message } from './chromium.ts'

export interface Page {
  open(url: string): Promise<void>
  /** Value of an expression in the page, awaited. */
  evaluate(expression: string): Promise<unknown>
  /** Waits until the expression is true there. */
  waitFor(expression: string): Promise<void>
  /** Makes the window so many pixels wide. */
  resize(width: number, height?: number): Promise<void>
  /** What the reader's system asks for. */
  prefer(scheme: 'light' | 'dark'): Promise<void>
  /** Presses and lets go of one key, as `Tab`, `Enter` or `/`. */
  press(key: string): Promise<void>
  /** Runs before the scripts of every page that is opened from now on; no policy of a page applies to it. */
  before(script: string): Promise<void>
  /** What was copied. */
  clipboard(): Promise<string>
  /** Files that the page saves go to that folder. */
  saveTo(folder: string): Promise<void>
  /** PNG of what is seen. */
  screenshot(): Promise<Buffer>
  /** What the browser itself complained of: violations of the content security policy, failed loads, uncaught errors. */
  complaints(): string[]
  /** Every address that the page asked for. */
  requests(): string[]
}

const KEY_CODES: Record<string, number> = { Tab: 9, Enter: 13, Escape: 27, '/': 191 }

/** `ask` is about the page, `askBrowser` about all of them. */
export function pageOf(ask: Call, askBrowser: Call, messages: Message[]): Page {
  const of = (method: string) =>
    messages.filter(each => each.method === method).map(each => JSON.stringify(each.params))

  async function evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = (await ask('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })) as { result?: { value?: unknown }; exceptionDetails?: object }
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`)
    return result?.value
  }

  async function waitFor(expression: string): Promise<void> {
    let shown: unknown
    const holds = async () => {
      // A script that does not parse or throws leaves a page of which nothing will come.
      const [thrown] = of('Runtime.exceptionThrown')
      if (thrown !== undefined) throw new Error(`a script of the page failed: ${thrown}`)
      shown = await evaluate('document.body?.innerText')
      return (await evaluate(expression)) === true
    }
    await until(holds, 30_000, () => `${expression} does not hold in:\n${String(shown)}`)
  }

  return {
    open: async url => void (await ask('Page.navigate', { url })),
    evaluate,
    waitFor,
    resize: async (width, height = 800) =>
      void (await ask('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false })),
    prefer: async value =>
      void (await ask('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value }] })),
    press: async key => {
      const text = key === 'Enter' ? '\r' : key.length === 1 ? key : undefined
      const code = KEY_CODES[key] ?? key.toUpperCase().charCodeAt(0)
      const event = { key, windowsVirtualKeyCode: code, ...(text === undefined ? {} : { text }) }
      await ask('Input.dispatchKeyEvent', { type: text === undefined ? 'rawKeyDown' : 'keyDown', ...event })
      await ask('Input.dispatchKeyEvent', { type: 'keyUp', ...event })
    },
    before: async source => void (await ask('Page.addScriptToEvaluateOnNewDocument', { source })),
    async clipboard() {
      await askBrowser('Browser.grantPermissions', { permissions: ['clipboardReadWrite', 'clipboardSanitizedWrite'] })
      return String(await evaluate('navigator.clipboard.readText()'))
    },
    saveTo: async downloadPath =>
      void (await askBrowser('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath })),
    screenshot: async () => {
      const { data } = (await ask('Page.captureScreenshot', { format: 'png' })) as { data?: string }
      return Buffer.from(data ?? '', 'base64')
    },
    complaints: () => [...of('Log.entryAdded'), ...of('Runtime.exceptionThrown')],
    requests: () =>
      messages
        .filter(({ method }) => method === 'Network.requestWillBeSent')
        .map(({ params }) => (params as unknown as { request: { url: string } }).request.url),
  }
}
