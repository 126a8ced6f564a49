import { awaitFitness, decideToReturn, examineForTravel, type Programme, people } from '@wontanara/examples'
import * as z from 'zod'
import { openLocalStage } from './stage.ts'

const View = z.object({
  status: z.string(),
  decision: z.object({ decision: z.string() }).optional(),
  missing: z.array(z.object({ step: z.string(), code: z.string() })),
})

const read = async (programme: Programme, fitnessId: string): Promise<z.output<typeof View>> =>
  View.parse((await programme.staff('return-officer').get(`/v1/fitness-assessments/${fitnessId}`)).body)

test('a decision lapses when the days have passed its validity, and not before; who was cleared has left', async () => {
  const stage = await openLocalStage()
  try {
    stage.cloud.faults.delivery({ copies: 2 })
    const programme = await stage.programme()
    const waiting = await awaitFitness(programme, await decideToReturn(programme, people.mechanic))
    expect(await examineForTravel(programme, waiting, { boards: false })).toBe('decided')
    const leaving = await awaitFitness(programme, await decideToReturn(programme, people.seamstress))
    expect(await examineForTravel(programme, leaving)).toBe('cleared')
    await stage.cloud.settled()

    // Days that begin are those of the cloud's clock: the examples are decided for twenty days.
    await stage.cloud.advance('19d')
    await stage.cloud.settled({ timeout: 60_000 })
    expect((await read(programme, waiting)).status).toBe('decided')

    await stage.cloud.advance('3d')
    await stage.cloud.settled({ timeout: 60_000 })
    const lapsed = await read(programme, waiting)
    expect(lapsed.status).toBe('requested')
    expect(lapsed).not.toHaveProperty('decision')
    expect(lapsed.missing).toContainEqual(expect.objectContaining({ step: 'examine', code: 'not-scheduled' }))
    expect((await read(programme, leaving)).status).toBe('cleared')

    // The doctor finds it where requests wait, and it is decided anew.
    const list = await programme.staff('medical-officer').get(`/v1/fitness-assessments?office=${programme.office}&status=requested`)
    expect(list.body).toMatchObject({ items: [{ fitnessId: waiting }] })
    expect(await examineForTravel(programme, waiting)).toBe('cleared')
    expect(await stage.cloud.deadLetters()).toEqual([])
  } finally {
    await stage.close()
  }
})
