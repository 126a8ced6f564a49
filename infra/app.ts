import { App, Stack, type StackProps, Stage, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { bundle } from './bundle.ts'
import { GatewayStack } from './gateway.ts'
import { PlatformStack } from './platform.ts'
import { apis, services } from './services.ts'
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
  const gateway = new GatewayStack(stage, 'gateway', settings, platform.api, apis, propsOf('gateway'))
  for (const [name, define] of Object.entries(services)) {
    const stack = new Stack(stage, name, propsOf(name))
    define(stack, platform)
    gateway.addStackDependency(stack, 'the stage names routes of it')
  }
}

app.synth()
