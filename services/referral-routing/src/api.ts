import { apiOf } from './api-of.ts'
import { offerRoutes } from './offers.api.ts'
import { partnerRoutes } from './partners.api.ts'
import { referralRoutes } from './referral.api.ts'

/** Which function answers what, by the name of its `*.lambda.ts` entry. */
export const entries = { api: referralRoutes, offers: offerRoutes, partners: partnerRoutes }

/** The HTTP interface. */
export const api = apiOf({ ...referralRoutes, ...offerRoutes, ...partnerRoutes })
