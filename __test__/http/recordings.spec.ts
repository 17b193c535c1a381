/** What was recorded, over HTTP. */

import test from 'ava'
import { createApp } from '../../ts/http/app.ts'
import type { Purpose } from '../../ts/record-file.ts'
import { newRecording } from '../../ts/recording-file.ts'
import { recordingView } from '../../ts/recording-view.ts'
import { codesOf, readDocument, tableOf } from '../helpers/documents.ts'
import { source } from './fakes.ts'

const BEGIN = '2026-01-01T00:00:00.000Z'
const web = recordingView({ ...newRecording('web', BEGIN), runs: 2 }, [], BEGIN)
const asked: (Partial<Purpose> | undefined)[] = []
const forgotten: string[] = []
const app = createApp(
  source([], {
    recordings: () => [web],
    recording: name => (name === 'web' ? web : undefined),
    recordingProfile(name, purpose) {
      if (name === 'web') asked.push(purpose)
      return name === 'web' ? Promise.resolve('{"defaultAction":"SCMP_ACT_ERRNO"}\n') : undefined
    },
    forgetRecording(name) {
      forgotten.push(name)
      return name === 'web'
    },
  }),
)
const UNIX = { via: 'unix' }

test('a list has what is told of each, one recording its calls too, and all of it is described', async t => {
  const list = (await (await app.request('/v1/recordings')).json()) as { recordings: object[] }
  const { calls, ...summary } = web
  t.deepEqual(list, { recordings: [summary] })
  t.deepEqual(await (await app.request('/v1/recordings/web')).json(), { ...summary, calls })
  const section =
    readDocument('docs/http-api.md')
      .split(/^## /m)
      .find(text => text.startsWith('`/v1/recordings`\n')) ?? ''
  t.deepEqual(tableOf(section, 'member').map(([cell = '']) => codesOf(cell)[0]), Object.keys(summary)) // prettier-ignore
})

test('the profile is that of OCI, for the runtimes that are asked for', async t => {
  const answer = await app.request('/v1/recordings/web/profile')
  t.regex(answer.headers.get('Content-Type') ?? '', /^application\/json/)
  t.deepEqual(await answer.json(), { defaultAction: 'SCMP_ACT_ERRNO' })
  await app.request('/v1/recordings/web/profile?for=crun&ioctlRequests=yes')
  t.deepEqual(asked, [
    { runtimes: ['runc', 'crun'], ioctlRequests: false },
    { runtimes: ['crun'], ioctlRequests: true },
  ])
  t.is((await app.request('/v1/recordings/web/profile?for=youki')).status, 400)
})

test('what is not recorded is not found', async t => {
  for (const path of ['/v1/recordings/db', '/v1/recordings/db/profile', '/v1/recordings/..%2Fdb']) {
    const answer = await app.request(path)
    t.is(answer.status, 404, path)
    t.is(((await answer.json()) as { code: string }).code, 'ERR_NO_RECORDING')
  }
})

test('only who may change something may have it forgotten', async t => {
  t.is((await app.request('/v1/recordings/web', { method: 'DELETE' })).status, 403)
  t.deepEqual(forgotten, [])
  t.is((await app.request('/v1/recordings/web', { method: 'DELETE' }, UNIX)).status, 200)
  t.is((await app.request('/v1/recordings/db', { method: 'DELETE' }, UNIX)).status, 404)
  t.deepEqual(forgotten, ['web', 'db'])
  const refused = await app.request('/v1/recordings/web', { method: 'POST' }, UNIX)
  t.deepEqual([refused.status, refused.headers.get('Allow')], [405, 'GET, HEAD, DELETE'])
})
