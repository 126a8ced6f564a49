import { defineApi, type RouteDefinition } from '@wontanara/core'

/** The HTTP interface of this service, or the part of it that one function answers. */
export const apiOf = <const R extends Readonly<Record<string, RouteDefinition>>>(routes: R) =>
  defineApi(
    'case-intake',
    {
      en: 'Registration, screening, counselling and the decision to return',
      fr: 'Enregistrement, dépistage, conseil et décision de retour',
    },
    routes,
  )
