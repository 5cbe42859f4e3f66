import { type Environment, readS3Config, type S3Config, token } from '@beseda/platform'

/** Configuration of the group service beside the platform's. docs/configuration.md lists the variables. */
export interface GroupConfig {
  /** Bucket for files; undefined: JetStream stores them. */
  readonly s3: S3Config | undefined
}

export const GROUP_CONFIG = token<GroupConfig>('GroupConfig')

/** Errors: a sentence that names the variable whose value is invalid. */
export const readGroupConfig = (env: Environment): GroupConfig => ({ s3: readS3Config(env) })
