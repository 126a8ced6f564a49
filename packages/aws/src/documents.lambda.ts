import codeLists from '../../../docs/api/code-lists.json' with { type: 'json' }
import openApi from '../../../docs/api/openapi.json' with { type: 'json' }
import asyncApi from '../../../events/generated/asyncapi.json' with { type: 'json' }
import { documentServer } from './documents.ts'
import { httpFunction } from './http-handler.ts'

/** Serves what `pnpm run generate` wrote. */
export const handler = httpFunction(
  documentServer(
    { 'GET /v1/openapi.json': openApi, 'GET /v1/asyncapi.json': asyncApi, 'GET /v1/code-lists': codeLists },
    asyncApi.components.schemas,
  ),
)
