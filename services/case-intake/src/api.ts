import { defineApi, pageOf, pageQuery } from '@wontanara/core'
import { offices, operational, StaffId } from '@wontanara/events'
import * as z from 'zod'
import { statuses } from './codes.ts'
import { caseExample, registrationExample, rowExample } from './examples.ts'
import { NeedTerms } from './needs.ts'
import { Registration } from './registration.ts'
import { CaseRow, CaseView } from './views.ts'

export const api = defineApi(
  'case-intake',
  { en: 'Registration, screening, counselling and the decision to return', fr: 'Enregistrement, dépistage, conseil et décision de retour' },
  {
    registerCase: {
      route: 'POST /v1/cases',
      summary: 'Register a person and open a case.',
      permit: 'case:register',
      body: Registration.extend({ office: operational(offices.schema) }),
      response: CaseView,
      creates: true,
      refusals: ['birth-date-in-future', 'guardian-must-sign'],
      example: { body: registrationExample, response: caseExample },
    },
    listCases: {
      route: 'GET /v1/cases',
      summary: 'List the cases of an office, by status, or those that one member of staff leads there.',
      permit: 'case:list',
      query: z.object({
        office: operational(offices.schema),
        status: operational(statuses.schema).optional(),
        lead: StaffId.optional(),
        ...pageQuery,
      }),
      response: pageOf(CaseRow, operational),
      example: { query: { office: 'conakry', status: 'registered' }, response: { items: [rowExample] } },
    },
    readCase: {
      route: 'GET /v1/cases/{caseId}',
      summary: 'Read a case.',
      permit: 'case:read',
      response: CaseView,
      example: { response: caseExample },
    },
    readCaseByReference: {
      route: 'GET /v1/case-references/{reference}',
      summary: 'Read a case by the reference that a person dictates.',
      permit: 'case:read',
      response: CaseView,
      refusals: ['mistyped-reference'],
      example: { response: caseExample },
    },
    recordNeed: {
      route: 'POST /v1/cases/{caseId}/needs',
      summary: 'Enter a need in the register.',
      permit: 'case:record-need',
      body: z.object(NeedTerms),
      response: CaseView,
      example: { body: { service: 'safe-shelter', priority: 'urgent' }, response: caseExample },
    },
  },
)
