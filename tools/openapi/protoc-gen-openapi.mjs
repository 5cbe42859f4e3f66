#!/usr/bin/env node
// A plugin of buf (`proto/buf.gen.yaml`): writes `openapi.ts`, the OpenAPI document of the HTTP API (ADR 123), beside the generated TypeScript.
import { createEcmaScriptPlugin, runNodeJs } from '@bufbuild/protoplugin'
import { openApiDocument } from './document.mjs'

runNodeJs(
  createEcmaScriptPlugin({
    name: 'protoc-gen-openapi',
    version: 'v1',
    generateTs(schema) {
      const file = schema.generateFile('openapi.ts')
      file.print('/** The OpenAPI 3.1 document of the HTTP API, as JSON. */')
      file.print('export const OPENAPI: string = ', JSON.stringify(JSON.stringify(openApiDocument(schema.allFiles))))
    },
  }),
)
