/** `doctor`: what works here, and what does not and why. */

import { examine, type Finding } from '../../doctor.ts'
import { escapeText, formatJson, formatTable } from '../../report/format.ts'
import { EXIT } from '../exit-codes.ts'
import { print } from '../output.ts'

export interface DoctorFlags {
  json?: boolean
}

export async function doctor({ json = false }: DoctorFlags): Promise<number> {
  const findings = await examine()
  print(json ? formatJson({ findings }) : formatTable(['STATUS', 'WHAT', 'DETAIL'], findings.map(toRow)))
  return findings.some(({ status }) => status === 'fail') ? EXIT.failure : EXIT.ok
}

function toRow({ status, name, detail }: Finding): string[] {
  return [status, name, escapeText(detail, 512)]
}
