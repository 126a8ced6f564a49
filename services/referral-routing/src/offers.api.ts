import { directoryRoutes } from './directory.api.ts'
import { hsdsRoutes } from './hsds.api.ts'
import { measuresRoutes } from './measures.api.ts'
import { routingRoutes } from './routing.api.ts'

/** What partners offer, what of it suits a need, and how they answered: the routes of one function. */
export const offerRoutes = { ...directoryRoutes, ...hsdsRoutes, ...routingRoutes, ...measuresRoutes }
