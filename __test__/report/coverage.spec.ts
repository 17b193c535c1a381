import test from 'ava'
import { describeCoverage } from '../../ts/report/coverage.ts'

const FULL = { abis: [{ abi: 'x86_64', denied: 70, seen: 70 }], unseen: [], asked: [], limits: [] }

test('what is seen is a table', t => {
  t.is(describeCoverage(FULL), 'ABI     DENIED CALLS  SEEN\nx86_64  70            70\n')
})

test('calls that are not seen stand under their reason, once, with their ABIs', t => {
  const unseen = [
    { abi: 'x86_64', syscall: 'mseal', reason: 'no name' },
    { abi: 'i386', syscall: 'mseal', reason: 'no name' },
    { abi: 'x86_64', syscall: 'write', reason: 'runc needs it' },
  ]
  const text = describeCoverage({ ...FULL, unseen })
  t.regex(text, /\nnot seen: no name:\n {2}mseal \(x86_64, i386\)\n\nnot seen: runc needs it:\n {2}write \(x86_64\)\n$/)
})

test('what depends on the daemon, and what nobody can see, are lists of their own', t => {
  const text = describeCoverage({ ...FULL, asked: ['ioctl'], limits: ['io_uring passes no filter'] })
  t.regex(
    text,
    /\nasked about even where allowed[^\n]*:\n {2}ioctl\n\nnever observable:\n {2}io_uring passes no filter\n$/,
  )
})
