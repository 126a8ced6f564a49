import { readFileSync } from 'node:fs'
import { eventually, people, register } from '@wontanara/examples'
import * as z from 'zod'
import { openLocalStage } from './stage.ts'

const Page = z.object({ items: z.array(z.object({ caseId: z.string(), reference: z.string() })) })
const person = people.seamstress

test('somebody who was registered is found again by what she says, from her own office only, and the words leave no trace', async () => {
  const stage = await openLocalStage()
  try {
    const programme = await stage.programme()
    const caseId = await register(programme, person)
    await register(programme, people.mechanic)
    const officer = programme.staff('intake-officer')
    const find = async (question: object, office = programme.office) => {
      const { status, body } = await officer.post('/v1/case-searches', { body: { office, ...question } })
      return { status, found: status === 200 ? Page.parse(body).items.map((item) => item.caseId) : [] }
    }
    const { family = '', given } = person.name
    await eventually('the index', async () => ((await find({ phone: person.phone })).found.includes(caseId) ? true : undefined))
    expect((await find({ name: `${family.toUpperCase()} ${given}`.replace('Camara', 'Kamara'), birthYear: 1995 })).found).toEqual([caseId])
    expect((await find({ name: 'Fatmata' })).found).toEqual([caseId])
    expect((await find({ name: 'Nobody Here' })).found).toEqual([])
    expect(await find({ name: given }, 'kankan')).toEqual({ status: 404, found: [] })

    await stage.cloud.settled()
    expect(await stage.cloud.deadLetters()).toEqual([])
    const log = readFileSync(stage.cloud.logFile ?? '', 'utf8')
    for (const told of [given, 'Exemple-Camara', 'Fatmata', person.phone.slice(1), person.birthDate]) expect(log).not.toContain(told)
  } finally {
    await stage.close()
  }
})
