/** What was verified, for the reports of CI systems. */

export interface Subject {
  /** The profile's file, or the word that stands for one. */
  profile: string
  /** Whether that is a file, to which a finding can be attached. */
  isFile: boolean
  command: readonly string[]
  version: string
}
