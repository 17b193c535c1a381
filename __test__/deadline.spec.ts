import test from 'ava'
import { createDeadline } from '../ts/deadline.ts'
import { errorText } from '../ts/errors.ts'
import { settle } from './helpers/clock.ts'

const LONG_MS = 60_000
const never = () => new Promise<string>(() => {})

test('what is done in time is had, what fails says what was attempted', async t => {
  const within = createDeadline(1, LONG_MS)
  t.is(await within('read x', () => Promise.resolve('text')), 'text')
  const error = await t.throwsAsync(within('read x', () => Promise.reject(new Error('no such file'))))
  t.is(errorText(error), 'could not read x: no such file')
})

test('nobody waits longer than the deadline', async t => {
  const error = await t.throwsAsync(createDeadline(1, 20)('read x', never))
  t.is(errorText(error), 'could not read x: it took longer than 20 ms')
})

test('no more than so much is under way at once, and the rest follows in order', async t => {
  const within = createDeadline(2, LONG_MS)
  const ends: (() => void)[] = []
  const begun: string[] = []
  const work = (name: string) =>
    within(name, () => {
      begun.push(name)
      return new Promise<void>(resolve => ends.push(resolve))
    })
  const all = ['a', 'b', 'c', 'd'].map(work)
  t.deepEqual(begun, ['a', 'b'])
  ends[0]?.()
  await settle()
  t.deepEqual(begun, ['a', 'b', 'c'])
  for (const end of ends) end()
  await settle()
  ends[3]?.()
  await Promise.all(all)
  t.deepEqual(begun, ['a', 'b', 'c', 'd'])
})

test('work that hangs keeps its place after its deadline, and what could not begin in time never begins', async t => {
  const within = createDeadline(1, 20)
  let end: () => void = () => {}
  const hanging = within('hang', () => new Promise<void>(resolve => (end = resolve)))
  await t.throwsAsync(hanging)
  let begun = 0
  const count = () => Promise.resolve((begun += 1))
  await t.throwsAsync(within('wait', count), { message: 'could not wait' })
  t.is(begun, 0)
  end()
  await settle()
  t.is(begun, 0)
  t.is(await within('go on', count), 1)
})
