import test from 'ava'
import { createNames } from '../ts/call-names.ts'

const X86_64 = 0xc000003e
const I386 = 0x40000003

function countingNames() {
  let asked = 0
  const syscallName = (arch: number, number: number) => {
    asked += 1
    return `${arch.toString(16)}:${number}`
  }
  return { names: createNames({ syscallName, abiName: arch => `abi ${arch}` }), asked: () => asked }
}

test('a name is asked for once, however often the call is made', t => {
  const { names, asked } = countingNames()
  for (let i = 0; i < 1000; i++) t.is(names.syscallName(X86_64, 161), 'c000003e:161')
  t.is(asked(), 1)
})

test('one number of two architectures has two names', t => {
  const { names } = countingNames()
  t.is(names.syscallName(X86_64, 39), 'c000003e:39')
  t.is(names.syscallName(I386, 39), '40000003:39')
})

test('numbers that a program makes up do not pile up, and keep their names', t => {
  const { names, asked } = countingNames()
  for (let number = 0; number < 10_000; number++) names.syscallName(X86_64, number)
  t.is(names.syscallName(X86_64, 0), 'c000003e:0')
  t.is(asked(), 10_001, 'the first one was forgotten')
})
