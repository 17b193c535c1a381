import test from 'ava'
import { spawnSync } from 'node:child_process'
import { Emitter } from '../ts/emitter.ts'

test('subscribers get the values', t => {
  const emitter = new Emitter<{ pair: [number, string] }>()
  const seen: unknown[] = []
  emitter.on('pair', (...values) => void seen.push(values))
  emitter.tell('pair', 1, 'a')
  t.deepEqual(seen, [[1, 'a']])
})

test('what a subscriber throws is uncaught as ever, but the teller goes on', t => {
  const emitterModule = new URL('../ts/emitter.js', import.meta.url).href
  const script = `
    const { Emitter } = await import(${JSON.stringify(emitterModule)})
    const emitter = new Emitter()
    process.on('uncaughtException', error => console.log('uncaught', error.message))
    emitter.on('x', () => { throw new Error('theirs') })
    emitter.tell('x')
    console.log('went on')`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  t.is(stdout, 'went on\nuncaught theirs\n')
})
