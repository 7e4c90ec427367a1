import type { JSX } from 'preact'
import { assertNever } from './assert-never.ts'
import { AgentPage } from './pages/agent.tsx'
import { AgentsPage } from './pages/agents.tsx'
import { ClientsPage } from './pages/clients.tsx'
import { ContainerPage } from './pages/container.tsx'
import { ContainersPage } from './pages/containers.tsx'
import { EventsPage } from './pages/events.tsx'
import { OverviewPage } from './pages/overview.tsx'
import { TopologyPage } from './pages/topology.tsx'
import { route } from './routing/location.ts'
import { Banner } from './shell/banner.tsx'
import { Dialogs } from './shell/dialogs.tsx'
import { Navigation } from './shell/navigation.tsx'
import { Notices } from './shell/notices.tsx'
import { Empty } from './ui/card.tsx'
import { Page } from './ui/page.tsx'

/** The whole application. */
export function App(): JSX.Element {
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to the content
      </a>
      <div class="shell">
        <Navigation />
        <div class="content">
          <Banner />
          <main id="main" tabIndex={-1}>
            <CurrentPage />
          </main>
        </div>
      </div>
      <Notices />
      <Dialogs />
    </>
  )
}

function CurrentPage(): JSX.Element {
  const shown = route.value
  switch (shown.page) {
    case 'overview':
      return <OverviewPage />
    case 'topology':
      return <TopologyPage />
    case 'containers':
      return <ContainersPage />
    case 'container':
      return <ContainerPage key={shown.uuid} uuid={shown.uuid} />
    case 'agents':
      return <AgentsPage />
    case 'agent':
      return <AgentPage key={shown.agentId} agentId={shown.agentId} />
    case 'clients':
      return <ClientsPage />
    case 'events':
      return <EventsPage />
    case 'unknown':
      return (
        <Page title="Not found">
          <Empty title="There is no such page">
            <a href="/">Go to the overview</a>
          </Empty>
        </Page>
      )
    default:
      return assertNever(shown)
  }
}
