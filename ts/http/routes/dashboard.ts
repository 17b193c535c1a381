/** The dashboard's files, as they lie in the package: a fixed list, so that no request names a path. */

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Hono } from 'hono'
import { HttpProblem } from '../problem.ts'

const SCRIPT = 'text/javascript; charset=utf-8'

export const dashboardFiles: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'style.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
  'api.js': SCRIPT,
  'app.js': SCRIPT,
  'callers.js': SCRIPT,
  'container-row.js': SCRIPT,
  'container.js': SCRIPT,
  'containers.js': SCRIPT,
  'dom.js': SCRIPT,
  'format.js': SCRIPT,
  'patch.js': SCRIPT,
  'stream.js': SCRIPT,
  'timeline.js': SCRIPT,
}

/** Nothing from elsewhere, nothing inline; and with trusted types and no policy for them no text can become markup. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

export function dashboardRoutes(): Hono {
  return new Hono().get('/', () => answer('index.html')).get('/dashboard/:file', c => answer(c.req.param('file')))
}

async function answer(name: string): Promise<Response> {
  const type = Object.hasOwn(dashboardFiles, name) ? dashboardFiles[name] : undefined
  if (type === undefined) throw new HttpProblem('ERR_NO_ROUTE', `the dashboard has no file ${JSON.stringify(name)}`)
  const headers = { 'Content-Type': type, 'Content-Security-Policy': POLICY, 'Referrer-Policy': 'no-referrer' }
  return new Response(await readFile(join(folder(), name)), { headers })
}

/** Beside `dist/` in the package, and wherever the compiled file is in a checkout. */
function folder(): string {
  return join(dirname(createRequire(import.meta.url).resolve('seccomp-notifyd/package.json')), 'dashboard')
}
