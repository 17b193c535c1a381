/** Bytes that several readers are sent are made once. */

import test from 'ava'
import { createChunks } from '../../ts/http/events/chunks.ts'

function piecesOf(...sequences: number[]) {
  let made = 0
  const pieces = sequences.map(sequence => ({
    sequence,
    bytes() {
      made += 1
      return Buffer.from(`${sequence};`)
    },
  }))
  return { pieces, made: () => made }
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

test('readers of the same filter that wait for the same calls share one chunk', t => {
  const join = createChunks()
  const { pieces, made } = piecesOf(1, 2, 3)
  const first = join('all', pieces)
  t.is(text(first), '1;2;3;')
  for (let reader = 0; reader < 200; reader++) t.is(join('all', pieces), first)
  t.is(made(), 3)
})

test('other calls, and other filters, are other chunks', t => {
  const join = createChunks()
  const { pieces } = piecesOf(1, 2, 3)
  join('all', pieces)
  t.is(text(join('all', pieces.slice(1))), '2;3;')
  t.is(text(join('odd', [pieces[0]!, pieces[2]!])), '1;3;')
  t.is(text(join('all', pieces)), '1;2;3;')
})

test('only the newest are kept', t => {
  const join = createChunks(2)
  const [a, b, c] = [piecesOf(1).pieces, piecesOf(2).pieces, piecesOf(3).pieces]
  const first = join('all', a)
  for (const pieces of [b, c]) join('all', pieces)
  t.not(join('all', a), first)
  t.is(text(join('all', a)), '1;')
})
