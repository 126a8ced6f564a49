import { defineApi, type RouteDefinition } from '@wontanara/core'

/** The HTTP interface of this service, or the part of it that one function answers. */
export const apiOf = <const R extends Readonly<Record<string, RouteDefinition>>>(routes: R) =>
  defineApi(
    'referral-routing',
    {
      en: 'Directory of partners and services; referrals with consent, from draft to outcome; what partners are told.',
      fr: 'Répertoire des partenaires et services ; orientations avec consentement, du brouillon au résultat ; ce que les partenaires apprennent.',
    },
    routes,
  )
