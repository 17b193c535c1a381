/** What containers were recorded to call. */

import { Hono } from 'hono'
import { summaryOf, type RecordingSummary } from '../../recording-view.ts'
import { readQuery, type Parameters } from '../parameters.ts'
import { HttpProblem } from '../problem.ts'
import { profileParameters, purposeOf } from '../profile-parameters.ts'
import type { RecordingSource } from '../source.ts'

export interface RecordingList {
  recordings: RecordingSummary[]
}

export function recordingRoutes(source: RecordingSource): Hono {
  const list = (): RecordingList => ({ recordings: source.recordings().map(summaryOf) })
  return new Hono()
    .get('/v1/recordings', c => {
      query(c.req.url, {})
      return c.json(list())
    })
    .get('/v1/recordings/:name', c => {
      query(c.req.url, {})
      return c.json(found(c.req.param('name'), source.recording(c.req.param('name'))))
    })
    .get('/v1/recordings/:name/profile', async c => {
      const purpose = purposeOf(query(c.req.url, profileParameters))
      const text = found(c.req.param('name'), source.recordingProfile(c.req.param('name'), purpose))
      return c.body(await text, 200, { 'Content-Type': 'application/json' })
    })
    .delete('/v1/recordings/:name', c => {
      query(c.req.url, {})
      found(c.req.param('name'), source.forgetRecording(c.req.param('name')) || undefined)
      return c.json(list())
    })
}

function query<P extends Parameters>(url: string, parameters: P) {
  return readQuery(new URL(url).searchParams, parameters)
}

function found<T>(name: string, one: T | undefined): T {
  if (one !== undefined) return one
  throw new HttpProblem('ERR_NO_RECORDING', `nothing is recorded under ${JSON.stringify(name.slice(0, 64))}`)
}
