/** docs/http-api.md has every route, every parameter, and every member of an answer. */

import test from 'ava'
import { createApp } from '../../ts/http/app.ts'
import { containerStates } from '../../ts/http/summary.ts'
import { codesOf, readDocument, tableOf } from '../helpers/documents.ts'
import { source, view } from '../http/fakes.ts'

const page = readDocument('docs/http-api.md')
const section = (heading: string) => page.split(/^## /m).find(text => text.startsWith(`\`${heading}\`\n`)) ?? ''
const firsts = (text: string, header: string) => tableOf(text, header).map(([cell = '']) => codesOf(cell)[0] ?? '')

const app = createApp(source([view({ calls: [call()] })]))
const get = async (path: string) => (await (await app.request(path)).json()) as Record<string, unknown>

function call() {
  return {
    syscall: 'chroot',
    abi: 'x86_64',
    number: 161,
    verdict: 'EPERM',
    phase: 'run' as const,
    count: 2,
    lastAt: '2026-01-01T10:00:01.000Z',
  }
}

test('every route is in the table', t => {
  const routes = app.routes.filter(({ method }) => method === 'GET').map(({ path }) => path)
  t.deepEqual(firsts(page, 'path').toSorted(), [...new Set(routes)].toSorted())
})

test('every parameter is accepted, and the states are those there are', async t => {
  const list = section('/v1/containers')
  t.deepEqual(firsts(list, 'parameter'), ['state', 'limit'])
  const { detail } = await get('/v1/containers?bogus=1')
  t.is(detail, '"bogus" is not a parameter; accepted: state, limit')
  const [, accepted = ''] = tableOf(list, 'parameter')[0] ?? []
  t.deepEqual(codesOf(accepted), [...containerStates])
})

test('every member of a row is described', async t => {
  const { containers } = (await get('/v1/containers')) as { containers: [object] }
  t.deepEqual(firsts(section('/v1/containers'), 'member'), Object.keys(containers[0]))
})

test('every member of one container is described, there or as of a row', async t => {
  const described = section('/v1/containers/:id')
  const [shared = ''] = /^`key`[^]*? as above/m.exec(described) ?? []
  const members = [...codesOf(shared), ...firsts(described, 'member')]
  t.deepEqual(members.toSorted(), Object.keys(await get('/v1/containers/web')).toSorted())
  const [, , , , , , calls] = tableOf(described, 'member')
  t.deepEqual(codesOf(calls?.[1] ?? '').toSorted(), Object.keys(call()).toSorted())
})
