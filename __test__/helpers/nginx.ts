/** nginx as Debian packages it, with its configuration, for the root file system of a container. */

import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findCommand } from './needs.ts'

const PROGRAM = '/usr/sbin/nginx'
/** What the package brings for it, and the users that it becomes. */
const FILES = ['/etc/nginx/nginx.conf', '/etc/nginx/mime.types', '/etc/passwd', '/etc/group']
const PAGES = '/usr/share/nginx/html'
const FOLDERS = ['/run', '/var/log/nginx', '/var/lib/nginx']
/** Where containers of the tests have a network at all, it is the loopback interface. */
const SITE = `server {
  listen 127.0.0.1:80;
  root ${PAGES};
}
`

/** In the foreground: the container lives as long as it. */
export const NGINX = [PROGRAM, '-g', 'daemon off;']
/** Of the package. */
export const firstPage = (): string => readFileSync(join(PAGES, 'index.html'), 'utf8')

export function addNginx(root: string): void {
  if (findCommand('nginx') === undefined)
    throw new Error('nginx-light is not installed; node tools/test.mjs installs it')
  for (const file of [PROGRAM, ...librariesOf(PROGRAM), ...FILES]) {
    mkdirSync(join(root, dirname(file)), { recursive: true })
    copyFileSync(file, join(root, file))
  }
  cpSync(PAGES, join(root, PAGES), { recursive: true })
  for (const folder of [...FOLDERS, '/etc/nginx/sites-enabled']) mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, '/etc/nginx/sites-enabled/site'), SITE)
  // Its workers are not root, and the umask of the tests may keep all others out.
  execFileSync('chmod', ['-R', 'a+rX', root])
}

/** Shared libraries, and the program that loads them. */
function librariesOf(program: string): string[] {
  const lines = execFileSync('ldd', [program], { encoding: 'utf8' }).split('\n')
  return lines.map(line => /(\/\S+) \(0x/.exec(line)?.[1]).filter(path => path !== undefined)
}
