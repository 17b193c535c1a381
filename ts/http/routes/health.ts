/** Whether the process lives, and whether it accepts listeners. */

import { Hono } from 'hono'
import { HttpProblem } from '../problem.ts'
import type { DaemonSource } from '../source.ts'

export function healthRoutes(source: DaemonSource): Hono {
  return new Hono()
    .get('/healthz', c => c.text('ok\n'))
    .get('/readyz', c => {
      if (!source.ready()) throw new HttpProblem('ERR_NOT_READY', 'the daemon does not accept listeners')
      return c.text(`ok\nlisteners survive a restart: ${source.survivesRestart() ? 'yes' : 'no'}\n`)
    })
}
