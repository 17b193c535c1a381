import test from 'ava'
import { hostAllowed, isLoopback } from '../../ts/http/host.ts'

for (const host of ['127.0.0.1:9797', 'localhost', 'LOCALHOST:80', '[::1]:9797', '10.1.2.3', 'node1:9797']) {
  test(`the host ${host} is allowed`, t => t.true(hostAllowed(host, 'node1')))
}

for (const host of [
  null,
  '',
  'evil.example',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  '[zz]',
  'a b',
  '1.2.3',
]) {
  test(`the host ${host} is refused`, t => t.false(hostAllowed(host, '127.0.0.1')))
}

test('127.0.0.0/8, ::1 and localhost are loopback', t => {
  t.deepEqual(
    ['127.0.0.1', '127.9.9.9', '::1', 'localhost'].filter(host => !isLoopback(host)),
    [],
  )
  t.deepEqual(['0.0.0.0', '::', '127.example', '10.0.0.1'].filter(isLoopback), [])
})
