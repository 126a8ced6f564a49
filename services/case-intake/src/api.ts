import { apiOf } from './api-of.ts'
import { applyRoutes } from './apply.api.ts'
import { caseRoutes } from './case.api.ts'
import { listRoutes } from './lists.api.ts'

/** Which function answers what, by the name of its `*.lambda.ts` entry. Whoever applies without a login reaches a function that knows no case. */
export const entries = { api: caseRoutes, lists: listRoutes, apply: applyRoutes }

/** The HTTP interface. */
export const api = apiOf({ ...caseRoutes, ...listRoutes, ...applyRoutes })
