import test from 'ava'
import { suggest } from '../../ts/config/suggest.ts'

const words = ['action', 'answer', 'debounce']

test('two swapped letters are recognised', t => t.is(suggest('actoin', words), 'action'))
test('letter case does not matter', t => t.is(suggest('Debounce', words), 'debounce'))
test('nothing is suggested for a far word', t => t.is(suggest('timeout', words), undefined))
test('nothing is suggested for one letter', t => t.is(suggest('a', words), undefined))
