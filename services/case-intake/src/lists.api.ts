import { exportRoutes } from './export.api.ts'
import { manifestRoutes } from './manifests.api.ts'
import { searchRoutes } from './search.api.ts'

/** Many cases at once: found, read from a manifest, written to a file. */
export const listRoutes = { ...searchRoutes, ...manifestRoutes, ...exportRoutes }
