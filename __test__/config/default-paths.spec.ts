import test from 'ava'
import { defaultPaths } from '../../ts/config/default-paths.ts'

test('root has the system paths whatever its environment says', t => {
  t.deepEqual(defaultPaths({ uid: 0, env: { XDG_RUNTIME_DIR: '/x', XDG_STATE_HOME: '/y' } }), {
    listenerSocket: '/run/seccomp-notifyd/listener.sock',
    apiSocket: '/run/seccomp-notifyd/api.sock',
    stateDir: '/var/lib/seccomp-notifyd',
  })
})

test('a user has the XDG folders', t => {
  t.deepEqual(defaultPaths({ uid: 1000, env: { XDG_RUNTIME_DIR: '/x', XDG_STATE_HOME: '/y' } }), {
    listenerSocket: '/x/seccomp-notifyd/listener.sock',
    apiSocket: '/x/seccomp-notifyd/api.sock',
    stateDir: '/y/seccomp-notifyd',
  })
})

test('relative XDG folders are ignored', t => {
  const paths = defaultPaths({ uid: 1000, env: { XDG_RUNTIME_DIR: 'x', XDG_STATE_HOME: 'y', HOME: '/home/u' } })
  t.is(paths.listenerSocket, '/run/user/1000/seccomp-notifyd/listener.sock')
  t.is(paths.stateDir, '/home/u/.local/state/seccomp-notifyd')
})
