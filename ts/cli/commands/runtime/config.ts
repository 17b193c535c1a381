/** `runtime config`: what registers the shim, for who writes the configuration. */

import { runtimeClass } from '../../../install/engines/kubernetes.ts'
import { snippetOf, type Snippet } from '../../../install/snippet.ts'
import { formatJson } from '../../../report/format.ts'
import { EXIT } from '../../exit-codes.ts'
import { print } from '../../output.ts'
import type { ConfigFiles } from '../../runtime-options.ts'
import { selectionOf } from '../../runtime-selection.ts'

export interface ConfigFlags {
  engine: string[]
  name: string
  dir: string
  default?: boolean
  configFile?: ConfigFiles
  json?: boolean
}

interface Printed extends Omit<Snippet, 'engine' | 'file'> {
  engine: string
  /** Missing of what belongs to no file of a host. */
  file?: string
}

export async function config(flags: ConfigFlags): Promise<number> {
  const { engine, name, dir, default: isDefault = false, configFile = {}, json = false } = flags
  const { engines, areNamed, wantsRuntimeClass } = selectionOf(engine)
  const handler = { name, folder: dir, isDefault }
  const snippets: Printed[] = await Promise.all(engines.map(each => snippetOf(each, handler, configFile[each])))
  const isWhole = wantsRuntimeClass || !areNamed
  const all = isWhole ? [...snippets, { engine: 'kubernetes', text: runtimeClass(name) }] : snippets
  print(json ? formatJson({ engines: all }) : all.map(each => shown(each, all.length)).join('\n'))
  return EXIT.ok
}

/** Of one alone, nothing but what goes into its file. */
function shown({ engine, file, text }: Printed, count: number): string {
  return count === 1 ? text : `# ${engine}${file === undefined ? '' : `: ${file}`}\n${text}`
}
