import { App, Stack, type StackProps, Stage, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { bundle } from './bundle.ts'
import { PlatformStack } from './platform.ts'
import { services } from './services.ts'
import { stages } from './stages.ts'

await bundle()

const app = new App()
Validations.of(app).addPlugins(new AwsSolutionsChecks(app))

for (const settings of stages) {
  const stage = new Stage(app, settings.name)
  const propsOf = (name: string): StackProps => ({
    stackName: `wontanara-${settings.name}-${name}`,
    terminationProtection: settings.keepData,
    tags: { project: 'wontanara', stage: settings.name },
  })
  const platform = new PlatformStack(stage, 'platform', settings, propsOf('platform'))
  for (const [name, define] of Object.entries(services)) define(new Stack(stage, name, propsOf(name)), platform)
}

app.synth()
