/** `doctor`: what works here, and what does not and why. */

import { examine, type Finding } from '../../doctor.ts'
import { escapeText, formatJson, formatTable } from '../../report/format.ts'
import { colorStatuses } from '../colors.ts'
import { EXIT } from '../exit-codes.ts'
import { print } from '../output.ts'

export interface DoctorFlags {
  json?: boolean
}

export async function doctor({ json = false }: DoctorFlags): Promise<number> {
  const examination = await examine()
  const { findings } = examination
  const table = formatTable(['STATUS', 'WHAT', 'DETAIL'], findings.map(toRow))
  print(json ? formatJson(examination) : colorStatuses(table))
  return findings.some(({ status }) => status === 'fail') ? EXIT.failure : EXIT.ok
}

function toRow({ status, name, detail }: Finding): string[] {
  return [status, name, escapeText(detail, 512)]
}
